//! What values cannot be sent to a worker, as far as it can be seen where they are made.

use super::super::meaning::What;
use super::super::program::{At, ExprId, Item, Key, Kind, Program};
use super::super::surroundings::Found;
use super::Subject;

/// A value that cannot travel.
pub struct Unsendable {
    /// What it is, and how it was made: `opened by io.open`.
    pub what: String,
    /// What to do instead.
    pub remedy: &'static str,
    /// Where it is made.
    pub at: At,
    /// The way to it from the value that was looked at: `.db.log`.
    pub path: String,
    /// The value of a field that is set behind its table's constructor: before that, the value can be sent.
    pub set: Option<ExprId>,
}

impl Unsendable {
    /// Whether the value holds it when a call sends the value, as far as the order of the script tells.
    pub fn is_held_at(&self, program: &Program, call: ExprId) -> bool {
        self.set.is_none_or(|value| {
            program.at(value) < program.at(call) || program.exprs[value].function != program.exprs[call].function
        })
    }
}

/// How deep tables are looked into.
const MAX_DEPTH: u32 = 6;

/// Whether the value of an expression cannot be sent, or holds something that cannot.
pub fn find(subject: &Subject, expr: ExprId) -> Option<Unsendable> {
    within(subject, expr, 0)
}

fn within(subject: &Subject, expr: ExprId, depth: u32) -> Option<Unsendable> {
    let program = subject.program;
    if !is_kept(subject, expr) {
        return None;
    }
    let origin = program.origin(expr);
    match program.kind(origin) {
        Kind::Table(items) if depth < MAX_DEPTH => {
            in_items(subject, origin, items, depth).or_else(|| in_sets(subject, origin, items, depth))
        }
        Kind::Call(call) => {
            // `assert(io.open(…))` gives the file.
            if program.is_global(call.callee, "assert") && call.method.is_none() {
                return within(subject, *call.args.first()?, depth + 1);
            }
            let (what, remedy) = made_by(subject, origin)?;
            Some(Unsendable { what, remedy, at: program.at(origin), path: String::new(), set: None })
        }
        _ => None,
    }
}

/// Whether a field, where the expression is one, has its one value for as long as its table is there.
fn is_kept(subject: &Subject, expr: ExprId) -> bool {
    let Kind::Field { base, name } = subject.program.kind(expr) else { return true };
    let table = subject.program.origin(*base);
    match subject.program.kind(table) {
        Kind::Table(items) => subject.tables.only_field(table, items, name).is_some(),
        _ => true,
    }
}

/// What a table is constructed with, where that stays in it.
fn in_items(subject: &Subject, table: ExprId, items: &[Item], depth: u32) -> Option<Unsendable> {
    let mut index = 0;
    items.iter().find_map(|item| {
        let (step, is_kept) = match &item.key {
            Some(Key::Name(name, _)) => (format!(".{name}"), subject.tables.only_field(table, items, name).is_some()),
            Some(Key::Computed) => return None,
            None => {
                index += 1;
                (format!("[{index}]"), subject.tables.keeps_elements(table))
            }
        };
        if !is_kept {
            return None;
        }
        let found = within(subject, item.value, depth + 1)?;
        Some(Unsendable { path: format!("{step}{}", found.path), ..found })
    })
}

/// Fields that are set by name, where a field gets no other value.
fn in_sets(subject: &Subject, table: ExprId, items: &[Item], depth: u32) -> Option<Unsendable> {
    subject.tables.set_names(table).find_map(|name| {
        let value = subject.tables.only_field(table, items, name)?;
        let found = within(subject, value, depth + 1)?;
        Some(Unsendable { path: format!(".{name}{}", found.path), set: found.set.or(Some(value)), ..found })
    })
}

/// What a call makes that cannot be sent.
fn made_by(subject: &Subject, expr: ExprId) -> Option<(String, &'static str)> {
    const OPEN: &str = "open it inside the function";
    const MAKE: &str = "make it inside the function";
    const BEGIN: &str = "begin the iteration inside the function";
    let program = subject.program;
    let call = program.call(expr)?;
    if let Some(name) = program.required(expr) {
        let is_c = matches!(subject.surroundings.find(&name, subject.folders), Found::C(_));
        return is_c.then(|| (format!("module `{name}`, a library of C, required"), "require it inside the function"));
    }
    if let Some(method) = &call.method {
        return (method == "gmatch").then(|| ("an iterator of `gmatch`".into(), BEGIN));
    }
    for (library, name, what, remedy) in [
        ("io", "open", "opened by io.open", OPEN),
        ("io", "popen", "opened by io.popen", OPEN),
        ("io", "tmpfile", "opened by io.tmpfile", OPEN),
        ("io", "lines", "an iterator of io.lines", OPEN),
        ("coroutine", "create", "made by coroutine.create", "create it inside the function"),
        ("coroutine", "wrap", "made by coroutine.wrap", "create it inside the function"),
        ("string", "gmatch", "an iterator of string.gmatch", BEGIN),
    ] {
        if program.is_library_function(call.callee, library, name) {
            return Some((what.into(), remedy));
        }
    }
    let callee = program.origin(call.callee);
    if let Kind::Field { base, name } = program.kind(callee)
        && program.what(*base) == Some(What::Module("ffi".into()))
    {
        // Numbers of 64 bits travel; arrays, structures and pointers do not.
        let ctype = call.args.first().map(|first| program.kind(program.origin(*first)));
        let is_memory =
            matches!(ctype, Some(Kind::Text(ctype)) if ctype.contains(['[', '*']) || ctype.starts_with("struct"));
        if ["new", "cast"].contains(&name.as_str()) && is_memory {
            return Some((format!("made by ffi.{name}"), MAKE));
        }
    }
    None
}
