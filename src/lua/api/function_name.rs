//! What a function is called, for messages: functions of Lua have no names, but variables that hold them do.

use mlua::{Function, Lua};

/// ``function `process` ``, or `function` alone if no variable holds it.
pub fn of(lua: &Lua, function: &Function) -> String {
    let name: mlua::Result<Option<String>> =
        lua.load(include_str!("function_name.lua")).set_name("=lithops").call(function);
    match name {
        Ok(Some(name)) => format!("function `{name}`"),
        _ => "function".into(),
    }
}
