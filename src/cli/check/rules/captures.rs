//! `unsendable`: a function that runs in workers holds something that cannot be sent, itself or by functions that it uses.

use std::collections::BTreeSet;

use super::super::findings::Findings;
use super::super::meaning::Sent;
use super::super::program::{At, ExprId, FuncId, Kind, Program};
use super::Subject;
use super::unsendable::{self, Unsendable};

const RULE: &str = "unsendable";

pub fn check(subject: &Subject, findings: &mut Findings) {
    let program = subject.program;
    for sent in &subject.sent {
        let mut seen = BTreeSet::new();
        if let Some(found) = in_function(subject, sent.function, sent, &mut seen) {
            findings.error(program.at(sent.named), RULE, found);
        }
    }
    for &call in &program.calls {
        if let Some((name, args)) = program.lithops_call(call)
            && ["map", "map_reduce"].contains(&name)
            && let Some(data) = args.get(1)
            && let Kind::Table(items) = program.kind(program.origin(*data))
        {
            for (number, item) in (1..).zip(items.iter().filter(|item| item.key.is_none())) {
                if let Some(found) = unsendable::find(subject, item.value) {
                    let path = format!("element {number} of the input");
                    findings.error(program.at(item.value), RULE, message(&path, &found));
                }
            }
        }
    }
}

/// What a function cannot take along, as a message; `None` if all that is known of can be sent.
fn in_function(subject: &Subject, function: FuncId, sent: &Sent, seen: &mut BTreeSet<FuncId>) -> Option<String> {
    let program = subject.program;
    if !seen.insert(function) {
        return None;
    }
    let name = || program.function_name(function);
    let sent_at = program.at(sent.call);
    let inner: Vec<FuncId> = (0..program.functions.len()).filter(|inner| program.is_inside(*inner, function)).collect();
    for &variable in &program.functions[function].captures {
        let Some(value) = program.only_value(variable) else { continue };
        let variable = &program.variables[variable];
        if !is_set_before(program, &variable.assigned, sent, sent_at) {
            continue;
        }
        // Tables are looked into by what fields the variable's name gets.
        let read = variable.reads.iter().copied().find(|read| inner.contains(&program.exprs[*read].function));
        if let Some(found) = unsendable::find(subject, read.unwrap_or(value)) {
            return Some(message(&format!("upvalue `{}`{} of {}", variable.name, found.path, name()), &found));
        }
        if let Some(found) = function_in(subject, value, sent, seen) {
            return Some(found);
        }
    }
    for (global, reads) in globals_of(program, &inner) {
        let Some(assigned) = program.globals.get(&global).map(|global| &global.assigned) else { continue };
        let (Some(read), true) = (reads.first(), is_set_before(program, assigned, sent, sent_at)) else { continue };
        if let Some(found) = unsendable::find(subject, *read) {
            return Some(message(&format!("global `{global}`{} of {}", found.path, name()), &found));
        }
        if let Some(found) = function_in(subject, *read, sent, seen) {
            return Some(found);
        }
    }
    None
}

fn function_in(subject: &Subject, value: ExprId, sent: &Sent, seen: &mut BTreeSet<FuncId>) -> Option<String> {
    in_function(subject, subject.program.function_of(value)?, sent, seen)
}

/// Globals that functions read, with the expressions that do.
fn globals_of(program: &Program, functions: &[FuncId]) -> Vec<(String, Vec<ExprId>)> {
    let is_of_these = |read: &ExprId| functions.contains(&program.exprs[*read].function);
    let read = program
        .globals
        .iter()
        .map(|(name, global)| (name.clone(), global.reads.iter().copied().filter(is_of_these).collect::<Vec<_>>()));
    read.filter(|(_, reads)| !reads.is_empty()).collect()
}

/// Whether the value is there when the function is sent: set above the call, or in another function than the call.
fn is_set_before(program: &Program, assigned: &[super::super::program::Assigned], sent: &Sent, sent_at: At) -> bool {
    assigned.iter().all(|assigned| assigned.at < sent_at || assigned.function != program.exprs[sent.call].function)
}

/// In the words of the runtime's refusal.
fn message(path: &str, found: &Unsendable) -> String {
    format!("cannot send {path}: {} at line {}; {}", found.what, found.at.line, found.remedy)
}
