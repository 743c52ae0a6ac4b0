//! Time.

use std::time::{SystemTime, UNIX_EPOCH};

use mlua::{Lua, Table, Value};

use crate::lua::bind::{Raise, bind};
use crate::lua::options::{duration, show};
use crate::lua::vm::Role;

/// `lithops.sleep(seconds)`, `lithops.time()`.
pub(super) fn install(lua: &Lua, lithops: &Table, _role: Role) -> mlua::Result<()> {
    let sleep = bind(lua, "lithops.sleep", |_, seconds: f64| match duration(seconds) {
        Some(time) => Ok(crate::io::sleep(time)?),
        None => Err(Raise::argument(1, format!("seconds must be 0 or more, not {}", show(&Value::Number(seconds))))),
    })?;
    lithops.raw_set("sleep", sleep)?;

    // Since 1970; a clock set to before that gives 0.
    let time = bind(lua, "lithops.time", |_, ()| {
        Ok(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64()))
    })?;
    lithops.raw_set("time", time)
}
