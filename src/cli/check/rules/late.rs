//! `set-too-late`: what a function that runs in workers reads gets its value only behind the call that sends it.

use super::super::findings::Findings;
use super::super::meaning::Sent;
use super::super::program::{Assigned, ExprId, Program};
use super::Subject;

const RULE: &str = "set-too-late";

pub fn check(subject: &Subject, findings: &mut Findings) {
    let program = subject.program;
    for sent in &subject.sent {
        let captured = program.functions[sent.function].captures.iter().map(|variable| &program.variables[*variable]);
        let locals = captured.map(|variable| (&variable.name, &variable.assigned, &variable.reads));
        let globals = program.globals.iter().map(|(name, global)| (name, &global.assigned, &global.reads));
        for (name, assigned, reads) in locals.chain(globals) {
            let is_builtin = subject.surroundings.globals().contains(name);
            let read = reads.iter().find(|read| is_read_by(program, **read, sent));
            if let (Some(read), Some(line), false) = (read, set_later(program, assigned, sent), is_builtin) {
                let function = program.function_name(sent.function);
                let message =
                    format!("{function} is sent before `{name}` is set in line {line}, and finds nil; set it before");
                findings.warning(program.at(*read), RULE, message);
            }
        }
    }
}

fn is_read_by(program: &Program, read: ExprId, sent: &Sent) -> bool {
    program.is_inside(program.exprs[read].function, sent.function)
}

/// The line of the first value, if all of them are set behind the call, by the code that makes it. In a loop, behind may be before.
fn set_later(program: &Program, assigned: &[Assigned], sent: &Sent) -> Option<usize> {
    let (home, at) = (program.exprs[sent.call].function, program.at(sent.call));
    let mut values = assigned.iter().filter(|value| !value.is_empty).peekable();
    let first = values.peek()?.at;
    let is_later = values.all(|value| value.function == home && value.at > at);
    (is_later && !program.is_in_loop(sent.call)).then_some(first.line)
}
