//! `missing-module` and `c-module`: what `require` does not find, and what workers may not have.

use super::super::findings::Findings;
use super::super::program::{ExprId, Kind, Program, Root};
use super::super::surroundings::Found;
use super::Subject;
use crate::lua::require::meant;

pub fn check(subject: &Subject, findings: &mut Findings) {
    let program = subject.program;
    if changes_search(program) {
        return;
    }
    for &call in &program.calls {
        let Some(name) = program.required(call) else { continue };
        let at = program.at(call);
        match subject.surroundings.find(&name, subject.folders) {
            Found::Nowhere if !is_protected(program, call) => {
                let message = format!("there is no module `{name}`{}", meant(&name));
                if program.exprs[call].is_conditional {
                    findings.warning(at, "missing-module", message);
                } else {
                    findings.error(at, "missing-module", message);
                }
            }
            Found::C(file) if is_sent(subject, call) => {
                let message = format!(
                    "module `{name}` is a C library, `{}`, which is not sent: a worker needs it where it runs",
                    file.display()
                );
                findings.warning(at, "c-module", message);
            }
            _ => {}
        }
    }
}

/// Whether the script itself says where modules are.
fn changes_search(program: &Program) -> bool {
    program.writes.iter().any(|write| write.root == Root::Global("package".into()))
        || program.calls.iter().filter_map(|call| program.call(*call)).any(|call| {
            call.args.iter().any(
                |argument| matches!(program.root_of(*argument), Some((Root::Global(name), _)) if name == "package"),
            )
        })
}

/// Whether a call is in a function that `pcall` calls.
fn is_protected(program: &Program, call: ExprId) -> bool {
    program.calls.iter().filter_map(|other| program.call(*other)).any(|other| {
        let is_pcall = ["pcall", "xpcall"].iter().any(|name| program.is_global(other.callee, name));
        is_pcall
            && other.args.first().is_some_and(|function| match program.kind(program.origin(*function)) {
                Kind::Function(function) => program.is_inside(program.exprs[call].function, *function),
                _ => false,
            })
    })
}

fn is_sent(subject: &Subject, call: ExprId) -> bool {
    let function = subject.program.exprs[call].function;
    subject.sent.iter().any(|sent| subject.program.is_inside(function, sent.function))
}
