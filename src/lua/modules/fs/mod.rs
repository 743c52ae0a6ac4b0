//! `fs`: files and folders.
//!
//! - `content` reads and writes files; `entries` looks at folders; `changes` makes, moves and removes.
//! - `temporary` makes folders that go by themselves.
//!
//! What the system refuses is an answer as those of Lua's `io`: `nil`, `path: reason`, and the system's number of the error.

mod changes;
mod content;
mod entries;
mod temporary;

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use mlua::{BString, FromLua, IntoLuaMulti, Lua, LuaString, MultiValue, Table, Value};

pub use content::replace;

/// A path that a script handed in: any bytes.
struct PathArgument(PathBuf);

impl FromLua for PathArgument {
    fn from_lua(value: Value, lua: &Lua) -> mlua::Result<PathArgument> {
        let text = LuaString::from_lua(value, lua)?;
        Ok(PathArgument(OsStr::from_bytes(&text.as_bytes()).into()))
    }
}

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    content::install(lua, &module)?;
    entries::install(lua, &module)?;
    changes::install(lua, &module)?;
    Ok(module)
}

/// A path as a script gets it.
fn text(path: impl Into<PathBuf>) -> BString {
    BString::from(path.into().into_os_string().into_vec())
}

/// The answer of something done to `path`.
fn answer<T: IntoLuaMulti>(lua: &Lua, path: &Path, done: io::Result<T>) -> mlua::Result<MultiValue> {
    match done {
        Ok(values) => values.into_lua_multi(lua),
        Err(error) => failure(lua, path, &error),
    }
}

/// The same, where there is nothing to give but that it is done.
fn done(lua: &Lua, path: &Path, done: io::Result<()>) -> mlua::Result<MultiValue> {
    answer(lua, path, done.map(|()| true))
}

fn failure(lua: &Lua, path: &Path, error: &io::Error) -> mlua::Result<MultiValue> {
    let mut message = path.as_os_str().as_bytes().to_vec();
    message.extend_from_slice(b": ");
    message.extend_from_slice(reason(error).as_bytes());
    let number = error.raw_os_error().map(f64::from);
    (Value::Nil, BString::from(message), number).into_lua_multi(lua)
}

/// What the system says, without the number that Rust adds.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
