//! `require`: finding modules, and remembering their sources so that they can travel.
//!
//! LuaJIT's own `require` stays; only its list of loaders is ours. In order: `package.preload`, sources that
//! came with a function, files on `package.path`, C libraries (LuaJIT's two loaders), and the standard library: what of it is
//! in Rust, and the embedded files of `stdlib`.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bytes::Bytes;
use mlua::{Function, Lua, LuaString, Table, Value};

use super::bind::{Raise, bind};
use super::modules::{self, NativeModule};
use super::options::nearest;
use super::search_path::{SearchPath, candidates};
use super::session::Session;
use super::vm::Role;
use super::{stdlib, traceback};
use crate::codec::{Module, ModuleSource, Modules, RUNTIME_CHUNK};

/// What `require` knows of the modules of one VM.
#[derive(Default)]
pub struct ModuleRegistry {
    /// The VM's own modules and `lithops`: every VM has them.
    own: HashSet<String>,
    /// Modules that our loaders found. Recorded before they run, so that a module can send its own functions.
    loaded: RefCell<HashMap<String, Origin>>,
    /// Sources that came with functions.
    provided: RefCell<HashMap<String, ModuleSource>>,
    /// Parts of modules in Rust that were opened: names by addresses, and the parts themselves, which a script may drop.
    part_names: RefCell<HashMap<usize, Rc<str>>>,
    parts: RefCell<HashMap<Rc<str>, Value>>,
    /// The file of the script that runs, which is no module: `require "pipeline"` in `pipeline.lua` means the other one.
    script: RefCell<Option<PathBuf>>,
}

#[derive(Clone)]
enum Origin {
    Source(ModuleSource),
    Stdlib,
}

impl From<Origin> for Module {
    fn from(origin: Origin) -> Module {
        match origin {
            Origin::Source(source) => Module::Source(source),
            Origin::Stdlib => Module::Builtin,
        }
    }
}

impl Modules for ModuleRegistry {
    fn find(&self, lua: &Lua, name: &str) -> Option<Module> {
        if self.own.contains(name) {
            return Some(Module::Builtin);
        }
        if let Some(origin) = self.loaded.borrow().get(name) {
            return Some(origin.clone().into());
        }
        self.find_unloaded(lua, name).ok().flatten()
    }

    fn provide(&self, name: &str, source: ModuleSource) {
        self.provided.borrow_mut().entry(name.to_owned()).or_insert(source);
    }

    fn part_name(&self, address: usize) -> Option<Rc<str>> {
        self.part_names.borrow().get(&address).cloned()
    }

    fn part(&self, lua: &Lua, name: &str) -> mlua::Result<Option<Value>> {
        if let Some(part) = self.parts.borrow().get(name) {
            return Ok(Some(part.clone()));
        }
        let Some(module) = name.split_once('.').and_then(|(module, _)| modules::find(module)) else {
            return Ok(None);
        };
        self.open(lua, module)?;
        Ok(self.parts.borrow().get(name).cloned())
    }
}

impl ModuleRegistry {
    /// Says which script runs.
    pub fn set_script(&self, file: &Path) {
        *self.script.borrow_mut() = file.canonicalize().ok();
    }

    /// The first file of a search path that is there, but not the script itself.
    fn read_first(&self, path: &[u8], name: &[u8]) -> Search {
        let script = self.script.borrow();
        let is_script = |file: &Path| {
            script.as_ref().is_some_and(|script| {
                script.file_name() == file.file_name() && file.canonicalize().is_ok_and(|file| file == *script)
            })
        };
        read_first(path, name, is_script)
    }

    /// Goes through the places where `require` would look, in its order.
    fn find_unloaded(&self, lua: &Lua, name: &str) -> mlua::Result<Option<Module>> {
        let package: Table = lua.globals().raw_get("package")?;
        let c_path: LuaString = package.raw_get("cpath")?;
        let in_c = |name: &str| candidates(&c_path.as_bytes(), name.as_bytes()).any(|file| as_path(&file).exists());
        let is_of_c = || in_c(name) || in_c(name.split('.').next().unwrap_or(name));
        for table in ["loaded", "preload"] {
            // Loaded, but by none of our loaders: from C; or set by the script itself, which then is as any value of it.
            if package.raw_get::<Table>(table)?.raw_get::<Value>(name)? != Value::Nil {
                return Ok(is_of_c().then_some(Module::Foreign));
            }
        }
        if let Some(source) = self.provided.borrow().get(name) {
            return Ok(Some(Module::Source(source.clone())));
        }
        let path: LuaString = package.raw_get("path")?;
        if let Some(found) = self.read_first(&path.as_bytes(), name.as_bytes()).found {
            return Ok(found
                .1
                .ok()
                .map(|source| Module::Source(ModuleSource { chunk_name: chunk_name(&found.0), source })));
        }
        if is_of_c() {
            return Ok(Some(Module::Foreign));
        }
        Ok((modules::find(name).is_some() || stdlib::source(name).is_some()).then_some(Module::Builtin))
    }

