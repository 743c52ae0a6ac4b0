//! What a script asks about the program that runs it.

use mlua::{Lua, Table};

use crate::lua::vm::Role;

/// `lithops.version`, `lithops.is_worker`.
pub(super) fn install(_lua: &Lua, lithops: &Table, role: Role) -> mlua::Result<()> {
    lithops.raw_set("version", env!("CARGO_PKG_VERSION"))?;
    lithops.raw_set("is_worker", role == Role::Worker)
}
