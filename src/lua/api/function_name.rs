//! What a function is called, for messages: functions of Lua have no names, but variables that hold them do.

use mlua::{Function, Lua};

/// The name of a variable that holds the function, if one does.
pub fn variable(lua: &Lua, function: &Function) -> Option<String> {
    lua.load(include_str!("function_name.lua")).set_name("=lithops").call(function).ok()?
}

/// ``function `process` ``, or `function` alone if no variable holds it.
pub fn in_words(variable: Option<&str>) -> String {
    variable.map_or_else(|| "function".into(), |name| format!("function `{name}`"))
}

/// Where the function begins, as `pipeline.lua:12`; empty for functions that are not Lua.
pub fn source(function: &Function) -> String {
    let info = function.info();
    match (info.short_src, info.line_defined) {
        (Some(file), Some(line)) if info.what != "C" => format!("{file}:{line}"),
        _ => String::new(),
    }
}
