//! The decoder on bytes that nobody vouches for: an error, never a crash, never memory out of proportion.
#![no_main]

use std::cell::OnceCell;
use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use lithops_lua::codec::{
    Codec, DecodeOptions, EncodeOptions, Globals, Handles, Module, ModuleSource, Modules, Surroundings, Trust,
};
use mlua::{AnyUserData, Lua, Value};

struct Nothing;

impl Modules for Nothing {
    fn find(&self, _: &Lua, _: &str) -> Option<Module> {
        None
    }
    fn provide(&self, _: &str, _: ModuleSource) {
        panic!("a module from untrusted bytes");
    }
}

impl Handles for Nothing {
    fn save(&self, _: &Lua, _: &AnyUserData) -> Option<Result<Vec<u8>, String>> {
        None
    }
    fn restore(&self, lua: &Lua, saved: &[u8]) -> mlua::Result<Value> {
        Ok(Value::String(lua.create_string(saved)?))
    }
}

thread_local!(static VM: OnceCell<(Lua, Codec)> = const { OnceCell::new() });

fuzz_target!(|bytes: &[u8]| {
    VM.with(|vm| {
        let (lua, codec) = vm.get_or_init(|| {
            // SAFETY: no script runs; `ffi` is there for 64-bit integers.
            let lua = unsafe { Lua::unsafe_new() };
            let surroundings = Surroundings { modules: Rc::new(Nothing), handles: Rc::new(Nothing) };
            let codec = Codec::new(&lua, surroundings).expect("a codec");
            // Far more than any message of the fuzzer's sizes may need.
            lua.set_memory_limit(256 << 20).ok();
            (lua, codec)
        });
        let before = lua.used_memory();
        let options = DecodeOptions { trust: Trust::Untrusted, globals: Globals::Set };
        let decoded = codec.decode(lua, bytes, options);
        let grown = lua.used_memory().saturating_sub(before);
        assert!(grown <= 200 * bytes.len() + (64 << 10), "{grown} bytes for a message of {}", bytes.len());
        if let Ok(values) = decoded {
            // What was accepted is sound: it can be walked, sent and collected.
            let values: Vec<Value> = values.into_iter().collect();
            let _ = codec.encode(lua, &values, &EncodeOptions::new("the message"));
        }
    });
});