    /// The table of a module in Rust, made only once: its functions are the same for all who ask.
    fn open(&self, lua: &Lua, module: &'static NativeModule) -> mlua::Result<Value> {
        if let Some(table) = self.parts.borrow().get(module.name) {
            return Ok(table.clone());
        }
        let table = (module.open)(lua)?;
        let (mut names, mut parts) = (self.part_names.borrow_mut(), self.parts.borrow_mut());
        for (name, part) in modules::parts(module, &table)? {
            let name: Rc<str> = name.into();
            names.insert(part.to_pointer() as usize, name.clone());
            parts.insert(name, part);
        }
        parts.insert(module.name.into(), Value::Table(table.clone()));
        Ok(Value::Table(table))
    }

    fn record(&self, name: &LuaString, origin: Origin) {
        self.loaded.borrow_mut().insert(name.to_string_lossy(), origin);
    }
}

/// Gives the VM its search path and loaders. The registry of the VM is also its app data.
pub fn install(lua: &Lua, path: &SearchPath) -> mlua::Result<Rc<ModuleRegistry>> {
    let package: Table = lua.globals().raw_get("package")?;
    package.raw_set("path", path.lua.as_str())?;
    package.raw_set("cpath", path.c.as_str())?;

    let mut own = HashSet::new();
    for table in ["loaded", "preload"] {
        for pair in package.raw_get::<Table>(table)?.pairs::<String, Value>() {
            own.insert(pair?.0);
        }
    }
    let registry = Rc::new(ModuleRegistry { own, ..ModuleRegistry::default() });
    lua.set_app_data(registry.clone());

    // 5.1 gives a module its name only; its file as a second argument is what later Luas add.
    let with_file: Function = lua
        .load("local chunk, file = ... return function(name) return chunk(name, file) end")
        .set_name(RUNTIME_CHUNK)
        .into_function()?;

    let from_path = load_from_path(lua, &registry, with_file.clone())?;
    let provided = load_provided(lua, &registry, with_file.clone())?;
    let embedded = load_embedded(lua, &registry, with_file)?;
    for loader in [&from_path, &provided, &embedded] {
        traceback::hide_function(lua, loader)?;
    }
    let loaders: Table = package.raw_get("loaders")?;
    loaders.raw_set(2, from_path)?;
    loaders.raw_insert(2, provided)?;
    loaders.push(embedded)?;
    Ok(registry)
}

/// The registry of the VM, as [`install`] made it.
pub fn registry(lua: &Lua) -> Option<Rc<ModuleRegistry>> {
    lua.app_data_ref::<Rc<ModuleRegistry>>().map(|registry| registry.clone())
}

fn load_provided(lua: &Lua, registry: &Rc<ModuleRegistry>, with_file: Function) -> mlua::Result<Function> {
    let registry = registry.clone();
    bind(lua, "require", move |lua, name: LuaString| {
        let source = registry.provided.borrow().get(name.to_string_lossy().as_str()).cloned();
        let Some(source) = source else {
            return Ok(Value::Nil);
        };
        let file = source.chunk_name.trim_start_matches(['@', '=']).to_owned();
        let loader = compile(lua, &name, &file, &source)?;
        registry.record(&name, Origin::Source(source));
        Ok(Value::Function(with_file.call((loader, file))?))
    })
}

