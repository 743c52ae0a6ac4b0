//! `changed-copy`: a function that runs in workers changes a variable or a table, and the script reads it afterwards.

use super::super::findings::Findings;
use super::super::meaning::Sent;
use super::super::program::{At, ExprId, FuncId, Program, Root, Usage};
use super::Subject;

const RULE: &str = "changed-copy";

pub fn check(subject: &Subject, findings: &mut Findings) {
    let program = subject.program;
    for sent in &subject.sent {
        if is_called_here(subject, sent) {
            continue;
        }
        for (root, at) in changed(program, sent.function) {
            let Some(line) = read_after(subject, &root, sent) else { continue };
            let name = match &root {
                Root::Local(variable) => &program.variables[*variable].name,
                Root::Global(name) => name,
            };
            let function = program.function_name(sent.function);
            let message = format!(
                "{function} changes a copy of `{name}` in its worker, and line {line} reads what is here; return the value instead"
            );
            findings.warning(at, RULE, message);
        }
    }
}

/// Whether the script itself may call the function, too: it is named elsewhere than in jobs.
fn is_called_here(subject: &Subject, sent: &Sent) -> bool {
    let program = subject.program;
    let Some((root, path)) = program.root_of(sent.named) else { return false };
    let names: Vec<ExprId> = match &root {
        Root::Local(variable) => program.variables[*variable].reads.clone(),
        Root::Global(name) => program.globals.get(name).map(|global| global.reads.clone()).unwrap_or_default(),
    };
    let is_sent = |read: &ExprId| subject.sent.iter().any(|other| other.named == *read);
    !path.is_empty() || !names.iter().all(is_sent)
}

/// Variables outside a function that it, or one in it, sets, or whose fields it sets; and where.
fn changed(program: &Program, function: FuncId) -> Vec<(Root, At)> {
    let mut found: Vec<(Root, At)> = Vec::new();
    let mut add = |root: Root, at: At| {
        if !found.iter().any(|(known, _)| *known == root) {
            found.push((root, at));
        }
    };
    for &variable in &program.functions[function].captures {
        let set = program.variables[variable].assigned.iter().find(|set| program.is_inside(set.function, function));
        if let Some(set) = set {
            add(Root::Local(variable), set.at);
        }
    }
    for (name, global) in &program.globals {
        if let Some(set) = global.assigned.iter().find(|set| program.is_inside(set.function, function)) {
            add(Root::Global(name.clone()), set.at);
        }
    }
    for write in program.writes.iter().filter(|write| program.is_inside(write.function, function)) {
        let is_outside = match &write.root {
            Root::Local(variable) => program.functions[function].captures.contains(variable),
            Root::Global(name) => program.globals.get(name).is_some_and(|global| !global.assigned.is_empty()),
        };
        if is_outside {
            add(write.root.clone(), write.at);
        }
    }
    found
}

/// The line behind the job at which the code that starts it reads the variable.
fn read_after(subject: &Subject, root: &Root, sent: &Sent) -> Option<usize> {
    let program = subject.program;
    let reads = match root {
        Root::Local(variable) => &program.variables[*variable].reads,
        Root::Global(name) => &program.globals.get(name)?.reads,
    };
    let home = program.exprs[sent.call].function;
    let job = program.at(sent.call);
    let is_set_here = |line: usize| {
        let assigned = match root {
            Root::Local(variable) => &program.variables[*variable].assigned,
            Root::Global(name) => match program.globals.get(name) {
                Some(global) => &global.assigned,
                None => return false,
            },
        };
        let is_between = |at: At, function: FuncId| function == home && at > job && at.line <= line;
        assigned.iter().any(|set| is_between(set.at, set.function))
            || program.writes.iter().any(|write| write.root == *root && is_between(write.at, write.function))
    };
    reads.iter().copied().find_map(|read| {
        let expr = &program.exprs[read];
        if expr.function != home || expr.at <= job {
            return None;
        }
        let is_target = program.writes.iter().any(|write| write.named == read);
        let is_sent =
            matches!(expr.usage, Usage::Argument(call, _) if subject.sent.iter().any(|sent| sent.call == call));
        (!is_target && !is_sent && !is_set_here(expr.at.line)).then_some(expr.at.line)
    })
}
