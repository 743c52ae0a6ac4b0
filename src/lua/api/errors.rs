//! Error objects: what went wrong on the other side, as scripts get it.

use mlua::{Lua, Table, Value};

use super::futures::call_id;
use crate::codec::{DecodeOptions, Globals};
use crate::compute::local::FutureAddress;
use crate::lua::bind::Raise;
use crate::lua::hints;
use crate::lua::session::{Session, trusted};
use crate::protocol::{RemoteError, kind};

const METATABLE: &str = "lithops.error";

/// The error object of a failed call.
pub fn object(lua: &Lua, error: &RemoteError, address: &FutureAddress) -> mlua::Result<Value> {
    let error = explained(lua, error);
    let object = plain(lua, &error.kind, &error.message)?;
    if !error.hint.is_empty() {
        object.raw_set("hint", error.hint.as_str())?;
    }
    object.raw_set("traceback", error.traceback.as_str())?;
    object.raw_set("call_id", call_id(address.call))?;
    object.raw_set("job_id", address.job_id.as_str())?;
    object.raw_set("executor_id", address.executor_id.as_str())?;
    if let Some(value) = &error.value {
        let options = DecodeOptions { trust: trusted(), globals: Globals::IfAbsent };
        // A value that cannot be read is no reason to lose the message.
        if let Ok(values) = Session::of(lua).codec().decode(lua, value, options) {
            object.raw_set("value", values.into_iter().next().unwrap_or(Value::Nil))?;
        }
    }
    Ok(Value::Table(object))
}

/// The same error, with what this side adds to its hint.
pub fn explained(lua: &Lua, error: &RemoteError) -> RemoteError {
    let mut error = error.clone();
    if error.kind == kind::LUA_ERROR {
        error.hint = hints::of_remote(lua, &error.message, &error.hint);
    }
    error
}

/// An error object that belongs to no call.
pub fn plain(lua: &Lua, kind: &str, message: &str) -> mlua::Result<Table> {
    let object = lua.create_table()?;
    object.raw_set("kind", kind)?;
    object.raw_set("message", message)?;
    object.raw_set("traceback", "")?;
    object.set_metatable(Some(lua.named_registry_value(METATABLE)?))?;
    Ok(object)
}

/// An error object of `kind` to raise.
pub fn raise(lua: &Lua, kind: &str, message: &str) -> Raise {
    match plain(lua, kind, message) {
        Ok(object) => Raise::Value(Value::Table(object)),
        Err(error) => error.into(),
    }
}

/// The kind and the traceback of an error object; `None` if `value` is none.
pub fn parts(lua: &Lua, value: &Value) -> Option<RemoteError> {
    let table = value.as_table()?;
    let metatable: Table = lua.named_registry_value(METATABLE).ok()?;
    (table.metatable()? == metatable).then(|| {
        let text = |key: &str| table.raw_get::<Option<String>>(key).ok().flatten().unwrap_or_default();
        RemoteError {
            kind: text("kind"),
            message: text("message"),
            traceback: text("traceback"),
            hint: text("hint"),
            value: None,
        }
    })
}

pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let metatable: Table = lua.load(include_str!("errors.lua")).set_name("=lithops").call(())?;
    lua.set_named_registry_value(METATABLE, metatable)
}
