//! `regex`: regular expressions in linear time, over any bytes.
//!
//! - `pattern` compiles them, and says what is wrong with one.
//! - `walk` goes through the matches of a string; `replace` is what `gsub` puts in their place.
//!
//! Each operation is one function, which is a method of regex objects, and a function of the module that takes a pattern.

mod pattern;
mod replace;
mod walk;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use mlua::{
    FromLua, IntoLua, Lua, LuaString, MetaMethod, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value,
};

use crate::lua::bind::{Raise, bind};
use crate::lua::options::Options;
use crate::lua::userdata::{borrow, type_name};

pub use pattern::{Flags, Regex};
use walk::{Walk, captured, whole_or_groups};

/// Patterns that the module's functions keep compiled.
const CACHED_PATTERNS: usize = 64;

const METHODS: &str = "lithops.regex.methods";

/// What is done to a string. The rest of the arguments begin with the third, both for methods and for functions.
type Operation = fn(&Lua, &Rc<Regex>, LuaString, Rest) -> Result<MultiValue, Raise>;

const OPERATIONS: &[(&str, Operation)] = &[
    ("is_match", is_match),
    ("match", find_match),
    ("find", find),
    ("captures", captures),
    ("gmatch", gmatch),
    ("gsub", replace::gsub),
    ("split", split),
];

/// Arguments from the third on.
struct Rest(MultiValue);

impl Rest {
    fn value(&self, index: usize) -> Value {
        self.0.get(index).cloned().unwrap_or(Value::Nil)
    }

    /// The argument at `index`, or `None` where it is nil.
    fn optional<T: FromLua>(&self, lua: &Lua, index: usize, expected: &str) -> Result<Option<T>, Raise> {
        let value = self.value(index);
        let given = type_name(&value);
        Option::<T>::from_lua(value, lua)
            .map_err(|_| Raise::argument(index + 3, format!("{expected} expected, got {given}")))
    }
}

/// A regex in a script's hands.
pub struct RegexHandle(pub Rc<Regex>);

impl UserData for RegexHandle {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "regex");
        // One may come here before the module is opened: with a function.
        fields.add_meta_field_with(MetaMethod::Index, methods);
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| Ok(format!("regex {}", this.0.pattern())));
    }
}

fn methods(lua: &Lua) -> mlua::Result<Table> {
    if let Some(methods) = lua.named_registry_value::<Option<Table>>(METHODS)? {
        return Ok(methods);
    }
    let methods = lua.create_table()?;
    for (name, operation) in OPERATIONS {
        let bound = bind(lua, &format!("regex.{name}"), move |lua, args: (Value, LuaString, MultiValue)| {
            let (this, text, rest) = args;
            let regex = borrow::<RegexHandle>(&this, "regex")?.0.clone();
            operation(lua, &regex, text, Rest(rest))
        })?;
        methods.raw_set(*name, bound)?;
    }
    lua.set_named_registry_value(METHODS, &methods)?;
    Ok(methods)
}

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let new = bind(lua, "regex.new", |_, (pattern, options): (LuaString, Option<Table>)| {
        let options = Options::new(options, &Flags::NAMES, "new")?;
        let set = |name| Ok::<_, Raise>(options.boolean(name)?.unwrap_or(false));
        let flags = Flags {
            ignore_case: set("ignore_case")?,
            multi_line: set("multi_line")?,
            dot_all: set("dot_all")?,
            extended: set("extended")?,
        };
        Ok(RegexHandle(Rc::new(Regex::of(&pattern, flags, 1)?)))
    })?;
    module.raw_set("new", new)?;
    let escape = bind(lua, "regex.escape", |_, text: LuaString| Ok(escaped(&text.as_bytes())))?;
    module.raw_set("escape", escape)?;
    let cache = Rc::new(RefCell::new(HashMap::new()));
    for (name, operation) in OPERATIONS {
        let cache = cache.clone();
        let bound = bind(lua, &format!("regex.{name}"), move |lua, args: (LuaString, Value, MultiValue)| {
            let (text, pattern, rest) = args;
            operation(lua, &compiled(&cache, &pattern)?, text, Rest(rest))
        })?;
        module.raw_set(*name, bound)?;
    }
    Ok(module)
}

/// A pattern for a text of any bytes.
fn escaped(text: &[u8]) -> String {
    let mut pattern = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_whitespace() {
                // It means nothing in an extended pattern.
                let code = u32::from(character);
                pattern.push_str(&if code < 0x80 { format!("\\x{code:02X}") } else { format!("\\x{{{code:X}}}") });
                continue;
            }
            if is_special(character) {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        for byte in chunk.invalid() {
            pattern.push_str(&format!("(?-u:\\x{byte:02X})"));
        }
    }
    pattern
}

