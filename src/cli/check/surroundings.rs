//! What there is besides the script: globals and modules, as a VM of a driver has them, and files that `require` finds.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use mlua::{Function, Lua, Table, Value};

use crate::lua::api::kinds::Kind;
use crate::lua::search_path::{SearchPath, candidates};
use crate::lua::vm::{ConfigChoice, Role, Vm, VmSettings};
use crate::lua::{modules, stdlib};

/// Where `require` gets a module from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is a part of the program.
    Builtin,
    /// A file of Lua.
    File(PathBuf),
    /// A library of C.
    C(PathBuf),
    Nowhere,
}

/// A VM that runs nothing of the scripts.
pub struct Surroundings {
    vm: Vm,
    globals: BTreeSet<String>,
}

impl Surroundings {
    pub fn new() -> mlua::Result<Surroundings> {
        let vm = Vm::new(&VmSettings::driver(Vec::new(), ConfigChoice::default()))?;
        let mut globals = BTreeSet::from(["arg".to_owned()]);
        for pair in vm.lua.globals().pairs::<Value, Value>() {
            if let (Value::String(name), _) = pair? {
                globals.insert(name.to_string_lossy());
            }
        }
        Ok(Surroundings { vm, globals })
    }

    pub fn lua(&self) -> &Lua {
        &self.vm.lua
    }

    pub fn globals(&self) -> &BTreeSet<String> {
        &self.globals
    }

    /// The table of a global, or of a module of the program's own.
    fn table(&self, name: &str, is_module: bool) -> Option<Table> {
        let globals = self.vm.lua.globals();
        let value: Value = if is_module {
            let is_own = modules::find(name).is_some() || stdlib::source(name).is_some() || self.is_loaded(name);
            let require: Function = is_own.then(|| globals.raw_get("require").ok()).flatten()?;
            require.call(name).ok()?
        } else {
            globals.raw_get(name).ok()?
        };
        value.as_table().cloned()
    }

    /// Whether the VM has a module, or makes it itself, as `table.new`.
    fn is_loaded(&self, name: &str) -> bool {
        let has = |table: &str| {
            let package = self.vm.lua.globals().raw_get::<Table>("package");
            let table = package.and_then(|package| package.raw_get::<Table>(table));
            table.and_then(|table| table.raw_get::<Value>(name)).is_ok_and(|value| !value.is_nil())
        };
        has("loaded") || has("preload")
    }

    /// Whether a library has a field: `None` if nothing is known of it; `Some(Err(names))`: it has these.
    pub fn field(&self, library: &str, is_module: bool, name: &str) -> Option<Result<(), Vec<String>>> {
        let table = self.table(library, is_module)?;
        if !table.get::<Value>(name).ok()?.is_nil() {
            return Some(Ok(()));
        }
        let names = table.pairs::<Value, Value>().flatten();
        Some(Err(names.filter_map(|(name, _)| Some(name.as_string()?.to_string_lossy())).collect()))
    }

    /// The methods and fields of one of the API's objects.
    pub fn members(&self, kind: Kind) -> Vec<String> {
        kind.members(&self.vm.lua).unwrap_or_default()
    }

    /// Looks where `require` would look for a script in these folders, in its order.
    pub fn find(&self, name: &str, folders: &[PathBuf]) -> Found {
        if self.is_loaded(name) {
            return Found::Builtin;
        }
        let path = SearchPath::new(Role::Driver, folders);
        let first = |path: &str, name: &str| {
            candidates(path.as_bytes(), name.as_bytes())
                .map(|file| Path::new(OsStr::from_bytes(&file)).to_owned())
                .find(|file| file.is_file())
        };
        if let Some(file) = first(&path.lua, name) {
            return Found::File(file);
        }
        if let Some(file) = first(&path.c, name).or_else(|| first(&path.c, name.split('.').next().unwrap_or(name))) {
            return Found::C(file);
        }
        if modules::find(name).is_some() || stdlib::source(name).is_some() { Found::Builtin } else { Found::Nowhere }
    }
}
