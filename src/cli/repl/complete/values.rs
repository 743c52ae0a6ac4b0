//! Names, fields and methods of the values that there are. They are looked at raw: nothing of the user's runs.

use mlua::{LuaString, Table, Value};

use super::context::{Key, Step};
use super::{Candidate, Deadline};
use crate::cli::repl::Session;
use crate::lua::lexer::{KEYWORDS, is_name};
use crate::lua::traceback;
use crate::luacats::library;

/// So many `__index` are followed.
const DEEPEST: usize = 10;
/// Between two looks at the clock.
const ROUND: usize = 256;

/// What is known of a value.
pub enum Known {
    /// The value itself.
    Value(Value),
    /// Its class, as the annotations call it.
    Class(String),
}

/// Classes of the annotations by the names that types have in the VM.
const CLASSES: &[(&str, &str)] = &[
    ("ExecutorHandle", "lithops.Executor"),
    ("Future", "lithops.Future"),
    ("Range", "lithops.Range"),
    ("cloud object", "lithops.CloudObject"),
    ("compressing writer", "compress.Writer"),
    ("csv.writer", "csv.Writer"),
    ("dataset", "dataset.Dataset"),
    ("datetime", "datetime.Moment"),
    ("hash", "hash.State"),
    ("lithops.error", "lithops.Error"),
    ("lithops.futures", "lithops.Futures"),
    ("object", "lithops.Object"),
    ("process", "process.Handle"),
    ("regex", "regex.Regex"),
    ("storage", "lithops.Store"),
    ("stream", "lithops.Stream"),
    ("text.counter", "text.Counter"),
];

fn class_named(name: &str) -> Option<String> {
    CLASSES.iter().find(|(known, _)| *known == name).map(|(_, class)| (*class).to_owned())
}

/// Variables and reserved words.
pub fn names(session: &Session, prefix: &str, deadline: Deadline) -> Vec<Candidate> {
    let globals = session.vm.lua.globals();
    let mut found = Vec::new();
    keys(&globals, prefix, false, deadline, &mut found);
    if let Some(parent) = parent(&globals) {
        keys(&parent, prefix, false, deadline, &mut found);
    }
    found.extend(session.evaluator.locals.names().into_iter().filter(|name| name.starts_with(prefix)));
    found.extend(KEYWORDS.iter().filter(|word| word.starts_with(prefix)).map(|word| (*word).to_owned()));
    found.into_iter().map(Candidate::new).collect()
}

/// Fields, or methods, of what the steps lead to.
pub fn members(session: &Session, steps: &[Step], is_method: bool, prefix: &str, deadline: Deadline) -> Vec<Candidate> {
    let mut found = Vec::new();
    match resolve(session, steps) {
        Some(Known::Class(class)) => members_of_class(&class, is_method, prefix, &mut found),
        Some(Known::Value(value)) => {
            let mut table = match &value {
                Value::Table(table) => Some(table.clone()),
                Value::String(_) => text_methods(session),
                _ => None,
            };
            for _ in 0..DEEPEST {
                let Some(this) = table else { break };
                keys(&this, prefix, is_method, deadline, &mut found);
                table = parent(&this);
            }
            if let Some(class) = class_of(&value) {
                members_of_class(&class, is_method, prefix, &mut found);
            }
        }
        None => {}
    }
    found.into_iter().map(Candidate::new).collect()
}

/// What the steps lead to, as far as it can be known without running anything.
pub fn resolve(session: &Session, steps: &[Step]) -> Option<Known> {
    let (first, rest) = steps.split_first()?;
    let mut known = match first {
        Step::Name(name) => Known::Value(variable(session, name)?),
        Step::Text => Known::Value(Value::String(session.vm.lua.create_string("").ok()?)),
        _ => return None,
    };
    for step in rest {
        known = next(session, known, step)?;
    }
    Some(known)
}

/// A local variable that is kept, or a global.
fn variable(session: &Session, name: &str) -> Option<Value> {
    session.evaluator.locals.get(name).or_else(|| {
        let key = Value::String(session.vm.lua.create_string(name).ok()?);
        field(&session.vm.lua.globals(), &key)
    })
}

