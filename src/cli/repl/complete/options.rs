//! Names in tables of options, and names that `.doc` knows.

use super::Candidate;
use super::context::{Call, Step};
use super::values::{self, Known};
use crate::cli::repl::Session;
use crate::lua::traceback;
use crate::luacats::library;

/// The options that may follow in the table that is an argument of `call`.
pub fn names(session: &Session, call: &Call, prefix: &str) -> Vec<Candidate> {
    let Some(function) = name_of(session, &call.function).and_then(|name| library().function(&name)) else {
        return Vec::new();
    };
    // Any table before the last parameter is data.
    if call.argument + 1 < function.params.len() {
        return Vec::new();
    }
    let options = library().options(function).into_iter().map(|option| &option.name);
    let left = options.filter(|name| name.starts_with(prefix) && !call.given.contains(name) && !name.starts_with('['));
    left.map(|name| Candidate { shown: name.clone(), written: format!("{name} = ") }).collect()
}

/// The full name of the function that the steps lead to, or of the class of another value.
pub fn name_of(session: &Session, steps: &[Step]) -> Option<String> {
    let value = match values::resolve(session, steps)? {
        Known::Class(name) => return Some(name),
        Known::Value(value) => value,
    };
    let Some(function) = value.as_function() else { return values::class_of(&value) };
    let name = traceback::name_of(&session.vm.lua, function)?;
    // The functions of a store have the name of the default one.
    Some(match name.strip_prefix("lithops.storage.") {
        Some(method) => format!("lithops.Store:{method}"),
        None => name,
    })
}

/// Names of the annotations that begin so.
pub fn described(prefix: &str) -> Vec<String> {
    let names = library().items().map(|item| item.name().to_owned());
    names.filter(|name| name.starts_with(prefix)).collect()
}
