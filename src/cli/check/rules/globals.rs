//! `undefined-global`: a name that nobody gives a value.

use super::super::findings::Findings;
use super::super::meaning::JOBS;
use super::super::program::{At, ExprId, Kind, Program, Usage};
use super::Subject;
use crate::lua::hints::{near, word};
use crate::lua::modules;
use crate::lua::stdlib;

const RULE: &str = "undefined-global";

pub fn check(subject: &Subject, findings: &mut Findings) {
    if !subject.globals_are_known {
        return;
    }
    let program = subject.program;
    for (name, global) in &program.globals {
        let is_known = subject.surroundings.globals().contains(name) || subject.other_globals.contains(name);
        // What the script asks for before it uses it may be absent.
        let is_tested = global.reads.iter().any(|read| is_tested(program, *read));
        if is_known || is_tested || !global.assigned.is_empty() {
            continue;
        }
        for &read in &global.reads {
            tell(subject, name, read, findings);
        }
    }
}

/// Whether it is only asked whether there is something: also by `type(x)`.
fn is_tested(program: &Program, read: ExprId) -> bool {
    match program.exprs[read].usage {
        Usage::Tested => true,
        // `os.clock or socket.gettime`.
        Usage::Needed(field) => {
            matches!(program.kind(field), Kind::Field { .. }) && program.exprs[field].usage == Usage::Tested
        }
        Usage::Argument(call, _) => program
            .call(call)
            .is_some_and(|call| ["type", "rawget", "pcall"].iter().any(|name| program.is_global(call.callee, name))),
        _ => false,
    }
}

fn tell(subject: &Subject, name: &str, read: ExprId, findings: &mut Findings) {
    let program = subject.program;
    let at = program.at(read);
    let remedy = remedy(subject, name, read, at);
    let message = format!("global `{name}` is never set{remedy}");
    let fails = match program.exprs[read].usage {
        Usage::Needed(_) => true,
        Usage::Argument(call, number) => refuses_nil(program, call, number),
        _ => false,
    };
    // What another system or setting would need may be named here, and never used.
    if fails && !program.exprs[read].is_conditional {
        findings.error(at, RULE, message)
    } else {
        findings.warning(at, RULE, message)
    }
}

/// Whether a function is known to raise an error where this argument, counted from 0, is nil.
fn refuses_nil(program: &Program, call: ExprId, number: usize) -> bool {
    if let Some((name, _)) = program.lithops_call(call) {
        return (number == 0 && JOBS.contains(&name)) || (number == 1 && ["map", "map_reduce"].contains(&name));
    }
    number == 0
        && program
            .call(call)
            .is_some_and(|call| ["pairs", "ipairs", "unpack"].iter().any(|name| program.is_global(call.callee, name)))
}

/// The end of the message: what was probably meant.
fn remedy(subject: &Subject, name: &str, read: ExprId, at: At) -> String {
    let program = subject.program;
    let function = program.exprs[read].function;
    // A variable of a function around the use, which is declared only behind it.
    let later = program
        .variables
        .iter()
        .find(|variable| variable.name == name && variable.at > at && program.is_inside(function, variable.function));
    if let Some(later) = later {
        let line = later.at.line;
        return format!(": the local `{name}` is declared only in line {line}; declare it before what uses it");
    }
    if let Some(what) = word(subject.surroundings.lua(), name) {
        return format!("; {what}");
    }
    if modules::find(name).is_some() || (stdlib::source(name).is_some() && !name.contains('.')) {
        return format!("; `{name}` is a module: `local {name} = require \"{name}\"`");
    }
    for library in ["lithops", "math", "string", "table", "os", "io"] {
        if matches!(subject.surroundings.field(library, false, name), Some(Ok(()))) {
            return format!("; did you mean `{library}.{name}`?");
        }
    }
    let in_sight = program
        .variables
        .iter()
        .filter(|variable| variable.at < at && program.is_inside(function, variable.function) && variable.name != "_");
    let names: Vec<String> = in_sight
        .map(|variable| variable.name.clone())
        .chain(program.globals.iter().filter(|(_, global)| !global.assigned.is_empty()).map(|(name, _)| name.clone()))
        .chain(subject.surroundings.globals().iter().cloned())
        .collect();
    near(name, &names).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
