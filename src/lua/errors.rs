//! Calls Lua functions, and tells what went wrong in them.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::fmt;

use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Value, ffi};

use super::traceback;

/// Why a Lua function failed.
#[derive(Clone, Debug)]
pub struct LuaFailure {
    /// The error as text, with its position if it has one.
    pub message: String,
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
        if !self.traceback.is_empty() {
            write!(f, "\n{}", self.traceback)?;
        }
        Ok(())
    }
}

impl std::error::Error for LuaFailure {}

thread_local! {
    /// The stack where the last error was raised. The handler leaves it here rather than in the VM, which may
    /// have no memory left, and so that the value that was raised stays what it was.
    static STACK: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Calls `function`. A failure comes with the stack of where it was raised.
pub fn call_with_traceback(
    lua: &Lua,
    function: &Function,
    args: impl IntoLuaMulti,
) -> Result<MultiValue, LuaFailure> {
    let status = Cell::new(ffi::LUA_OK);
    let values: mlua::Result<MultiValue> = args.into_lua_multi(lua).and_then(|args| {
        // SAFETY: on the stack are the function and its arguments; they are replaced by the results or by the error.
        unsafe {
            lua.exec_raw((function, args), |state| {
                let count = ffi::lua_gettop(state) - 1;
                ffi::lua_pushcfunction(state, remember_stack);
                ffi::lua_insert(state, 1);
                status.set(ffi::lua_pcall(state, count, ffi::LUA_MULTRET, 1));
                ffi::lua_remove(state, 1);
            })
        }
    });
    if status.get() == ffi::LUA_OK
        && let Ok(values) = values
    {
        return Ok(values);
    }
    Err(failure(lua, status.get(), values))
}

#[cold]
fn failure(lua: &Lua, status: c_int, values: mlua::Result<MultiValue>) -> LuaFailure {
    let stack = STACK.take().unwrap_or_default();
    let traceback = if stack.is_empty() {
        stack
    } else {
        format!("stack traceback:{stack}")
    };
    let raised = match values {
        Ok(mut values) => values.pop_front().unwrap_or(Value::Nil),
        Err(error) => Value::Error(Box::new(error)),
    };
    let mut memory = status == ffi::LUA_ERRMEM;
    if let Value::Error(error) = &raised {
        memory |= matches!(**error, mlua::Error::MemoryError(_));
    }
    let message = describe(&raised);
    // `pcall` and `coroutine.wrap` turn the VM's own error into a string like any other.
    memory |= matches!(raised, Value::String(_)) && is_out_of_memory(&message);
    let value = match raised {
        Value::Error(_) => lua
            .create_string(&message)
            .map_or(Value::Nil, Value::String),
        other => other,
    };
    LuaFailure {
        message,
        traceback,
        value,
        memory,
    }
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
        Value::Table(table) if table.metatable().is_some_and(|meta| has_tostring(&meta)) => {
            text_of(raised)
        }
        Value::UserData(_) => text_of(raised),
        other => format!("(error object is a {} value)", other.type_name()),
    }
}

fn has_tostring(metatable: &mlua::Table) -> bool {
    matches!(metatable.raw_get::<Value>("__tostring"), Ok(value) if !value.is_nil())
}

fn text_of(raised: &Value) -> String {
    raised
        .to_string()
        .unwrap_or_else(|_| format!("(error object is a {} value)", raised.type_name()))
}

/// What an error of mlua says, without the tracebacks that it collects on its way.
pub fn root_message(error: &mlua::Error) -> String {
    match error {
        mlua::Error::CallbackError { cause, .. } => root_message(cause),
        mlua::Error::WithContext { context, cause } => {
            format!("{context}: {}", root_message(cause))
        }
        mlua::Error::RuntimeError(message) | mlua::Error::SyntaxError { message, .. } => message
            .split("\nstack traceback:")
            .next()
            .unwrap_or(message)
            .to_owned(),
        mlua::Error::MemoryError(_) => "not enough memory".to_owned(),
        mlua::Error::BadArgument { pos, cause, .. } => {
            format!("bad argument #{pos} ({})", root_message(cause))
        }
        mlua::Error::FromLuaConversionError { from, to, message } => {
            let from = if *from == "nil" { "no value" } else { from };
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
        "f64" | "f32" | "i64" | "i32" | "i16" | "i8" | "isize" | "u64" | "u32" | "u16" | "u8"
        | "usize" | "number" | "integer" => "number",
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
    unsafe {
        let mut length = 0;
        let message = if ffi::lua_type(state, 1) == ffi::LUA_TSTRING {
            let start = ffi::lua_tolstring(state, 1, &mut length);
            String::from_utf8_lossy(std::slice::from_raw_parts(start.cast(), length))
        } else {
            Cow::Borrowed("")
        };
        traceback::write(state, 1, &message, &mut text);
    }
    STACK.with(|stack| stack.replace(Some(text)));
    1
}
