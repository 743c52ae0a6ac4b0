//! The `lithops` table: a global, and what `require "lithops"` gives.

mod about;
mod call;
mod clean;
mod clock;
mod convert;
pub mod errors;
pub mod executor;
mod function_name;
pub mod futures;
pub mod handles;
pub mod iterdata;
mod job_options;
pub mod kinds;
pub mod objects;
mod plot;
mod remote;
pub mod results;
pub mod selection;
pub mod storage;
mod submit;
mod summary;
pub mod wait;

use mlua::{Lua, Table};

use super::vm::Role;

/// A group of functions or fields of the `lithops` table.
pub struct Binding {
    /// The name of the group, for logs.
    pub name: &'static str,
    /// Adds the group to the table.
    pub install: fn(&Lua, &Table, Role) -> mlua::Result<()>,
}

/// Every group. A new one is a file here and a line in this list.
pub const ALL: &[Binding] = &[
    Binding { name: "about", install: about::install },
    Binding { name: "clock", install: clock::install },
    Binding { name: "call", install: call::install },
    Binding { name: "executor", install: executor::install },
    Binding { name: "storage", install: storage::install },
    Binding { name: "objects", install: objects::install },
];

/// The options of a function of `lithops`, by its name; `None`: it has none.
pub fn options_of(function: &str) -> Option<Vec<&'static str>> {
    Some(match function {
        "call_async" => job_options::CALL_OPTIONS.to_vec(),
        "map" => job_options::MAP_OPTIONS.to_vec(),
        "map_reduce" => job_options::MAP_REDUCE_OPTIONS.to_vec(),
        "wait" => wait::WAIT_OPTIONS.to_vec(),
        "get_result" | "result" => results::RESULT_OPTIONS.to_vec(),
        "FunctionExecutor" | "LocalhostExecutor" | "ServerlessExecutor" => executor::executor_options(),
        _ => return None,
    })
}

/// Makes the `lithops` table.
pub(super) fn install(lua: &Lua, role: Role) -> mlua::Result<()> {
    let lithops = lua.create_table()?;
    for binding in ALL {
        (binding.install)(lua, &lithops, role)?;
    }
    futures::name_lists(lua, &lithops)?;
    let package: Table = lua.globals().raw_get("package")?;
    package.raw_get::<Table>("loaded")?.raw_set("lithops", &lithops)?;
    lua.globals().raw_set("lithops", lithops)
}
