//! Calls Lua functions, and tells what went wrong in them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::c_int;
use std::fmt;

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Value, ffi};

use super::bind::marker;
use super::{hints, traceback};

/// Why a Lua function failed.
#[derive(Clone, Debug)]
pub struct LuaFailure {
    /// The error as text, with its position if it has one.
    pub message: String,
    /// What was probably meant, where that can be guessed; see [`hints`].
    pub hint: Option<String>,
    /// `stack traceback:` and a line a frame, or empty.
    pub traceback: String,
    /// What was raised. An error of the host is a string here.
    pub value: Value,
    /// The VM ran out of memory.
    pub memory: bool,
}

impl fmt::Display for LuaFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        if !self.traceback.is_empty() {
            write!(f, "\n{}", self.traceback)?;
        }
        Ok(())
    }
}

impl std::error::Error for LuaFailure {}

impl From<mlua::Error> for LuaFailure {
    fn from(error: mlua::Error) -> Self {
        let memory = matches!(error, mlua::Error::MemoryError(_));
        LuaFailure { message: root_message(&error), hint: None, traceback: String::new(), value: Value::Nil, memory }
    }
}

thread_local! {
    /// The stack where the last error was raised, and the hint. The handler leaves them here rather than in the VM, which
    /// may have no memory left, and so that the value that was raised stays what it was.
    static SEEN: RefCell<Seen> = const { RefCell::new(Seen { stack: String::new(), hint: None }) };
}

#[derive(Default)]
struct Seen {
    stack: String,
    hint: Option<String>,
}

/// A function of the VM that calls its first argument with the others. App data.
#[derive(Clone)]
struct Caller(Function);

/// Makes what [`call_with_traceback`] needs.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    // SAFETY: takes the function for hints, and leaves one on the stack, with the handler as its upvalue: the VM allocates
    // a C function each time it is pushed.
    let caller = unsafe {
        lua.exec_raw(hints::install(lua)?, |state| {
            ffi::lua_pushcclosure(state, remember_stack, 1);
            ffi::lua_pushcclosure(state, call_protected, 1);
        })
    }?;
    lua.set_app_data(Caller(caller));
    Ok(())
}

/// Calls `function`. A failure comes with the stack of where it was raised.
///
/// The VM is one that [`Vm::new`](super::Vm::new) made.
pub fn call_with_traceback(lua: &Lua, function: &Function, args: impl IntoLuaMulti) -> Result<MultiValue, LuaFailure> {
    let Some(Caller(caller)) = lua.app_data_ref::<Caller>().map(|caller| caller.clone()) else {
        let error = mlua::Error::runtime("this VM was not made by `Vm::new`");
        return Err(failure(lua, ffi::LUA_ERRRUN, Value::Error(Box::new(error))));
    };
    match caller.call::<MultiValue>((function, args)) {
        Ok(mut values) if values.front() == Some(&Value::LightUserData(marker())) => {
            let status = values.get(1).and_then(Value::as_i32).unwrap_or(ffi::LUA_ERRRUN);
            Err(failure(lua, status, values.pop_back().unwrap_or(Value::Nil)))
        }
        Ok(values) => Ok(values),
        Err(error) => Err(failure(lua, ffi::LUA_ERRRUN, Value::Error(Box::new(error)))),
    }
}

/// Gives the results of the call; or the marker, the status and the error.
unsafe extern "C-unwind" fn call_protected(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: the stack holds the function and its arguments, and has room for 20 values more.
    unsafe {
        let count = ffi::lua_gettop(state) - 1;
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_insert(state, 1);
        let status = ffi::lua_pcall(state, count, ffi::LUA_MULTRET, 1);
        if status == ffi::LUA_OK {
            return ffi::lua_gettop(state) - 1;
        }
        ffi::lua_pushlightuserdata(state, marker().0);
        ffi::lua_pushinteger(state, status as ffi::lua_Integer);
        ffi::lua_pushvalue(state, 2);
        3
    }
}

#[cold]
fn failure(lua: &Lua, status: c_int, raised: Value) -> LuaFailure {
    let Seen { stack, hint } = SEEN.take();
    let traceback = if stack.is_empty() { stack } else { format!("stack traceback:{stack}") };
    let mut memory = status == ffi::LUA_ERRMEM;
    if let Value::Error(error) = &raised {
        memory |= matches!(**error, mlua::Error::MemoryError(_));
    }
    let message = describe(&raised);
    // `pcall` and `coroutine.wrap` turn the VM's own error into a string like any other.
    memory |= matches!(raised, Value::String(_)) && is_out_of_memory(&message);
    let value = match raised {
        Value::Error(_) => lua.create_string(&message).map_or(Value::Nil, Value::String),
        other => other,
    };
    LuaFailure { message, hint, traceback, value, memory }
}

fn is_out_of_memory(message: &str) -> bool {
    message == "not enough memory" || message.ends_with(": not enough memory")
}

