//! `unknown-function` and `dot-or-colon`: calls of what a library or an object does not have, or has in the other way.

use super::super::findings::Findings;
use super::super::meaning::What;
use super::super::program::{Call, ExprId, Kind};
use super::Subject;
use crate::lua::api::kinds::Kind as ApiKind;
use crate::lua::hints::near;

const UNKNOWN: &str = "unknown-function";
const WAY: &str = "dot-or-colon";

pub fn check(subject: &Subject, findings: &mut Findings) {
    for &expr in &subject.program.calls {
        let Some(Call { callee, method, args }) = subject.program.call(expr) else { continue };
        match method {
            Some(name) => method_call(subject, *callee, name, findings),
            None => plain_call(subject, *callee, args, findings),
        }
    }
}

/// `base:name(…)`.
fn method_call(subject: &Subject, base: ExprId, name: &str, findings: &mut Findings) {
    let program = subject.program;
    let Some(what) = program.what(base) else { return };
    let (at, text) = (program.at(base), program.text(base));
    if let Some((library, is_module)) = library_of(&what) {
        // Methods of a table are the script's own if it adds some.
        if subject.extended.contains(&what) || what == What::Library("string".into()) {
            return;
        }
        if let Some(Ok(())) = subject.surroundings.field(&library, is_module, name) {
            findings.error(
                at,
                WAY,
                format!("`{text}.{name}` is called with a dot, as `{text}.{name}(…)`, not with a colon"),
            );
            return;
        }
        unknown(subject, &what, base, name, ":", findings);
    } else if let Some(kind) = kind_of(&what)
        && !subject.surroundings.members(kind).iter().any(|known| known == name)
    {
        unknown(subject, &what, base, name, ":", findings);
    }
}

/// `base.name(…)`.
fn plain_call(subject: &Subject, callee: ExprId, args: &[ExprId], findings: &mut Findings) {
    let program = subject.program;
    let Kind::Field { base, name } = program.kind(callee) else { return };
    let Some(what) = program.what(*base) else { return };
    let (at, text) = (program.at(*base), program.text(*base));
    if library_of(&what).is_some() {
        unknown(subject, &what, *base, name, ".", findings);
        return;
    }
    let Some(kind) = kind_of(&what) else { return };
    let is_passed = args.first().is_some_and(|first| program.what(*first).as_ref() == Some(&what));
    // The functions of a store know it.
    if kind == ApiKind::Storage || is_passed {
        return;
    }
    if subject.surroundings.members(kind).iter().any(|known| known == name) {
        findings.error(
            at,
            WAY,
            format!("`{text}:{name}` is called with a colon, as `{text}:{name}(…)`, not with a dot"),
        );
    }
}

/// Tells of a field that is not there, unless the script asks for it, or sets it.
fn unknown(subject: &Subject, what: &What, base: ExprId, name: &str, mark: &str, findings: &mut Findings) {
    let program = subject.program;
    let names = match (library_of(what), kind_of(what)) {
        (Some((library, is_module)), _) => match subject.surroundings.field(&library, is_module, name) {
            Some(Err(names)) => names,
            _ => return,
        },
        (_, Some(kind)) => subject.surroundings.members(kind),
        _ => return,
    };
    if subject.extended.contains(what) || is_asked_for(subject, what, name) {
        return;
    }
    let text = program.text(base);
    let remedy = match near(name, &names) {
        Some(near) => format!("; did you mean `{text}{mark}{near}`?"),
        None if *what == What::Future => "; `:result()` gives what its function returned".into(),
        None if *what == What::Futures => "; `:get_result()` gives what its function returned".into(),
        None => String::new(),
    };
    findings.error(program.at(base), UNKNOWN, format!("there is no `{text}{mark}{name}`{remedy}"));
}

/// The library behind a value, and whether it is a module.
fn library_of(what: &What) -> Option<(String, bool)> {
    match what {
        What::Lithops => Some(("lithops".into(), false)),
        What::Library(name) => Some((name.clone(), false)),
        What::Module(name) => Some((name.clone(), true)),
        _ => None,
    }
}

fn kind_of(what: &What) -> Option<ApiKind> {
    match what {
        What::Executor => Some(ApiKind::Executor),
        What::Future => Some(ApiKind::Future),
        What::Futures => Some(ApiKind::Futures),
        What::Storage => Some(ApiKind::Storage),
        _ => None,
    }
}

/// Whether somewhere it is asked whether the field is there: `if table.unpack then`, `unpack or table.unpack`.
fn is_asked_for(subject: &Subject, what: &What, name: &str) -> bool {
    let program = subject.program;
    program.exprs.iter().any(|expr| {
        matches!(&expr.kind, Kind::Field { base, name: field } if field == name && program.what(*base).as_ref() == Some(what))
            && expr.usage == super::super::program::Usage::Tested
    })
}
