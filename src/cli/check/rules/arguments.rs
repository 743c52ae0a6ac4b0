//! What is wrong with the arguments of functions that start calls or wait for them.

use super::super::findings::Findings;
use super::super::meaning::{JOBS, What};
use super::super::program::{At, Call, ExprId, Item, Key, Kind};
use super::Subject;
use crate::lua::api::options_of;
use crate::lua::options::nearest;

const SWAPPED: &str = "swapped-arguments";
const NO_FUNCTION: &str = "not-a-function";
const NO_LIST: &str = "not-a-list";
const NO_FUTURES: &str = "not-futures";
const OPTION: &str = "unknown-option";
const NO_OPTIONS: &str = "not-options";

pub fn check(subject: &Subject, findings: &mut Findings) {
    for &expr in &subject.program.calls {
        let Some((name, args)) = subject.program.lithops_call(expr) else { continue };
        let is_job = JOBS.contains(&name);
        if is_job {
            job(subject, name, args, findings);
        }
        if name == "get_result" || name == "wait" {
            futures(subject, name, args, findings);
        }
        let position = match name {
            "map" | "call_async" => 2,
            "map_reduce" => 3,
            "get_result" | "wait" => 1,
            _ => 0,
        };
        if let (Some(options), Some(known)) = (args.get(position), options_of(name)) {
            check_options(subject, name, *options, &known, findings);
        }
    }
    for &expr in &subject.program.calls {
        of_methods(subject, expr, findings);
    }
}

/// `future:result{…}`, `futures:get_result{…}`.
fn of_methods(subject: &Subject, expr: ExprId, findings: &mut Findings) {
    let program = subject.program;
    let Some(Call { callee, method: Some(name), args }) = program.call(expr) else { return };
    let is_future = matches!(program.what(*callee), Some(What::Future | What::Futures));
    if let (true, Some(options), Some(known)) = (is_future, args.first(), options_of(name)) {
        check_options(subject, name, *options, &known, findings);
    }
}

fn job(subject: &Subject, name: &str, args: &[ExprId], findings: &mut Findings) {
    let program = subject.program;
    let Some(&first) = args.first() else { return };
    let is_function = |expr: Option<&ExprId>| expr.is_some_and(|expr| program.function_of(*expr).is_some());
    let at = program.at(first);
    if !is_function(Some(&first))
        && let Some(what) = no_function(subject, first)
    {
        if is_function(args.get(1)) {
            findings.error(at, SWAPPED, format!("the function comes first: `{name}(fn, data)`"));
        } else {
            findings.error(at, NO_FUNCTION, what);
        }
        return;
    }
    if name == "map_reduce" && is_function(args.get(1)) && args.get(2).is_some_and(|third| is_table(subject, *third)) {
        let message = "the function that reduces comes last: `map_reduce(map_fn, data, reduce_fn)`";
        findings.error(program.at(args[1]), SWAPPED, message);
        return;
    }
    if name != "call_async"
        && let Some(data) = args.get(1)
    {
        list(subject, first, *data, findings);
    }
}

/// Why an expression is certainly no function.
fn no_function(subject: &Subject, expr: ExprId) -> Option<String> {
    let program = subject.program;
    let text = program.text(expr);
    let origin = program.origin(expr);
    let what = match program.kind(origin) {
        Kind::Nil => "nil",
        Kind::Boolean => "a boolean",
        Kind::Number(_) => "a number",
        Kind::Table(_) if !is_callable(subject, expr) => "a table",
        Kind::Text(name) => {
            let is_global = program.globals.get(name).is_some_and(|global| !global.assigned.is_empty());
            let is_local = program.variables.iter().any(|variable| variable.name == *name);
            let remedy = if is_global || is_local { format!("; pass `{name}` without quotes") } else { String::new() };
            return Some(format!("a function is expected here, and this is a string{remedy}"));
        }
        Kind::Call(call) if call.method.is_none() => {
            let called = program.function_of(call.callee)?;
            let gives_function = program.functions[called].returns.iter().any(|values| {
                values.first().is_none_or(|value| {
                    let value = program.origin(*value);
                    !matches!(
                        program.kind(value),
                        Kind::Number(_) | Kind::Text(_) | Kind::Operation | Kind::Nil | Kind::Boolean
                    )
                })
            });
            let name = program.text(call.callee);
            return (!gives_function && expr == origin)
                .then(|| format!("`{name}(…)` calls the function here, and gives none; pass `{name}` itself"));
        }
        _ => return None,
    };
    let shown = if text == "…" { "this".to_owned() } else { format!("`{text}`") };
    Some(format!("a function is expected here, and {shown} is {what}"))
}

