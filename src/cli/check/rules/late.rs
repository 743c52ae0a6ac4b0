//! `set-too-late`: what a function that runs in workers reads gets its value only behind the call that sends it.

use super::super::findings::Findings;
use super::super::meaning::Sent;
use super::super::program::{Assigned, Program};
use super::Subject;

const RULE: &str = "set-too-late";

pub fn check(subject: &Subject, findings: &mut Findings) {
    let program = subject.program;
    for sent in &subject.sent {
        let captured =
            program.functions[sent.function].captures.iter().map(|number| (*number, &program.variables[*number]));
        let locals = captured.filter_map(|(number, variable)| {
            let read = subject.reads.local(sent.function, number)?;
            Some((variable.name.as_str(), &variable.assigned, read))
        });
        let globals = subject.reads.globals(sent.function).filter_map(|(name, read)| {
            let is_elsewhere = subject.surroundings.globals().contains(name) || program.may_be_set_in_g(name);
            (!is_elsewhere).then_some((name, &program.globals.get(name)?.assigned, read))
        });
        for (name, assigned, read) in locals.chain(globals) {
            if let Some(line) = set_later(program, assigned, sent) {
                let function = program.function_name(sent.function);
                let message =
                    format!("{function} is sent before `{name}` is set in line {line}, and finds nil; set it before");
                findings.warning(program.at(read), RULE, message);
            }
        }
    }
}

/// The line of the first value, if all of them are set behind the call, by the code that makes it. In a loop, behind may be before.
fn set_later(program: &Program, assigned: &[Assigned], sent: &Sent) -> Option<usize> {
    let (home, at) = (program.exprs[sent.call].function, program.at(sent.call));
    let mut values = assigned.iter().filter(|value| !value.is_empty).peekable();
    let first = values.peek()?.at;
    let is_later = values.all(|value| value.function == home && value.at > at);
    (is_later && !program.is_in_loop(sent.call)).then_some(first.line)
}
