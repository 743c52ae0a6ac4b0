//! `unsendable`: a function that runs in workers holds something that cannot be sent, itself or by functions that it uses.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::super::findings::Findings;
use super::super::meaning::Sent;
use super::super::program::{Assigned, ExprId, FuncId, Kind, Program};
use super::Subject;
use super::unsendable::{self, Unsendable};

const RULE: &str = "unsendable";

pub fn check(subject: &Subject, findings: &mut Findings) {
    let program = subject.program;
    let home = |sent: &Sent| program.exprs[sent.call].function;
    let mut in_order = subject.sent.clone();
    in_order.sort_by_key(|sent| (home(sent), Reverse(program.at(sent.call))));
    let mut walk = Walk::new(subject);
    for sents in in_order.chunk_by(|one, other| home(one) == home(other)) {
        walk.is_clean.clear();
        for sent in sents {
            if let Some(found) = walk.first(sent) {
                findings.error(program.at(sent.named), RULE, found);
            }
        }
    }
    for &call in &program.calls {
        elements(subject, call, findings);
    }
}

/// Looks at the elements of a job's input.
fn elements(subject: &Subject, call: ExprId, findings: &mut Findings) {
    let program = subject.program;
    let Some(("map" | "map_reduce", [_, data, ..])) = program.lithops_call(call) else { return };
    let table = program.origin(*data);
    let Kind::Table(items) = program.kind(table) else { return };
    if !subject.tables.keeps_elements(table) {
        return;
    }
    for (number, item) in (1..).zip(items.iter().filter(|item| item.key.is_none())) {
        if let Some(found) = unsendable::find(subject, item.value)
            && found.is_held_at(program, call)
        {
            let path = format!("element {number} of the input");
            findings.error(program.at(item.value), RULE, message(&path, &found));
        }
    }
}

/// A value that a function takes along to its worker.
struct Taken<'a> {
    /// ``upvalue `log` ``.
    name: String,
    assigned: &'a [Assigned],
    unsendable: Option<Unsendable>,
    /// The function that it is, which takes along values of its own.
    function: Option<FuncId>,
}

/// The way through functions that take along others.
struct Walk<'a> {
    subject: &'a Subject<'a>,
    /// What each function takes along that matters, as soon as somebody asks.
    taken: Vec<OnceCell<Vec<Taken<'a>>>>,
    /// Functions that take along nothing wrong for a call; for a call above it, less is set, and less is wrong.
    is_clean: BTreeSet<FuncId>,
}

impl<'a> Walk<'a> {
    fn new(subject: &'a Subject<'a>) -> Walk<'a> {
        let taken = subject.program.functions.iter().map(|_| OnceCell::new()).collect();
        Walk { subject, taken, is_clean: BTreeSet::new() }
    }

    /// What a sent function cannot take along, as a message; `None` if all that is known of can be sent.
    fn first(&mut self, sent: &Sent) -> Option<String> {
        let program = self.subject.program;
        let mut seen = BTreeSet::from([sent.function]);
        let mut way = vec![(sent.function, 0)];
        while let Some((function, next)) = way.last_mut() {
            let function = *function;
            let Some(taken) = self.taken_by(function).get(*next) else {
                way.pop();
                continue;
            };
            *next += 1;
            if !is_set_before(program, taken.assigned, sent) {
                continue;
            }
            if let Some(found) = &taken.unsendable
                && found.is_held_at(program, sent.call)
            {
                return Some(message(
                    &format!("{}{} of {}", taken.name, found.path, program.function_name(function)),
                    found,
                ));
            }
            if let Some(inner) = taken.function
                && !self.is_clean.contains(&inner)
                && seen.insert(inner)
            {
                way.push((inner, 0));
            }
        }
        self.is_clean.append(&mut seen);
        None
    }

    fn taken_by(&self, function: FuncId) -> &[Taken<'a>] {
        self.taken[function].get_or_init(|| taken_by(self.subject, function))
    }
}

/// The upvalues and globals of a function, without those that can be sent and lead nowhere.
fn taken_by<'a>(subject: &'a Subject<'a>, function: FuncId) -> Vec<Taken<'a>> {
    let program = subject.program;
    let taken = |name: String, assigned: &'a [Assigned], expr: ExprId, value: ExprId| {
        let unsendable = unsendable::find(subject, expr);
        let function = program.function_of(value);
        (unsendable.is_some() || function.is_some()).then_some(Taken { name, assigned, unsendable, function })
    };
    let upvalues = program.functions[function].captures.iter().filter_map(|&number| {
        let (value, variable) = (program.only_value(number)?, &program.variables[number]);
        // A variable keeps what it got, whatever becomes of the field that it got that from.
        let read = subject.reads.local(function, number).unwrap_or(value);
        taken(format!("upvalue `{}`", variable.name), &variable.assigned, read, value)
    });
    let globals = subject.reads.globals(function).filter_map(|(name, read)| {
        let assigned = &program.globals.get(name)?.assigned;
        taken(format!("global `{name}`"), assigned, read, read)
    });
    upvalues.chain(globals).collect()
}

/// Whether the value is there when the function is sent: set above the call, or in another function than the call.
fn is_set_before(program: &Program, assigned: &[Assigned], sent: &Sent) -> bool {
    let call = &program.exprs[sent.call];
    assigned.iter().all(|assigned| assigned.at < call.at || assigned.function != call.function)
}

/// In the words of the runtime's refusal.
fn message(path: &str, found: &Unsendable) -> String {
    format!("cannot send {path}: {} at line {}; {}", found.what, found.at.line, found.remedy)
}