/// A table may have been given `__call`.
fn is_callable(subject: &Subject, expr: ExprId) -> bool {
    let program = subject.program;
    let root = program.root_of(expr).map(|(root, _)| root);
    root.is_some()
        && program.calls.iter().any(|call| {
            program.call(*call).is_some_and(|call| {
                program.is_global(call.callee, "setmetatable")
                    && call.args.first().is_some_and(|first| program.root_of(*first).map(|(root, _)| root) == root)
            })
        })
}

fn is_table(subject: &Subject, expr: ExprId) -> bool {
    matches!(subject.program.kind(subject.program.origin(expr)), Kind::Table(_))
}

/// The input of a `map`.
fn list(subject: &Subject, function: ExprId, data: ExprId, findings: &mut Findings) {
    let program = subject.program;
    let at = program.at(data);
    let origin = program.origin(data);
    let takes_object = program
        .function_of(function)
        .is_some_and(|function| program.functions[function].params.first().is_some_and(|name| name == "obj"));
    match program.kind(origin) {
        Kind::Number(number) => {
            let message =
                format!("a list is expected here, and this is a number; `lithops.range({number})` gives those from 1");
            findings.error(at, NO_LIST, message);
        }
        Kind::Boolean => findings.error(at, NO_LIST, "a list is expected here, and this is a boolean"),
        Kind::Text(text) if !takes_object && program.function_of(function).is_some() => {
            let remedy = if text.contains("://") {
                "; to open stored objects, call the function's first parameter `obj`, or pass `lithops.objects(address)`"
            } else {
                "; a list of one text is `{ text }`"
            };
            findings.error(at, NO_LIST, format!("a list is expected here, and this is a string{remedy}"));
        }
        Kind::Table(items) if has_only_names(items) && !is_written(subject, data) => {
            let message = "a list is expected here, and this table has names; make a list of its values, or of `lithops.args(key, value)`";
            findings.error(at, NO_LIST, message);
        }
        Kind::Call(call) if data == origin => {
            for (name, remedy) in [
                ("pairs", "make a list of the values, or of `lithops.args(key, value)`"),
                ("ipairs", "pass the list itself"),
            ] {
                if program.is_global(call.callee, name) {
                    findings.error(at, NO_LIST, format!("`{name}` is for loops, and no input of a job; {remedy}"));
                }
            }
        }
        _ if program.what(origin) == Some(What::Future) => {
            let text = program.text(data);
            findings.error(
                at,
                NO_LIST,
                format!("a list is expected here, and `{text}` is one future; write `{{ {text} }}`"),
            );
        }
        _ => {}
    }
}

fn has_only_names(items: &[Item]) -> bool {
    !items.is_empty() && items.iter().all(|item| matches!(&item.key, Some(Key::Name(name, _)) if name != "n"))
}

/// Whether fields are added to a table after it was made.
fn is_written(subject: &Subject, expr: ExprId) -> bool {
    let program = subject.program;
    let Some((root, _)) = program.root_of(expr) else { return false };
    let is_passed_on = match &root {
        super::super::program::Root::Local(variable) => program.variables[*variable].reads.len() > 1,
        super::super::program::Root::Global(_) => true,
    };
    is_passed_on || program.writes.iter().any(|write| write.root == root)
}

/// The first argument of `get_result` and `wait`.
fn futures(subject: &Subject, name: &str, args: &[ExprId], findings: &mut Findings) {
    let program = subject.program;
    let Some(&first) = args.first() else { return };
    let at = program.at(first);
    let is_job = matches!(program.kind(program.origin(first)), Kind::Field { base, name }
        if JOBS.contains(&name.as_str()) && program.what(*base) == Some(What::Lithops));
    if program.function_of(first).is_some() || is_job {
        let message = format!(
            "`{name}` takes futures, and this is a function; `lithops.map(fn, data)` calls one, and gives futures"
        );
        findings.error(at, NO_FUTURES, message);
    }
}

fn check_options(subject: &Subject, name: &str, options: ExprId, known: &[&str], findings: &mut Findings) {
    let program = subject.program;
    let origin = program.origin(options);
    match program.kind(origin) {
        Kind::Number(_) | Kind::Text(_) | Kind::Boolean => {
            let message = format!("the options of `{name}` are a table, `{{ name = value }}`");
            findings.error(program.at(options), NO_OPTIONS, message);
        }
        Kind::Table(items) => {
            let names: Vec<(&str, At)> = items
                .iter()
                .filter_map(|item| match &item.key {
                    Some(Key::Name(name, at)) => Some((name.as_str(), *at)),
                    _ => None,
                })
                .collect();
            for (option, at) in names.into_iter().filter(|(option, _)| !known.contains(option)) {
                let remedy = nearest(option, known).map_or_else(
                    || {
                        format!(
                            "; there are {}",
                            known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                        )
                    },
                    |near| format!("; did you mean `{near}`?"),
                );
                findings.error(at, OPTION, format!("`{name}` has no option `{option}`{remedy}"));
            }
        }
        _ => {}
    }
}
