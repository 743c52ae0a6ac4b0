//! Hints: what was probably meant where the VM raised an error, in half a sentence.
//!
//! The VM's messages stay what they are, since scripts match them; a hint stands behind. It is looked for in the message handler,
//! while the function that failed is still there with its variables: `messages.lua` reads the message and finds the expression that
//! it speaks of in the function's bytecode (`bytecode.lua`), and `explain.lua` says why that is nil, or is not what it should be.
//! None of it is loaded before the first error.

use std::cell::RefCell;
use std::ffi::{CStr, c_int};

use mlua::{Function, Lua, Table, Value, ffi};

use super::api::kinds::Kind;
use super::options;
use super::session::Session;
use super::vm::Role;
use super::{modules, stdlib};
use crate::codec::{RUNTIME_CHUNK, changed_upvalues};

/// Where the registry keeps the two functions of `messages.lua`, once they are loaded.
const LOCAL: &str = "lithops.hints.local";
const REMOTE: &str = "lithops.hints.remote";
/// Lists that were made of the results of calls, and tables that functions of jobs change. Weak tables.
const RESULTS: &str = "lithops.hints.results";
const SENT: &str = "lithops.hints.sent";

/// Words of messages that there may be a hint for: whatever else is raised costs nothing.
const WORDS: [&str; 4] =
    ["attempt to ", "bad argument #", "invalid value (userdata)", "missing declaration for symbol"];

thread_local! {
    /// The last message and its hint: calls of a job fail alike.
    static LAST: RefCell<(String, Option<String>)> = RefCell::default();
}

/// Notes a list of what calls returned, in which a nil is the result of a function that returned nothing.
pub fn note_results(lua: &Lua, list: &Table) -> mlua::Result<()> {
    weak(lua, RESULTS)?.raw_set(list, true)
}

/// Notes the tables that a function captures and changes, as it is sent: workers change copies.
pub fn note_sent(lua: &Lua, function: &Function) -> mlua::Result<()> {
    let get_upvalue: Function = lua.globals().raw_get::<Table>("debug")?.raw_get("getupvalue")?;
    let mut tables = Vec::new();
    for number in 0..function.info().num_upvalues {
        if let (_, Value::Table(table)) = get_upvalue.call::<(Value, Value)>((function, number + 1))? {
            tables.push((u16::from(number), table));
        }
    }
    if tables.is_empty() {
        return Ok(());
    }
    let changed = changed_upvalues(&function.dump(false));
    for (_, table) in tables.into_iter().filter(|(number, _)| changed.contains(number)) {
        weak(lua, SENT)?.raw_set(table, true)?;
    }
    Ok(())
}

fn weak(lua: &Lua, name: &str) -> mlua::Result<Table> {
    if let Some(table) = lua.named_registry_value(name)? {
        return Ok(table);
    }
    let (table, metatable) = (lua.create_table()?, lua.create_table()?);
    metatable.raw_set("__mode", "k")?;
    table.set_metatable(Some(metatable))?;
    lua.set_named_registry_value(name, &table)?;
    Ok(table)
}

/// Makes the function that the message handler asks for what `messages.lua` gives.
pub(super) fn install(lua: &Lua) -> mlua::Result<Function> {
    lua.create_function(|lua, ()| load(lua, LOCAL))
}

fn load(lua: &Lua, which: &str) -> mlua::Result<Function> {
    if let Some(function) = lua.named_registry_value(which)? {
        return Ok(function);
    }
    let require: Function = lua.globals().raw_get("require")?;
    let chunk = |text: &'static str| lua.load(text).set_name(RUNTIME_CHUNK);
    let modules: (Value, Value) = (require.call("jit.util")?, require.call("bit")?);
    let code: Table = chunk(include_str!("bytecode.lua")).call(modules)?;
    let known = known(lua)?;
    let host = host(lua)?;
    let explain: Table = chunk(include_str!("explain.lua")).call((&code, known, &host))?;
    let (local, remote): (Function, Function) = chunk(include_str!("messages.lua")).call((code, explain, host))?;
    lua.set_named_registry_value(LOCAL, local)?;
    lua.set_named_registry_value(REMOTE, remote)?;
    lua.named_registry_value(which)
}

fn known(lua: &Lua) -> mlua::Result<Table> {
    lua.load(include_str!("known.lua")).set_name(RUNTIME_CHUNK).call(())
}

/// What is written in Lua in place of a global of another language.
pub fn word(lua: &Lua, name: &str) -> Option<String> {
    known(lua).and_then(|known| known.raw_get::<Table>("words")?.raw_get(name)).ok().flatten()
}