fn next(session: &Session, known: Known, step: &Step) -> Option<Known> {
    match (known, step) {
        (Known::Value(Value::Table(table)), Step::Field(key)) => {
            let key = match key {
                Key::Text(text) => Value::String(session.vm.lua.create_string(text).ok()?),
                Key::Number(number) => Value::Number(*number),
            };
            if let Some(value) = field(&table, &key) {
                return Some(Known::Value(value));
            }
            // An element of a list of futures is made when it is asked for.
            let class = class_of(&Value::Table(table))?;
            (class == "lithops.Futures" && key.is_number()).then(|| Known::Class("lithops.Future".into()))
        }
        (Known::Value(Value::Table(table)), Step::Method(name)) => {
            let key = Value::String(session.vm.lua.create_string(name).ok()?);
            match field(&table, &key) {
                Some(value) => Some(Known::Value(value)),
                None => member_of_class(&class_of(&Value::Table(table))?, name),
            }
        }
        (Known::Value(value @ Value::UserData(_)), Step::Field(Key::Text(name)) | Step::Method(name)) => {
            member_of_class(&class_of(&value)?, name)
        }
        (Known::Value(value @ Value::String(_)), Step::Method(name)) => {
            let _ = value;
            let key = Value::String(session.vm.lua.create_string(name).ok()?);
            Some(Known::Value(field(&text_methods(session)?, &key)?))
        }
        (Known::Class(class), Step::Field(Key::Text(name)) | Step::Method(name)) => member_of_class(&class, name),
        (Known::Value(Value::Function(function)), Step::Call(argument)) => {
            let name = traceback::name_of(&session.vm.lua, &function)?;
            match argument {
                Some(module) if name == "require" => loaded(session, module),
                _ => given_by(&name),
            }
        }
        // The name of a method, by its class.
        (Known::Class(method), Step::Call(_)) => given_by(&method),
        _ => None,
    }
}

/// A member of a class: the class of a field, or the full name of a method, which a call follows.
fn member_of_class(class: &str, name: &str) -> Option<Known> {
    if let Some(method) = library().methods(class).into_iter().find(|method| method.last_name() == name) {
        return Some(Known::Class(method.name.clone()));
    }
    let field = library().fields(class).into_iter().find(|field| field.name == name)?;
    class_in(&field.kind)
}

/// The class of what a function gives.
fn given_by(function: &str) -> Option<Known> {
    class_in(&library().function(function)?.returns.first()?.kind)
}

fn class_in(kind: &str) -> Option<Known> {
    let mut kinds = kind.split('|').map(str::trim);
    kinds.find(|kind| library().class(kind).is_some()).map(|kind| Known::Class(kind.to_owned()))
}

/// A module that was loaded, or is not needed to be to know what is in it.
fn loaded(session: &Session, module: &str) -> Option<Known> {
    let package: Table = session.vm.lua.globals().raw_get("package").ok()?;
    let value: Value = package.raw_get::<Table>("loaded").ok()?.raw_get(module).ok()?;
    if value.is_nil() {
        library().class(module).map(|class| Known::Class(class.name.clone()))
    } else {
        Some(Known::Value(value))
    }
}

fn members_of_class(class: &str, is_method: bool, prefix: &str, found: &mut Vec<String>) {
    let mut names: Vec<String> = library().methods(class).iter().map(|method| method.last_name().to_owned()).collect();
    if !is_method {
        names.extend(library().fields(class).iter().map(|field| field.name.clone()));
    }
    found.extend(names.into_iter().filter(|name| is_plain(name.as_bytes()) && name.starts_with(prefix)));
}

/// The class of a value that has one.
pub fn class_of(value: &Value) -> Option<String> {
    match value {
        Value::UserData(userdata) => class_named(&userdata.type_name().ok()?.to_string_lossy()),
        Value::Table(table) => {
            let name: Value = table.metatable()?.raw_get("__name").ok()?;
            class_named(&name.as_string()?.to_string_lossy())
        }
        _ => None,
    }
}

/// A field of a table, or of those behind it.
fn field(table: &Table, key: &Value) -> Option<Value> {
    let mut table = table.clone();
    for _ in 0..DEEPEST {
        let value: Value = table.raw_get(key).ok()?;
        if !value.is_nil() {
            return Some(value);
        }
        table = parent(&table)?;
    }
    None
}

/// The table that is asked for what this one lacks.
fn parent(table: &Table) -> Option<Table> {
    table.metatable()?.raw_get::<Value>("__index").ok()?.as_table().cloned()
}

fn text_methods(session: &Session) -> Option<Table> {
    let metatable: Option<Table> = session.vm.lua.type_metatable::<LuaString>();
    metatable?.raw_get::<Value>("__index").ok()?.as_table().cloned()
}

/// The names in a table that begin with `prefix`; of functions only, where a method is meant.
fn keys(table: &Table, prefix: &str, is_method: bool, deadline: Deadline, found: &mut Vec<String>) {
    for (index, pair) in table.pairs::<Value, Value>().enumerate() {
        if index % ROUND == ROUND - 1 && deadline.is_over() {
            return;
        }
        let Ok((Value::String(key), value)) = pair else { continue };
        let key = key.as_bytes();
        if key.starts_with(prefix.as_bytes())
            && is_plain(&key)
            && (!is_method || value.is_function())
            && let Ok(name) = std::str::from_utf8(&key)
        {
            found.push(name.to_owned());
        }
    }
}

/// Whether a key can be written behind a dot.
fn is_plain(key: &[u8]) -> bool {
    let is_word = key.iter().all(|byte| is_name(*byte)) && key.first().is_some_and(|first| !first.is_ascii_digit());
    is_word && !KEYWORDS.iter().any(|word| word.as_bytes() == key)
}
