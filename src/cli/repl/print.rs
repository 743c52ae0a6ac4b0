//! How values and errors are shown.

use std::cell::OnceCell;

use mlua::{Function, Lua, MultiValue, Table, Value};

use super::colors::Colors;
use super::highlight;
use crate::codec::RUNTIME_CHUNK;
use crate::lua::{LuaFailure, traceback};

/// Deeper tables, more items of one and longer texts are cut.
const DEPTH: u32 = 6;
const ITEMS: u32 = 100;
const LENGTH_BYTES: u32 = 16 << 10;

/// Shows values by the printer of `stdlib/inspect`.
pub struct Printer {
    lua: Lua,
    show: OnceCell<Function>,
}

impl Printer {
    pub fn new(lua: Lua) -> Printer {
        Printer { lua, show: OnceCell::new() }
    }

    /// All of `values`, on one line if they are short. It may run code: that of `__tostring`.
    pub fn values(&self, values: &MultiValue, colors: Colors) -> mlua::Result<String> {
        let shown: Vec<String> = values.iter().map(|value| self.value(value)).collect::<mlua::Result<_>>()?;
        let separator = if shown.iter().any(|text| text.contains('\n')) { "\n" } else { "\t" };
        let is_lua = |value: &Value| matches!(value, Value::Table(_) | Value::String(_) | Value::Number(_));
        let paint = |(text, value): (&String, &Value)| match value {
            Value::Table(table) if table.metatable().is_some() => text.clone(),
            value if is_lua(value) || value.is_nil() || value.is_boolean() || value.is_integer() => {
                highlight::paint(text, colors, &|_| false)
            }
            _ => text.clone(),
        };
        Ok(shown.iter().zip(values).map(paint).collect::<Vec<_>>().join(separator))
    }

    /// One value, without colours.
    pub fn value(&self, value: &Value) -> mlua::Result<String> {
        let show = match self.show.get() {
            Some(show) => show,
            None => {
                let show = self.load()?;
                self.show.get_or_init(|| show)
            }
        };
        let name = value.as_function().and_then(|function| traceback::name_of(&self.lua, function));
        let text: mlua::LuaString = show.call((value, name))?;
        Ok(text.to_string_lossy())
    }

    /// The embedded printer, whatever `require "inspect"` may find here.
    fn load(&self) -> mlua::Result<Function> {
        let lua = &self.lua;
        let source = lua.create_function(|lua, name: String| match crate::lua::stdlib::source(&name) {
            Some(text) => lua.load(text).set_name(crate::lua::stdlib::chunk_name(&name)).into_function(),
            None => Err(mlua::Error::runtime(format!("there is no module {name}"))),
        })?;
        let bounds: Table = lua.create_table()?;
        bounds.raw_set("depth", DEPTH)?;
        bounds.raw_set("max_items", ITEMS)?;
        bounds.raw_set("max_length", LENGTH_BYTES)?;
        lua.load(include_str!("print.lua")).set_name(RUNTIME_CHUNK).call((source, bounds))
    }

    /// A failure: what was raised, and the way to it if there is more than one step.
    pub fn failure(&self, failure: &LuaFailure) -> (String, String) {
        let message = match &failure.value {
            // Without `__tostring`, its type would be all that is told.
            value @ Value::Table(_) if failure.message.starts_with("(error object is") => match self.value(value) {
                Ok(text) => format!("error object: {text}"),
                Err(_) => failure.message.clone(),
            },
            _ => failure.message.clone(),
        };
        let message = match &failure.hint {
            Some(hint) => format!("{message}; {hint}"),
            None => message,
        };
        (message, own_frames(&failure.traceback))
    }
}

/// The traceback without what is always there: the chunk itself, which the message names already if nothing lies between.
fn own_frames(traceback: &str) -> String {
    let mut lines: Vec<&str> = traceback.lines().collect();
    let Some(last) = lines.pop() else { return String::new() };
    let Some((place, _)) = last.split_once(": in ") else { return traceback.to_owned() };
    let frames: Vec<&str> = lines.iter().skip(1).copied().collect();
    if frames.iter().all(|frame| frame.trim_start().starts_with("[C]:")) {
        return String::new();
    }
    // A chunk that keeps its local variables is a function to the VM.
    format!("{}\n{place}: in main chunk", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lua::{Vm, VmSettings};

    #[test]
    fn tracebacks_show_what_is_between() {
        let text = "stack traceback:\n\trepl:1: in function 'f'\n\trepl:1: in function <repl:1>";
        assert_eq!(own_frames(text), "stack traceback:\n\trepl:1: in function 'f'\n\trepl:1: in main chunk");
        assert_eq!(own_frames("stack traceback:\n\trepl:1: in main chunk"), "");
        assert_eq!(own_frames("stack traceback:\n\t[C]: in function 'assert'\n\trepl:1: in function <repl:1>"), "");
        assert_eq!(own_frames(""), "");
    }

    #[test]
    fn values_are_shown_as_lua() {
        let lua = Vm::new(&VmSettings::worker()).unwrap().lua;
        let printer = Printer::new(lua.clone());
        let shown = |code: &str| {
            let values: MultiValue = lua.load(code).set_name("=repl").eval().unwrap();
            printer.values(&values, Colors::NONE).unwrap()
        };
        assert_eq!(shown("1, 'a\\n', nil"), "1\t\"a\\n\"\tnil");
        assert_eq!(shown("{ 1, x = { 2 } }"), "{ 1,\n  x = { 2 }\n}");
        assert_eq!(shown("function(a, ...) end"), "function(a, ...) at repl:1");
        assert_eq!(shown("print"), "function print");
        assert_eq!(shown("lithops.map"), "function lithops.map");
        assert_eq!(shown("setmetatable({}, { __tostring = function() return 'thing' end })"), "thing");
        assert_eq!(shown("2 ^ 53, 1LL"), "9007199254740992\t1LL");
        let deep = shown("(function() local t = {} for i = 1, 1000 do t = { t } end return t end)()");
        assert!(deep.len() < 100 && deep.contains("{...}"), "{deep}");
        assert!(shown("('x'):rep(1e6)").len() < 20_000);
        assert!(shown("(function() local t = {} for i = 1, 1e6 do t[i] = i end return t end)()").len() < 2000);
    }
}
