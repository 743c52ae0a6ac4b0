//! `lithops.storage` and `lithops.Storage{…}`: objects in stores.
//!
//! - `objects`: the functions of a store, with their arguments as `arguments` reads them; `listings`: those that list.
//! - `body`: what scripts hand in to be stored; `stream`: what they read piece by piece.
//! - `cloud_object`: references to objects; `temporary`: those without a key of the script's choice, and their end.
//!
//! A script's thread waits for the store's work, which the process's I/O thread does.

mod arguments;
mod body;
mod cloud_object;
mod listings;
mod objects;
mod stream;
mod temporary;

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use mlua::{AnyUserData, Lua, MetaMethod, Table, UserData, UserDataFields, UserDataMethods, Value};
use serde_json::{Map, Value as Json};

use super::{convert, errors};
use crate::config::{Config, Override};
use crate::lua::bind::{Raise, bind, caller_position};
use crate::lua::call_with_traceback;
use crate::lua::options::Options;
use crate::lua::session::Session;
use crate::lua::vm::Role;
use crate::storage::{Storage, StorageError};

use arguments::Arguments;
pub(in crate::lua) use arguments::range;
pub use stream::ObjectStream;
pub use temporary::{clean_at_exit, expect_cloud_objects, expect_datasets, remove_cloud_objects};

/// A store of objects, opened when it is first used.
pub struct Store {
    /// What `lithops.Storage` was given; `None`: the default store.
    options: Option<Map<String, Json>>,
    opened: OnceCell<Arc<dyn Storage>>,
}

impl Store {
    fn new(options: Option<Map<String, Json>>) -> Rc<Store> {
        Rc::new(Store { options, opened: OnceCell::new() })
    }

    /// The store itself.
    fn open(&self, lua: &Lua) -> Result<&Arc<dyn Storage>, Raise> {
        if let Some(storage) = self.opened.get() {
            return Ok(storage);
        }
        let config = self.config(lua)?;
        let storage = crate::io::block_on(crate::storage::open(&config))?.map_err(|error| raise(lua, &error))?;
        Ok(self.opened.get_or_init(|| storage))
    }

    /// What it was made with, as JSON.
    fn options_json(&self) -> String {
        self.options.as_ref().map_or_else(|| "{}".into(), |options| Json::Object(options.clone()).to_string())
    }

    fn config(&self, lua: &Lua) -> Result<Config, Raise> {
        let session = Session::of(lua);
        let Some(options) = &self.options else {
            return session.config().cloned();
        };
        let backend = options.get("backend");
        let overrides: Vec<_> =
            backend.iter().map(|name| Override::storage_option("backend", "lithops", "storage", name)).collect();
        let config = match options.get("config") {
            None => session.config()?.with_overrides(&overrides),
            table => session.load_own_config(table.cloned(), None, &overrides),
        };
        config.map_err(|error| Raise::Message(format!("failed to {error}")))
    }
}

/// A store in a script's hands.
pub struct StorageHandle(Rc<Store>);

impl StorageHandle {
    /// What the store was made with, for another process.
    pub fn options_json(&self) -> String {
        self.0.options_json()
    }

    /// The store that was made with these options elsewhere.
    pub fn restore(options: &str) -> serde_json::Result<StorageHandle> {
        Ok(StorageHandle(Store::new(Some(serde_json::from_str(options)?))))
    }
}

/// The functions of the default store.
pub(super) const DEFAULT_FUNCTIONS: &str = "lithops.storage.functions";

impl UserData for StorageHandle {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "storage");
        fields.add_meta_field_with(MetaMethod::Index, |lua| bind(lua, "storage.__index", index));
        // Where the codec finds them, so that functions may capture `lithops.storage.get_object`.
        fields.add_meta_field_with("__functions", |lua| lua.named_registry_value::<Table>(DEFAULT_FUNCTIONS));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |lua, this, ()| {
            Ok(match this.0.open(lua) {
                Ok(storage) => format!("storage {} (bucket {})", storage.backend(), storage.default_bucket()),
                Err(_) => "storage".into(),
            })
        });
    }
}

/// `storage.bucket`, `storage.backend`, and the functions, which know their store when called with a dot, too.
fn index(lua: &Lua, (this, key): (AnyUserData, Value)) -> Result<Value, Raise> {
    let store = this.borrow::<StorageHandle>()?.0.clone();
    let Value::String(name) = &key else {
        return Ok(Value::Nil);
    };
    if *name == "bucket" {
        return Ok(Value::String(lua.create_string(store.open(lua)?.default_bucket())?));
    }
    if *name == "backend" {
        return Ok(Value::String(lua.create_string(store.open(lua)?.backend())?));
    }
    let functions = if store.options.is_none() {
        lua.named_registry_value(DEFAULT_FUNCTIONS)?
    } else if let Some(functions) = this.user_value::<Option<Table>>()? {
        functions
    } else {
        let functions = functions_of(lua, &store)?;
        this.set_user_value(&functions)?;
        functions
    };
    Ok(functions.raw_get(key)?)
}

/// The functions of one store.
fn functions_of(lua: &Lua, store: &Rc<Store>) -> mlua::Result<Table> {
    let functions = lua.create_table()?;
    for (name, function) in objects::FUNCTIONS {
        let store = store.clone();
        let bound = bind(lua, &format!("lithops.storage.{name}"), move |lua, values| {
            function(&Arguments::new(lua, &store, name, values))
        })?;
        functions.raw_set(*name, bound)?;
    }
    Ok(functions)
}

/// Deletes one cloud object of the default store, or a list of them.
pub(super) fn delete_cloud_objects(lua: &Lua, objects: Value) -> Result<(), Raise> {
    let name =
        if arguments::as_cloud_object(&objects).is_some() { "delete_cloudobject" } else { "delete_cloudobjects" };
    let functions: Table = lua.named_registry_value(DEFAULT_FUNCTIONS)?;
    call_with_traceback(lua, &functions.raw_get(name)?, objects)?;
    Ok(())
}

/// An error object of a storage error.
fn object(lua: &Lua, error: &StorageError, position: &str) -> mlua::Result<Table> {
    errors::plain(lua, error.kind().as_str(), &format!("{position}failed to {error}"))
}

/// Raises a storage error, with the line of whoever called the bound function that is running.
pub(super) fn raise(lua: &Lua, error: &StorageError) -> Raise {
    match object(lua, error, &caller_position(lua)) {
        Ok(object) => Raise::Value(Value::Table(object)),
        Err(error) => error.into(),
    }
}

/// `lithops.storage`, `lithops.Storage`.
pub(super) fn install(lua: &Lua, lithops: &Table, _role: Role) -> mlua::Result<()> {
    let store = Store::new(None);
    lua.set_named_registry_value(DEFAULT_FUNCTIONS, functions_of(lua, &store)?)?;
    lithops.raw_set("storage", StorageHandle(store))?;
    let make = bind(lua, "lithops.Storage", |lua, options: Option<Table>| {
        Options::new(options.clone(), &["backend", "config"], "Storage")?;
        let mut options = match options {
            Some(options) => convert::to_json_object(&options, "Storage")?,
            None => Map::new(),
        };
        if let Some(table) = options.get_mut("config") {
            // A worker that opens this store anew has no command line.
            Override::set_in(table, &Session::of(lua).overrides.borrow());
        }
        let store = Store::new(Some(options));
        // Nothing is touched by this, but a mistake in the options is told here.
        store.open(lua)?;
        Ok(StorageHandle(store))
    })?;
    lithops.raw_set("Storage", make)
}