/// An error as text, as the `lua` command shows it.
pub fn describe(raised: &Value) -> String {
    match raised {
        Value::String(text) => text.to_string_lossy(),
        Value::Error(error) => root_message(error),
        Value::Integer(_) | Value::Number(_) => raised.to_string().unwrap_or_default(),
        Value::Table(table) if table.metatable().is_some_and(|meta| has_tostring(&meta)) => text_of(raised),
        Value::UserData(_) => text_of(raised),
        Value::Table(table) if !table.is_empty() => format!("(error object is {})", shown(table)),
        other => format!("(error object is a {} value)", other.type_name()),
    }
}

/// A table that was raised, as far as it fits in a line: `{ code = 5, … }`. Nothing of it is called.
fn shown(table: &mlua::Table) -> String {
    const MOST_FIELDS: usize = 8;
    const LONGEST_TEXT: usize = 200;
    let value = |value: &Value| match value {
        Value::String(text) => {
            let text = text.to_string_lossy();
            let cut: String = text.chars().take(LONGEST_TEXT).collect();
            format!("{cut:?}{}", if cut.len() < text.len() { "…" } else { "" })
        }
        Value::Nil | Value::Boolean(_) | Value::Integer(_) | Value::Number(_) => value.to_string().unwrap_or_default(),
        Value::Table(table) if table.is_empty() => "{}".into(),
        Value::Table(_) => "{…}".into(),
        other => other.type_name().into(),
    };
    let (mut list, mut named, mut is_cut) = (Vec::new(), Vec::new(), false);
    let _ = table.for_each(|key: Value, field: Value| {
        is_cut = list.len() + named.len() == MOST_FIELDS;
        match &key {
            _ if is_cut => return Err(mlua::Error::runtime("enough")),
            key if key.as_usize() == Some(list.len() + 1) => list.push(value(&field)),
            Value::String(name) => named.push(format!("{} = {}", name.to_string_lossy().escape_debug(), value(&field))),
            other => named.push(format!("[{}] = {}", value(other), value(&field))),
        }
        Ok(())
    });
    // A table has no order of its own.
    named.sort();
    list.append(&mut named);
    list.extend(is_cut.then(|| "…".to_owned()));
    format!("{{ {} }}", list.join(", "))
}

fn has_tostring(metatable: &mlua::Table) -> bool {
    matches!(metatable.raw_get::<Value>("__tostring"), Ok(value) if !value.is_nil())
}

fn text_of(raised: &Value) -> String {
    raised.to_string().unwrap_or_else(|_| format!("(error object is a {} value)", raised.type_name()))
}

/// What an error of mlua says, without the tracebacks that it collects on its way.
pub fn root_message(error: &mlua::Error) -> String {
    match error {
        mlua::Error::CallbackError { cause, .. } => root_message(cause),
        mlua::Error::WithContext { context, cause } => {
            format!("{context}: {}", root_message(cause))
        }
        mlua::Error::RuntimeError(message) | mlua::Error::SyntaxError { message, .. } => {
            message.split("\nstack traceback:").next().unwrap_or(message).to_owned()
        }
        mlua::Error::MemoryError(_) => "not enough memory".to_owned(),
        mlua::Error::BadArgument { pos, cause, .. } => {
            format!("bad argument #{pos} ({})", root_message(cause))
        }
        mlua::Error::FromLuaConversionError { from, to, message } => {
            let from = match *from {
                "nil" => "no value",
                // LuaJIT has one kind of number; mlua calls whole ones so.
                "integer" => "number",
                other => other,
            };
            match message {
                Some(message) if lua_type(to).is_none() => format!("{message}, got {from}"),
                _ => format!("{} expected, got {from}", lua_type(to).unwrap_or(to)),
            }
        }
        other => other.to_string(),
    }
}

/// What Lua calls a type that a binding takes.
fn lua_type(rust: &str) -> Option<&'static str> {
    Some(match rust {
        "f64" | "f32" | "i64" | "i32" | "i16" | "i8" | "isize" | "u64" | "u32" | "u16" | "u8" | "usize" | "number"
        | "integer" => "number",
        "String" | "LuaString" | "string" | "&str" | "PathBuf" | "OsString" => "string",
        "Table" | "table" | "Vec" => "table",
        "Function" | "function" => "function",
        "bool" | "boolean" => "boolean",
        "AnyUserData" | "userdata" => "userdata",
        _ => return None,
    })
}

/// The message handler: keeps the stack, leaves the error as it is.
unsafe extern "C-unwind" fn remember_stack(state: *mut ffi::lua_State) -> c_int {
    let mut text = String::new();
    // SAFETY: a C function has room for 20 values; the error is the first; level 0 is this handler.
    let hint = unsafe {
        let mut length = 0;
        let message = if ffi::lua_type(state, 1) == ffi::LUA_TSTRING {
            let start = ffi::lua_tolstring(state, 1, &mut length);
            String::from_utf8_lossy(std::slice::from_raw_parts(start.cast(), length))
        } else {
            Cow::Borrowed("")
        };
        traceback::write(state, 1, &message, &mut text);
        hints::of_raised(state, &message)
    };
    SEEN.with(|seen| seen.replace(Seen { stack: text, hint }));
    1
}
