//! Stored objects as the input of jobs: `lithops.objects(…)`, and the `obj` that a function gets.
//!
//! - `addresses`: which elements are objects, and where they are.
//! - `options`: `obj_chunk_size` and the others.
//! - `handle`: `obj` itself.

mod addresses;
mod handle;
mod options;

use mlua::{Lua, Table, Value};

use addresses::Objects;

use crate::lua::bind::bind;

pub use addresses::{Input, read};
pub(in crate::lua::api) use handle::METHODS;
pub use handle::{ObjectHandle, make};
pub use options::ObjectOptions;

/// `lithops.objects`.
pub(super) fn install(lua: &Lua, lithops: &Table, _role: crate::lua::Role) -> mlua::Result<()> {
    handle::install(lua)?;
    let objects = bind(lua, "lithops.objects", |lua, (addresses, options): (Value, Option<Table>)| {
        Objects::new(lua, addresses, options)
    })?;
    lithops.raw_set("objects", objects)
}
