//! What the API's objects are called, and what they have: for hints.

use mlua::{Lua, Table, Value};

use super::executor::{self, ExecutorHandle};
use super::futures::{self, Future};
use super::objects::{self, ObjectHandle};
use super::storage::{self, StorageHandle};
use crate::lua::userdata::type_name;

/// What people may take a value for that is one of the API's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One future.
    Future,
    /// A list of futures.
    Futures,
    /// An executor.
    Executor,
    /// A store.
    Storage,
    /// A stored object, or a piece of it.
    Object,
}

impl Kind {
    /// The kind of a value; `None`: it is none of these.
    pub fn of(lua: &Lua, value: &Value) -> Option<Kind> {
        match value {
            Value::UserData(userdata) if userdata.is::<Future>() => Some(Kind::Future),
            Value::UserData(userdata) if userdata.is::<ExecutorHandle>() => Some(Kind::Executor),
            Value::UserData(userdata) if userdata.is::<StorageHandle>() => Some(Kind::Storage),
            Value::UserData(userdata) if userdata.is::<ObjectHandle>() => Some(Kind::Object),
            Value::Table(table) if futures::is_list(lua, table) => Some(Kind::Futures),
            _ => None,
        }
    }

    /// Its name, in one word.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Future => "future",
            Kind::Futures => "futures",
            Kind::Executor => "executor",
            Kind::Storage => "storage",
            Kind::Object => "object",
        }
    }

    /// Where the registry has its methods, and its fields.
    fn parts(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Kind::Future => (
                futures::METHODS,
                &["state", "done", "ready", "success", "running", "error", "call_id", "job_id", "executor_id", "stats"],
            ),
            Kind::Futures => (futures::LIST_METHODS, &[]),
            Kind::Executor => (executor::METHODS, &["executor_id", "config"]),
            Kind::Storage => (storage::DEFAULT_FUNCTIONS, &["bucket", "backend"]),
            Kind::Object => (
                objects::METHODS,
                &[
                    "bucket",
                    "key",
                    "url",
                    "path",
                    "size",
                    "etag",
                    "part",
                    "total_parts",
                    "chunk_size",
                    "data_byte_range",
                    "data_stream",
                ],
            ),
        }
    }

    /// The names of its methods and fields.
    pub fn members(self, lua: &Lua) -> mlua::Result<Vec<String>> {
        let (methods, fields) = self.parts();
        let mut names: Vec<String> = fields.iter().map(|name| (*name).to_owned()).collect();
        for pair in lua.named_registry_value::<Table>(methods)?.pairs::<String, Value>() {
            names.push(pair?.0);
        }
        Ok(names)
    }
}

/// A value as messages name it: `future`, `list of futures`, `number`, ….
pub fn describe(lua: &Lua, value: &Value) -> String {
    match Kind::of(lua, value) {
        Some(Kind::Futures) => "list of futures".into(),
        Some(kind) => kind.name().into(),
        None => type_name(value),
    }
}
