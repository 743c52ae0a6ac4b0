//! `process`: other programs, and this process.
//!
//! - `command` reads what to run and how; `child` runs it on the I/O thread and ends it with this process.
//! - `handle` is a program that runs beside the script.

mod child;
mod command;
mod handle;

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use mlua::{BString, IntoLua, IntoLuaMulti, Lua, LuaString, MultiValue, Table, Value};

use crate::lua::bind::{Raise, bind};

use child::{Child, Exit};
use command::Request;
use handle::ProcessHandle;

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    module.raw_set("run", bind(lua, "process.run", run)?)?;
    let spawn = bind(lua, "process.spawn", |lua, (argv, options): (Table, Option<Table>)| {
        let request = Request::read(lua, &argv, options, "spawn", &[])?;
        let program = request.program();
        match Child::start(lua, request, false) {
            Ok(child) => Ok(ProcessHandle::new(child, program).into_lua_multi(lua)?),
            Err(error) => Ok(refusal(lua, &program, &error)?),
        }
    })?;
    module.raw_set("spawn", spawn)?;
    let env = bind(lua, "process.env", |lua, name: Option<LuaString>| {
        let value = |value: std::ffi::OsString| BString::from(value.into_vec());
        let Some(name) = name else {
            let all = lua.create_table()?;
            for (name, text) in std::env::vars_os() {
                all.raw_set(value(name), value(text))?;
            }
            return Ok(Value::Table(all));
        };
        Ok(std::env::var_os(OsStr::from_bytes(&name.as_bytes())).map(value).into_lua(lua)?)
    })?;
    module.raw_set("env", env)?;
    module.raw_set("pid", bind(lua, "process.pid", |_, ()| Ok(f64::from(std::process::id())))?)?;
    let cpu_count = bind(lua, "process.cpu_count", |_, ()| {
        Ok(std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64))
    })?;
    module.raw_set("cpu_count", cpu_count)?;
    Ok(module)
}

/// Runs a program to its end.
fn run(lua: &Lua, (argv, options): (Table, Option<Table>)) -> Result<MultiValue, Raise> {
    let request = Request::read(lua, &argv, options, "run", &["timeout", "check"])?;
    let (program, timeout, check) = (request.program(), request.timeout, request.check);
    let child = match Child::start(lua, request, true) {
        Ok(child) => child,
        Err(error) if check => return Err(Raise::Message(child::start_failure(&program, &error))),
        Err(error) => return Ok(refusal(lua, &program, &error)?),
    };
    let outcome = child.collect(timeout)?;
    if check && (outcome.timed_out || !outcome.exit.is_success()) {
        let last = outcome.stderr.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let last = String::from_utf8_lossy(last);
        let reason = if last.is_empty() { String::new() } else { format!(": {last}") };
        let how = if outcome.timed_out { "ran past its timeout".into() } else { outcome.exit.describe() };
        return Err(Raise::Message(format!("{program} {how}{reason}")));
    }
    let result = result(lua, outcome.exit)?;
    result.raw_set("stdout", BString::from(outcome.stdout))?;
    result.raw_set("stderr", BString::from(outcome.stderr))?;
    if outcome.timed_out {
        result.raw_set("timed_out", true)?;
        // It may have ended well, and what it started ran on.
        result.raw_set("ok", false)?;
    }
    Ok(result.into_lua_multi(lua)?)
}

/// How a program ended, as scripts get it.
fn result(lua: &Lua, exit: Exit) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("ok", exit.is_success())?;
    table.raw_set("code", exit.code)?;
    table.raw_set("signal", exit.signal)?;
    Ok(table)
}

/// The program could not be started.
fn refusal(lua: &Lua, program: &str, error: &std::io::Error) -> mlua::Result<MultiValue> {
    let number = error.raw_os_error().map(f64::from);
    (Value::Nil, child::start_failure(program, error), number).into_lua_multi(lua)
}