/// Whether a character means something in patterns.
fn is_special(character: char) -> bool {
    matches!(character, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$')
        || matches!(character, '#' | '&' | '-' | '~')
}

/// The regex of an argument that is a pattern, or one already.
fn compiled(cache: &RefCell<HashMap<Vec<u8>, Rc<Regex>>>, pattern: &Value) -> Result<Rc<Regex>, Raise> {
    if let Value::String(text) = pattern {
        if let Some(known) = cache.borrow().get(&*text.as_bytes()) {
            return Ok(known.clone());
        }
        let regex = Rc::new(Regex::of(text, Flags::default(), 2)?);
        let mut cache = cache.borrow_mut();
        if cache.len() >= CACHED_PATTERNS {
            cache.clear();
        }
        cache.insert(text.as_bytes().to_vec(), regex.clone());
        return Ok(regex);
    }
    match pattern.as_userdata().and_then(|userdata| userdata.borrow::<RegexHandle>().ok()) {
        Some(handle) => Ok(handle.0.clone()),
        None => Err(Raise::argument(2, format!("pattern or regex expected, got {}", type_name(pattern)))),
    }
}

/// The offset where a search begins, as `string.find` counts `init`; `None` beyond the end.
fn start(lua: &Lua, rest: &Rest, length: usize) -> Result<Option<usize>, Raise> {
    let init = rest.optional::<f64>(lua, 0, "number")?.unwrap_or(1.0);
    let from = if init < 0.0 { (length as f64 + init).max(0.0) } else { (init - 1.0).max(0.0) };
    Ok((from <= length as f64).then_some(from as usize))
}

fn is_match(lua: &Lua, regex: &Rc<Regex>, text: LuaString, _: Rest) -> Result<MultiValue, Raise> {
    Ok(MultiValue::from_iter([regex.compiled().is_match(&text.as_bytes()).into_lua(lua)?]))
}

fn find_match(lua: &Lua, regex: &Rc<Regex>, text: LuaString, rest: Rest) -> Result<MultiValue, Raise> {
    let bytes = text.as_bytes();
    let mut walk = Walk::new(regex, start(lua, &rest, bytes.len())?);
    if walk.next(regex, &bytes) { whole_or_groups(lua, &walk, &bytes) } else { nothing() }
}

fn find(lua: &Lua, regex: &Rc<Regex>, text: LuaString, rest: Rest) -> Result<MultiValue, Raise> {
    let bytes = text.as_bytes();
    let mut walk = Walk::new(regex, start(lua, &rest, bytes.len())?);
    if !walk.next(regex, &bytes) {
        return nothing();
    }
    let (first, end) = walk.span();
    let mut values = MultiValue::from_iter([Value::Number(first as f64 + 1.0), Value::Number(end as f64)]);
    for group in 1..walk.groups() {
        values.push_back(captured(lua, &walk, group, &bytes)?);
    }
    Ok(values)
}

/// A table: the whole match at 0, groups by number, and by name where they have one.
fn captures(lua: &Lua, regex: &Rc<Regex>, text: LuaString, rest: Rest) -> Result<MultiValue, Raise> {
    let bytes = text.as_bytes();
    let mut walk = Walk::new(regex, start(lua, &rest, bytes.len())?);
    if !walk.next(regex, &bytes) {
        return nothing();
    }
    let table = lua.create_table_with_capacity(walk.groups(), 1)?;
    for (group, name) in regex.compiled().capture_names().enumerate() {
        let value = captured(lua, &walk, group, &bytes)?;
        if let Some(name) = name {
            table.raw_set(name, &value)?;
        }
        table.raw_set(group, value)?;
    }
    Ok(MultiValue::from_iter([Value::Table(table)]))
}

fn gmatch(lua: &Lua, regex: &Rc<Regex>, text: LuaString, _: Rest) -> Result<MultiValue, Raise> {
    let regex = regex.clone();
    let walk = RefCell::new(Walk::new(&regex, Some(0)));
    let next = bind(lua, "regex.gmatch", move |lua, ()| {
        let bytes = text.as_bytes();
        let mut walk = walk.borrow_mut();
        if walk.next(&regex, &bytes) { whole_or_groups(lua, &walk, &bytes) } else { nothing() }
    })?;
    Ok(MultiValue::from_iter([Value::Function(next)]))
}

/// The pieces between the matches, `n` at most.
fn split(lua: &Lua, regex: &Rc<Regex>, text: LuaString, rest: Rest) -> Result<MultiValue, Raise> {
    let most = match rest.optional::<f64>(lua, 0, "number")? {
        None => usize::MAX,
        Some(most) if most >= 1.0 => most as usize,
        Some(_) => return Err(Raise::argument(3, "a number of 1 or more expected")),
    };
    let bytes = text.as_bytes();
    let pieces = lua.create_table()?;
    let (mut walk, mut from) = (Walk::new(regex, Some(0)), 0);
    for _ in 1..most {
        if !walk.next(regex, &bytes) {
            break;
        }
        let (start, end) = walk.span();
        pieces.raw_push(lua.create_string(&bytes[from..start])?)?;
        from = end;
    }
    pieces.raw_push(lua.create_string(&bytes[from..])?)?;
    Ok(MultiValue::from_iter([Value::Table(pieces)]))
}

fn nothing() -> Result<MultiValue, Raise> {
    Ok(MultiValue::from_iter([Value::Nil]))
}
