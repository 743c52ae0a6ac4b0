//! `print` and `io.write` in a worker: to the driver, with the call's name on them.

use mlua::{Lua, Variadic};

use crate::lua::{Session, bind};

/// Redirects the functions that write to standard output. Files that a function opens itself are left alone.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let sink = bind(lua, "print", |lua, pieces: Variadic<mlua::LuaString>| {
        let session = Session::of(lua);
        let hooks = session.hooks.borrow().clone();
        if let Some(hooks) = hooks {
            for piece in pieces.iter() {
                hooks.print(&piece.as_bytes());
            }
        }
        Ok(())
    })?;
    lua.load(include_str!("output.lua")).set_name("=lithops").call(sink)
}
