//! Lua values and closures to bytes and back.

use std::rc::Rc;

use bytes::Bytes;
use mlua::{AnyUserData, Lua, Value};

/// The source of a Lua module, as it travels with the functions that use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleSource {
    /// The chunk name that tracebacks show, with its `@`: `@lua_modules/share/lua/5.1/inspect.lua`.
    pub chunk_name: String,
    /// The text of the module.
    pub source: Bytes,
}

/// Where a module comes from, as `require` sees it.
pub enum Module {
    /// Pure Lua, found on a search path: its source travels.
    Source(ModuleSource),
    /// Part of the VM or of the embedded `stdlib`: the other side has it, so its name is enough.
    Builtin,
    /// Made by a C library, or by something else that cannot travel.
    Foreign,
}

/// What the codec asks of `require`. Implemented in `crate::lua`, which knows search paths.
pub trait Modules {
    /// What `name` is: already loaded, or found on the search path without running it. `None`: no such module.
    fn find(&self, lua: &Lua, name: &str) -> Option<Module>;
    /// Makes a source that came with a function known to this VM's `require`. A source that is already known is kept.
    fn provide(&self, name: &str, source: ModuleSource);
}

/// What the codec asks of the API's userdata (futures, cloud objects, storage): a handle becomes
/// opaque bytes here, and a handle of the same kind there.
pub trait Handles {
    /// The bytes that rebuild `handle`, `None` if it is not one of the API's. `Err`: a sentence that says why it cannot be sent.
    fn save(&self, lua: &Lua, handle: &AnyUserData) -> Option<Result<Vec<u8>, String>>;
    /// The handle that `saved` describes.
    fn restore(&self, lua: &Lua, saved: &[u8]) -> mlua::Result<Value>;
}

/// Modules and handles of one VM.
#[derive(Clone)]
pub struct Surroundings {
    pub modules: Rc<dyn Modules>,
    pub handles: Rc<dyn Handles>,
}
