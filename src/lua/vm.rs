//! Makes Lua VMs.

use std::path::PathBuf;
use std::rc::Rc;

use mlua::{Lua, LuaOptions, StdLib};

use crate::codec::{Codec, Surroundings};

use super::api::handles::ApiHandles;
use super::require::ModuleRegistry;
use super::search_path::SearchPath;
use super::session::Session;
use super::{api, closing, collector, errors, exit, gmatch, output, require, traceback};
use crate::config::{self, Config, ConfigError, Override, Request};
use crate::report;

/// What a VM is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Runs a user's script.
    Driver,
    /// Runs the functions that a driver sent.
    Worker,
}

/// The configuration that executors start from, as the command line chose it.
#[derive(Clone, Default)]
pub struct ConfigChoice {
    /// `--config`; `None`: the usual places.
    pub file: Option<PathBuf>,
    /// Single keys that win over the file, later ones over earlier ones.
    pub overrides: Vec<Override>,
}

impl ConfigChoice {
    /// Reads and checks the configuration. The log follows it.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let overrides = &self.overrides;
        let loaded = config::load(Request { file: self.file.as_deref(), overrides, ..Request::default() });
        loaded.inspect(|config| report::follow_log_settings(&config.lithops))
    }

    /// The same, where what must yet be made on AWS may be absent.
    pub fn load_incomplete(&self) -> Result<Config, ConfigError> {
        let overrides = &self.overrides;
        let loaded = config::load_incomplete(Request { file: self.file.as_deref(), overrides, ..Request::default() });
        loaded.inspect(|config| report::follow_log_settings(&config.lithops))
    }

    /// The same, for jobs that are no user's: `lithops-lua job` does not list them.
    pub fn without_records(mut self) -> Self {
        self.overrides.push(Override::executor_option("job_records", "lithops", "job_records", &false.into()));
        self
    }

    /// Whether the command line said nothing about it.
    pub fn is_default(&self) -> bool {
        self.file.is_none() && self.overrides.is_empty()
    }
}

/// How a VM is to be made.
#[derive(Clone)]
pub struct VmSettings {
    /// What the VM is for.
    pub role: Role,
    /// Folders that `require` searches before all others: the script's own.
    pub script_folders: Vec<PathBuf>,
    /// Where executors find their configuration.
    pub config: ConfigChoice,
}

impl VmSettings {
    /// A VM that runs a script whose modules are in `script_folders`.
    pub fn driver(script_folders: Vec<PathBuf>, config: ConfigChoice) -> Self {
        VmSettings { role: Role::Driver, script_folders, config }
    }

    /// A VM that runs functions that were sent to it.
    pub fn worker() -> Self {
        VmSettings { role: Role::Worker, script_folders: Vec::new(), config: ConfigChoice::default() }
    }
}

/// A Lua VM with all of the host in it: standard libraries, `require`, and the `lithops` table.
pub struct Vm {
    /// The VM itself.
    pub lua: Lua,
    /// What `require` knows; the codec asks it which modules travel.
    pub modules: Rc<ModuleRegistry>,
    /// What the VM is for.
    pub role: Role,
    /// Executors, configuration, codec.
    pub session: Rc<Session>,
}

impl Vm {
    /// Makes a VM.
    pub fn new(settings: &VmSettings) -> mlua::Result<Vm> {
        Vm::with_setup(settings, |_| Ok(()))
    }

    /// Makes a VM of which `setup` is a part: what it installs is the VM's own, and sent by name.
    pub fn with_setup(settings: &VmSettings, setup: impl FnOnce(&Lua) -> mlua::Result<()>) -> mlua::Result<Vm> {
        // With `catch_rust_panics` mlua leaves `pcall` and `xpcall` alone, which the JIT compiler then knows.
        let options = LuaOptions::new().catch_rust_panics(true);
        // SAFETY: "unsafe" is what a script may do: `debug`, `ffi`, bytecode and C modules. A script has all
        // rights of the user who runs it anyway, and a worker checks the hash of what it was sent.
        let lua = unsafe { Lua::unsafe_new_with(StdLib::ALL, options) };
        closing::install(&lua)?;
        collector::install(&lua)?;
        let session = Session::new(settings.role);
        lua.set_app_data(session.clone());
        gmatch::install(&lua)?;
        traceback::name_standard_functions(&lua)?;
        errors::install(&lua)?;
        if settings.role == Role::Driver {
            // A worker's `os.exit` ends the worker at once, and its output goes elsewhere.
            exit::install(&lua)?;
            output::install(&lua)?;
        }
        let config = settings.config.clone();
        *session.overrides.borrow_mut() = config.overrides.clone();
        session.set_config_loader(Box::new(move || config.load().map_err(|error| error.to_string())));
        api::install(&lua, settings.role)?;
        let path = SearchPath::new(settings.role, &settings.script_folders);
        let modules = require::install(&lua, &path)?;
        setup(&lua)?;
        let surroundings = Surroundings { modules: modules.clone(), handles: Rc::new(ApiHandles) };
        session.set_codec(Codec::new(&lua, surroundings)?);
        Ok(Vm { lua, modules, role: settings.role, session })
    }

    /// Runs the finalizers of all objects, then `end`, which ends the process.
    pub fn close_and(self, end: impl FnOnce() + 'static) -> ! {
        closing::close_and(self.lua, end)
    }
}