fn load_from_path(lua: &Lua, registry: &Rc<ModuleRegistry>, with_file: Function) -> mlua::Result<Function> {
    let registry = registry.clone();
    bind(lua, "require", move |lua, name: LuaString| {
        let package: Table = lua.globals().raw_get("package")?;
        let Value::String(path) = package.raw_get("path")? else {
            return Err(Raise::message("'package.path' must be a string"));
        };
        let search = registry.read_first(&path.as_bytes(), &name.as_bytes());
        let Some((file, content)) = search.found else {
            return Ok(Value::String(lua.create_string(&search.tried)?));
        };
        let shown = String::from_utf8_lossy(&file).into_owned();
        let source = content.map_err(|error| {
            Raise::Message(format!("error loading module '{}' from file '{shown}':\n\t{error}", name.to_string_lossy()))
        })?;
        let source = ModuleSource { chunk_name: chunk_name(&file), source };
        let loader = compile(lua, &name, &shown, &source)?;
        registry.record(&name, Origin::Source(source));
        Ok(Value::Function(with_file.call((loader, shown))?))
    })
}

fn load_embedded(lua: &Lua, registry: &Rc<ModuleRegistry>, with_file: Function) -> mlua::Result<Function> {
    let registry = registry.clone();
    bind(lua, "require", move |lua, name: LuaString| {
        let shown = name.to_string_lossy();
        if let Some(module) = modules::find(&shown) {
            let table = registry.open(lua, module)?;
            registry.record(&name, Origin::Stdlib);
            let give = bind(lua, "require", move |_, ()| Ok(table.clone()))?;
            return Ok(Value::Function(give));
        }
        let Some(text) = stdlib::source(&shown) else {
            let hint = match Session::of(lua).role {
                Role::Driver => "",
                Role::Worker => {
                    "\n\t(a module goes along if its name is written in what uses it; name others in `include_modules`)"
                }
            };
            let tried = format!("\n\tno module '{shown}' in the standard library{}{hint}", meant(&shown));
            return Ok(Value::String(lua.create_string(tried)?));
        };
        let source =
            ModuleSource { chunk_name: stdlib::chunk_name(&shown), source: Bytes::from_static(text.as_bytes()) };
        let file = source.chunk_name[1..].to_owned();
        let loader = compile(lua, &name, &file, &source)?;
        registry.record(&name, Origin::Stdlib);
        Ok(Value::Function(with_file.call((loader, file))?))
    })
}

/// What a name that no module has was probably meant to be.
pub fn meant(name: &str) -> String {
    if let Some(module) = name.strip_suffix(".lua") {
        let module = module.trim_start_matches("./").replace('/', ".");
        return format!("; a module is named without `.lua`: `require \"{module}\"`");
    }
    let whole = |name: &&str| !name.contains('.');
    let known: Vec<&str> = modules::ALL.iter().map(|module| module.name).chain(stdlib::names().filter(whole)).collect();
    nearest(name, &known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

fn compile(lua: &Lua, name: &LuaString, file: &str, module: &ModuleSource) -> Result<Function, Raise> {
    lua.load(&module.source[..]).set_name(module.chunk_name.as_str()).into_function().map_err(|error| {
        let reason = super::errors::root_message(&error);
        Raise::Message(format!("error loading module '{}' from file '{file}':\n\t{reason}", name.to_string_lossy()))
    })
}

struct Search {
    /// The first file that is there, and what it holds.
    found: Option<(Vec<u8>, std::io::Result<Bytes>)>,
    /// The others, as `require` lists them.
    tried: Vec<u8>,
}

fn read_first(path: &[u8], name: &[u8], is_script: impl Fn(&Path) -> bool) -> Search {
    let mut tried = Vec::new();
    for file in candidates(path, name) {
        if is_script(as_path(&file)) {
            tried.extend_from_slice(b"\n\tnot '");
            tried.extend_from_slice(&file);
            tried.extend_from_slice(b"', which is the script itself");
            continue;
        }
        match fs::read(as_path(&file)) {
            Ok(content) => {
                return Search { found: Some((file, Ok(content.into()))), tried };
            }
            // A folder of that name, or a path through a file, is no module; Lua goes on too.
            Err(error) if is_absent(&error) => {
                tried.extend_from_slice(b"\n\tno file '");
                tried.extend_from_slice(&file);
                tried.push(b'\'');
            }
            Err(error) => {
                return Search { found: Some((file, Err(error))), tried };
            }
        }
    }
    Search { found: None, tried }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory | ErrorKind::InvalidInput
    )
}

fn as_path(file: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(file))
}

/// The chunk name of a file: `./` in front says nothing in a traceback.
fn chunk_name(file: &[u8]) -> String {
    let file = String::from_utf8_lossy(file);
    format!("@{}", file.strip_prefix("./").unwrap_or(&file))
}