/// What the Lua files ask of this side.
fn host(lua: &Lua) -> mlua::Result<Table> {
    let host = lua.create_table()?;
    host.raw_set("is_worker", Session::of(lua).role == Role::Worker)?;
    host.raw_set("results", weak(lua, RESULTS)?)?;
    host.raw_set("sent", weak(lua, SENT)?)?;
    host.raw_set("near", lua.create_function(|_, (name, known): (String, Vec<String>)| Ok(near(&name, &known)))?)?;
    let kind = |lua: &Lua, value: Value| Ok(Kind::of(lua, &value).map(Kind::name));
    host.raw_set("kind", lua.create_function(kind)?)?;
    let members = |lua: &Lua, value: Value| Kind::of(lua, &value).map_or(Ok(Vec::new()), |kind| kind.members(lua));
    host.raw_set("members", lua.create_function(members)?)?;
    let is_module = |name: &str| modules::find(name).is_some() || stdlib::source(name).is_some();
    host.raw_set("is_module", lua.create_function(move |_, name: String| Ok(is_module(&name)))?)?;
    Ok(host)
}

/// The name that `typed` was probably meant to be; not a name of two letters, which is near to too many.
pub fn near(typed: &str, known: &[String]) -> Option<String> {
    if typed.chars().count() < 3 {
        return None;
    }
    let names: Vec<&str> = known.iter().map(String::as_str).filter(|name| name.len() > 1 && *name != typed).collect();
    let begins = |name: &&&str| name.strip_prefix(typed).is_some_and(|rest| rest.starts_with('_'));
    let whole = names.iter().filter(begins).min_by_key(|name| name.len()).copied();
    whole.or_else(|| options::nearest(typed, &names)).map(str::to_owned)
}

/// The hint for `message`, which was just raised: the handler that runs was called for it.
///
/// # Safety
/// Upvalue 1 of the running function is what [`install`] made; room for 5 values.
pub(super) unsafe fn of_raised(state: *mut ffi::lua_State, message: &str) -> Option<String> {
    if message.contains("stack overflow") {
        // Nothing can be called any more.
        return Some("a function calls itself too often, or without an end".into());
    }
    // SAFETY: as the caller promises.
    if !WORDS.iter().any(|word| message.contains(word)) && !unsafe { is_method_in_c(state) } {
        return None;
    }
    if let Some(hint) = LAST.with_borrow(|(last, hint)| (last == message).then(|| hint.clone())) {
        return hint;
    }
    // SAFETY: calls are protected, and the stack is left as it was.
    let hint = unsafe {
        let top = ffi::lua_gettop(state);
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        let mut hint = None;
        if ffi::lua_pcall(state, 0, 1, 0) == ffi::LUA_OK {
            ffi::lua_pushlstring(state, message.as_ptr().cast(), message.len());
            // Level 1 is `messages.lua`, 2 this handler, 3 what failed.
            ffi::lua_pushinteger(state, 2);
            if ffi::lua_pcall(state, 2, 1, 0) == ffi::LUA_OK {
                hint = text(state, -1);
            }
        }
        ffi::lua_settop(state, top);
        hint
    };
    LAST.set((message.to_owned(), hint.clone()));
    hint
}

/// Whether what failed is a function in C that was called with a colon: perhaps one of a module, by mistake.
unsafe fn is_method_in_c(state: *mut ffi::lua_State) -> bool {
    // SAFETY: level 0 is this handler; the names are there as long as the frame.
    unsafe {
        let mut frame: ffi::lua_Debug = std::mem::zeroed();
        ffi::lua_getstack(state, 1, &mut frame) != 0
            && ffi::lua_getinfo(state, c"nS".as_ptr(), &mut frame) != 0
            && !frame.namewhat.is_null()
            && CStr::from_ptr(frame.namewhat) == c"method"
            && CStr::from_ptr(frame.what) == c"C"
    }
}

unsafe fn text(state: *mut ffi::lua_State, index: c_int) -> Option<String> {
    // SAFETY: a string of Lua's is there as long as it is on the stack.
    unsafe {
        if ffi::lua_type(state, index) != ffi::LUA_TSTRING {
            return None;
        }
        let mut length = 0;
        let start = ffi::lua_tolstring(state, index, &mut length);
        Some(String::from_utf8_lossy(std::slice::from_raw_parts(start.cast(), length)).into_owned())
    }
}

/// A hint for the error of a worker, whose driver sees more: its variables. `hint` is what the worker found, or empty.
pub fn of_remote(lua: &Lua, message: &str, hint: &str) -> String {
    let better = || -> mlua::Result<Option<String>> {
        let remote = load(lua, REMOTE)?;
        remote.call((message, 1, !hint.is_empty()))
    };
    if !message.contains("global '") {
        return hint.to_owned();
    }
    better().ok().flatten().unwrap_or_else(|| hint.to_owned())
}
