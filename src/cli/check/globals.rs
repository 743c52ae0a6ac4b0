//! Which globals a script may count on that it does not set itself: those that its modules set.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::program::{Kind, Program, Root};
use super::read;
use super::surroundings::{Found, Surroundings};

/// Calls that make globals of names that are not written: whoever uses one may mean anything.
const ANYTHING: &[&str] = &["setfenv", "loadstring", "load", "loadfile", "dofile", "module"];
/// So many files are looked into at most.
const MAX_FILES: usize = 200;

/// What `lithops-lua test` gives to the files that it runs.
const OF_TESTS: &[&str] = &[
    "describe",
    "context",
    "expose",
    "insulate",
    "it",
    "spec",
    "test",
    "pending",
    "before_each",
    "after_each",
    "setup",
    "lazy_setup",
    "strict_setup",
    "teardown",
    "lazy_teardown",
    "strict_teardown",
    "finally",
    "randomize",
    "spy",
    "stub",
];

/// Globals from elsewhere.
pub struct Others {
    pub names: BTreeSet<String>,
    /// Whether these are all.
    pub are_known: bool,
}

/// Globals that a script sets by name, also as fields of `_G`.
pub fn set_by(program: &Program) -> Vec<String> {
    let by_name =
        program.globals.iter().filter(|(_, global)| !global.assigned.is_empty()).map(|(name, _)| name.clone());
    let as_fields = program.writes.iter().filter(|write| write.root == Root::Global("_G".into()));
    by_name.chain(as_fields.filter_map(|write| write.path.first()?.clone())).collect()
}

/// Globals that the modules of a script set.
pub fn of_modules(program: &Program, surroundings: &Surroundings, folders: &[PathBuf]) -> Others {
    let mut others = Others { names: set_by(program).into_iter().collect(), are_known: !sets_anything(program) };
    if program.name.ends_with("_test.lua") || program.name.ends_with("_spec.lua") {
        others.names.extend(OF_TESTS.iter().map(|name| (*name).to_owned()));
    }
    let mut wanted: Vec<String> = modules_of(program);
    let mut seen = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        if !seen.insert(name.clone()) || seen.len() > MAX_FILES {
            continue;
        }
        match surroundings.find(&name, folders) {
            Found::Builtin => {}
            Found::C(_) | Found::Nowhere => others.are_known = false,
            Found::File(file) => {
                match fs::read(&file).ok().map(|text| read::read(&String::from_utf8_lossy(&text), &name)) {
                    Some(Ok(module)) => {
                        others.are_known &= !sets_anything(&module);
                        others.names.extend(set_by(&module));
                        wanted.extend(modules_of(&module));
                    }
                    _ => others.are_known = false,
                }
            }
        }
    }
    others
}

fn modules_of(program: &Program) -> Vec<String> {
    program.calls.iter().filter_map(|call| program.required(*call)).collect()
}

/// Whether globals may be set whose names are not written.
fn sets_anything(program: &Program) -> bool {
    let is_named = |name: &str| program.globals.get(name).is_some_and(|global| !global.reads.is_empty());
    let computed =
        program.writes.iter().any(|write| write.root == Root::Global("_G".into()) && write.path.first() == Some(&None));
    // `setmetatable(_G, …)`, `for name, value in pairs(…) do _G[name] = value end`, `local env = _G`.
    let passed_on = program.globals.get("_G").is_some_and(|global| {
        global.reads.iter().any(|read| {
            let is_indexed = matches!(program.exprs[*read].usage, super::program::Usage::Needed(field)
                if matches!(program.kind(field), Kind::Field { .. }));
            !is_indexed
        })
    });
    // `require(name)`: the module may set any.
    let unnamed_module = program.calls.iter().any(|&expr| {
        let call = program.call(expr);
        call.is_some_and(|call| call.method.is_none() && program.is_global(call.callee, "require"))
            && program.required(expr).is_none()
    });
    computed || passed_on || unnamed_module || ANYTHING.iter().any(|name| is_named(name))
}
