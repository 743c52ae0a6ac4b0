//! A VM with a codec, and what surrounds it: modules from memory, one kind of handle.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use lithops_lua::codec::{
    Codec, DecodeError, DecodeOptions, EncodeError, EncodeOptions, Encoded, Globals, Handles, Module, ModuleSource,
    Modules, Surroundings, Trust, Verified,
};
use mlua::{AnyUserData, Function, Lua, MultiValue, UserData, Value};

pub fn verified() -> DecodeOptions {
    DecodeOptions { trust: Trust::Verified(Verified::by_channel()), globals: Globals::Set }
}

pub fn untrusted() -> DecodeOptions {
    DecodeOptions { trust: Trust::Untrusted, globals: Globals::Set }
}

/// A handle of the API: a number that travels.
pub struct Ticket(pub i64);

impl UserData for Ticket {
    fn add_fields<F: mlua::UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("number", |_, this| Ok(this.0));
    }
}

struct Tickets;

impl Handles for Tickets {
    fn save(&self, _: &Lua, handle: &AnyUserData) -> Option<Result<Vec<u8>, String>> {
        let ticket = handle.borrow::<Ticket>().ok()?;
        Some(if ticket.0 < 0 { Err("a ticket that was used".into()) } else { Ok(ticket.0.to_le_bytes().to_vec()) })
    }

    fn restore(&self, lua: &Lua, saved: &[u8]) -> mlua::Result<Value> {
        let number = saved.try_into().map_err(|_| mlua::Error::runtime("not a ticket"))?;
        Ok(Value::UserData(lua.create_userdata(Ticket(i64::from_le_bytes(number)))?))
    }
}

/// Modules from memory, put where `require` finds them.
#[derive(Default)]
pub struct Library {
    sources: RefCell<BTreeMap<String, ModuleSource>>,
    pub foreign: RefCell<Vec<String>>,
    lua: RefCell<Option<mlua::WeakLua>>,
}

impl Library {
    pub fn add(&self, name: &str, text: &str) {
        let chunk_name = format!("@lib/{}.lua", name.replace('.', "/"));
        self.provide(name, ModuleSource { chunk_name, source: Bytes::copy_from_slice(text.as_bytes()) });
    }

    pub fn names(&self) -> Vec<String> {
        self.sources.borrow().keys().cloned().collect()
    }
}

impl Modules for Library {
    fn find(&self, lua: &Lua, name: &str) -> Option<Module> {
        if self.foreign.borrow().iter().any(|foreign| foreign == name) {
            return Some(Module::Foreign);
        }
        if let Some(source) = self.sources.borrow().get(name) {
            return Some(Module::Source(source.clone()));
        }
        let loaded: mlua::Table = lua.globals().get::<mlua::Table>("package").ok()?.get("loaded").ok()?;
        loaded.contains_key(name).ok()?.then_some(Module::Builtin)
    }

    fn provide(&self, name: &str, source: ModuleSource) {
        let known = self.sources.borrow().contains_key(name);
        if !known {
            let lua = self.lua.borrow().as_ref().and_then(mlua::WeakLua::try_upgrade).expect("a VM");
            let (text, chunk_name) = (source.source.clone(), source.chunk_name.clone());
            let loader = lua.create_function(move |lua, name: String| {
                lua.load(&text[..]).set_name(&chunk_name).call::<Value>(name)
            });
            lua.preload_module(name, loader.expect("a loader")).expect("a module");
            self.sources.borrow_mut().insert(name.into(), source);
        }
    }
}

/// One side: a VM and its codec.
pub struct Side {
    pub lua: Lua,
    pub codec: Codec,
    pub library: Rc<Library>,
}

impl Side {
    pub fn new() -> Side {
        // SAFETY: tests load what scripts may load, `ffi` and `debug` included.
        let lua = unsafe { Lua::unsafe_new() };
        let ticket = |_: &Lua, number: i64| Ok(Ticket(number));
        lua.globals().set("ticket", lua.create_function(ticket).expect("a function")).expect("a global");
        let library = Rc::new(Library::default());
        *library.lua.borrow_mut() = Some(lua.weak());
        let surroundings = Surroundings { modules: library.clone(), handles: Rc::new(Tickets) };
        let codec = Codec::new(&lua, surroundings).expect("a codec");
        Side { lua, codec, library }
    }

    /// What a script gives. Its name is `pipeline.lua`.
    pub fn run(&self, script: &str) -> MultiValue {
        self.lua.load(script).set_name("@pipeline.lua").call(()).unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn try_encode(&self, script: &str, root: &str) -> Result<Encoded, EncodeError> {
        let values: Vec<Value> = self.run(script).into_iter().collect();
        self.codec.encode(&self.lua, &values, &EncodeOptions::new(root))
    }

    pub fn encode(&self, script: &str) -> Vec<u8> {
        self.try_encode(script, "the result").unwrap_or_else(|error| panic!("{error}")).bytes
    }

    pub fn decode(&self, bytes: &[u8]) -> Result<MultiValue, DecodeError> {
        self.codec.decode(&self.lua, bytes, verified())
    }
}

/// Sends what `script` gives from one VM to another, and gives it to the function `check` there.
pub fn sent(script: &str, check: &str) {
    let (here, there) = (Side::new(), Side::new());
    between(&here, &there, script, check);
}

pub fn between(here: &Side, there: &Side, script: &str, check: &str) {
    let bytes = here.encode(script);
    let values = there.decode(&bytes).unwrap_or_else(|error| panic!("{error}"));
    let check: Function =
        there.lua.load(format!("return function(...) {check} end")).set_name("@check.lua").eval().expect("a check");
    check.call::<()>(values).unwrap_or_else(|error| panic!("{error}"));
}

/// The refusal of what `script` gives.
pub fn refusal(script: &str, root: &str) -> String {
    match Side::new().try_encode(script, root) {
        Ok(_) => panic!("was not refused"),
        Err(error) => error.to_string(),
    }
}
