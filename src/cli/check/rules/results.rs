//! `no-result`: a function that never returns a value, and whose results are used.

use super::super::findings::Findings;
use super::super::meaning::What;
use super::super::program::{Call, ExprId, FuncId, Program, Usage};
use super::Subject;

const RULE: &str = "no-result";

pub fn check(subject: &Subject, findings: &mut Findings) {
    let program = subject.program;
    for sent in &subject.sent {
        let Some((name, args)) = program.lithops_call(sent.call) else { continue };
        let is_reducer = name == "map_reduce" && args.get(2) == Some(&sent.named);
        if !program.functions[sent.function].returns.is_empty() || raises(program, sent.function) {
            continue;
        }
        let used = match name {
            "map_reduce" if !is_reducer => Some("and the reducer gets nothing from it".to_owned()),
            _ => used_at(program, sent.call).map(|line| format!("but its results are used in line {line}")),
        };
        if let Some(used) = used {
            let function = program.function_name(sent.function);
            findings.warning(program.at(sent.named), RULE, format!("{function} never returns a value, {used}"));
        }
    }
}

/// Whether a function raises errors of its own, or ends its worker: then that may be all it is for.
fn raises(program: &Program, function: FuncId) -> bool {
    program.calls.iter().filter(|call| program.exprs[**call].function == function).any(|call| {
        program.call(*call).is_some_and(|call| {
            program.is_global(call.callee, "error") || program.is_library_function(call.callee, "os", "exit")
        })
    })
}

/// The line that uses what a job's functions returned.
fn used_at(program: &Program, job: ExprId) -> Option<usize> {
    futures_of(program, job).into_iter().find_map(|futures| {
        let results = match program.exprs[futures].usage {
            // `lithops.get_result(futures)`; with options, errors may be what is wanted.
            Usage::Argument(call, 0) if matches!(program.lithops_call(call), Some(("get_result", [_]))) => call,
            // `futures:get_result()`, `future:result()`.
            Usage::Needed(call) => match program.call(call) {
                Some(Call { callee, method: Some(name), args })
                    if *callee == futures && args.is_empty() && ["get_result", "result"].contains(&name.as_str()) =>
                {
                    call
                }
                _ => return None,
            },
            _ => return None,
        };
        is_used(program, results).then(|| program.at(results).line)
    })
}

/// The job's futures, under each name that they have.
fn futures_of(program: &Program, job: ExprId) -> Vec<ExprId> {
    let mut all = vec![job];
    if let Usage::Local(variable) = program.exprs[job].usage
        && program.only_value(variable) == Some(job)
        && matches!(program.what(job), Some(What::Futures | What::Future))
    {
        all.extend(&program.variables[variable].reads);
    }
    all
}

fn is_used(program: &Program, results: ExprId) -> bool {
    match program.exprs[results].usage {
        Usage::Discarded => false,
        Usage::Local(variable) => !program.variables[variable].reads.is_empty(),
        _ => true,
    }
}
