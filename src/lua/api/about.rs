//! What a script asks about the program that runs it, and about its configuration.

use mlua::{Lua, Table, Value};

use super::convert;
use crate::lua::bind::bind;
use crate::lua::session::Session;
use crate::lua::vm::Role;

/// `lithops.version`, `lithops.is_worker`, `lithops.config`.
pub(super) fn install(lua: &Lua, lithops: &Table, role: Role) -> mlua::Result<()> {
    lithops.raw_set("version", env!("CARGO_PKG_VERSION"))?;
    lithops.raw_set("is_worker", role == Role::Worker)?;
    // Read when it is asked for: most scripts do without, and a mistake in it must not stop those.
    let index = bind(lua, "lithops.__index", |lua, (_, key): (Table, Value)| {
        if key.as_string().is_none_or(|key| *key != "config") {
            return Ok(Value::Nil);
        }
        let config = Session::of(lua).config()?.to_json_redacted();
        Ok(convert::to_lua(lua, &config)?)
    })?;
    let metatable = lua.create_table()?;
    metatable.raw_set("__index", index)?;
    lithops.set_metatable(Some(metatable))
}
