//! Modules: by name, with their sources and those that they require in turn.

use std::ffi::c_int;
use std::rc::Rc;

use mlua::ffi;

use super::bytecode::{self, Mentions};
use super::encode::{Encoder, KIT};
use super::program::Program;
use super::snapshot::slot;
use super::wire::{self, tag};
use super::{EncodeError, Module, ModuleSource, raw};

impl Encoder<'_> {
    /// Writes a reference if the value is a module's.
    ///
    /// # Safety
    /// The value at `index` has this address; five free slots.
    pub unsafe fn module(&mut self, index: c_int, address: usize) -> Result<bool, EncodeError> {
        // SAFETY: as the caller promises.
        let Some(names) = (unsafe { self.program() }).modules.get(&address).cloned() else {
            return Ok(false);
        };
        let mut foreign = None;
        let mut found = None;
        for name in names {
            match self.inner.surroundings.modules.find(self.lua, &name) {
                // A name that the script gave it.
                None => {}
                Some(Module::Foreign) => foreign = foreign.or(Some(name)),
                Some(Module::Builtin) => found = found.or(Some((name, None))),
                Some(Module::Source(source)) => found = found.or(Some((name, Some(source)))),
            }
        }
        let Some((name, source)) = found else {
            let Some(name) = foreign else { return Ok(false) };
            let what = format!("module `{name}`, which a C library made");
            // SAFETY: as the caller promises.
            return Err(unsafe { self.refuse_as(index, what, Some("require it inside the function")) });
        };
        if let Some(source) = source {
            self.add_source(&name, source);
        }
        self.graph.has_code = true;
        self.out.push(tag::MODULE);
        wire::put_string(self.out, name.as_bytes());
        Ok(true)
    }

    /// Adds the modules that a function may require.
    pub fn modules_beside(&mut self, mentions: &Mentions) {
        for name in &mentions.beside_require {
            if let Ok(name) = std::str::from_utf8(name) {
                self.look_for(name);
            }
        }
    }

    /// Adds what the caller asked for by name.
    pub fn included_modules(&mut self) -> Result<(), EncodeError> {
        if !self.graph.has_code || !self.options.modules {
            return Ok(());
        }
        for name in self.options.include_modules {
            let why = match self.inner.surroundings.modules.find(self.lua, name) {
                Some(Module::Source(_) | Module::Builtin) => {
                    self.look_for(name);
                    continue;
                }
                Some(Module::Foreign) => format!("module `{name}` is a C library, which cannot be sent"),
                None => format!("there is no module `{name}`"),
            };
            return Err(EncodeError::Included(why));
        }
        Ok(())
    }

    /// Adds the source of a module that a function may require.
    fn look_for(&mut self, name: &str) {
        let plausible =
            !name.is_empty() && name.len() <= 200 && !name.contains(|c: char| c.is_whitespace() || c.is_control());
        if !self.options.modules || !plausible || program_of(self).looked_for.contains(name) {
            return;
        }
        match self.inner.surroundings.modules.find(self.lua, name) {
            Some(Module::Source(source)) => self.add_source(name, source),
            _ => {
                program_of(self).looked_for.insert(name.into());
            }
        }
    }

    /// Adds a source, and those that it requires in turn.
    fn add_source(&mut self, name: &str, source: ModuleSource) {
        self.graph.has_code = true;
        let mut found: Vec<(Box<str>, ModuleSource)> = vec![(name.into(), source)];
        while let Some((name, source)) = found.pop() {
            let excluded = self.options.exclude_modules.iter().any(|other| **other == *name);
            if !self.options.modules || !program_of(self).looked_for.insert(name.clone()) || excluded {
                continue;
            }
            for required in self.requires_of(&name, &source).iter() {
                if !program_of(self).looked_for.contains(required)
                    && let Some(Module::Source(source)) = self.inner.surroundings.modules.find(self.lua, required)
                {
                    found.push((required.clone(), source));
                }
            }
            program_of(self).sources.push((name, source));
        }
    }

    /// The names that a module's source may require, from its bytecode. A source with a syntax error requires nothing.
    fn requires_of(&mut self, name: &str, module: &ModuleSource) -> Rc<[Box<str>]> {
        if let Some((source, requires)) = self.inner.requires.borrow().get(name)
            && source == &module.source
        {
            return requires.clone();
        }
        // A first line for the shell is not Lua.
        let mut text = module.source.as_ref();
        if text.first() == Some(&b'#') {
            text = &text[text.iter().position(|&byte| byte == b'\n').unwrap_or(text.len())..];
        }
        let mut requires = Vec::new();
        // SAFETY: the buffer is valid for its length; `DUMP` is a function; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            if text.first() != Some(&0x1b)
                && ffi::luaL_loadbufferx(self.l, text.as_ptr().cast(), text.len(), c"=module".as_ptr(), c"t".as_ptr())
                    == ffi::LUA_OK
            {
                ffi::lua_rawgeti_(self.l, KIT, slot::DUMP);
                ffi::lua_insert(self.l, -2);
                ffi::lua_call(self.l, 1, 1);
                if let Some(mentions) = bytecode::mentions(raw::string(self.l, -1)) {
                    requires.extend(
                        mentions.beside_require.iter().filter_map(|name| Some(std::str::from_utf8(name).ok()?.into())),
                    );
                }
            }
            ffi::lua_settop(self.l, top);
        }
        let requires: Rc<[Box<str>]> = requires.into();
        self.inner.requires.borrow_mut().insert(name.into(), (module.source.clone(), requires.clone()));
        requires
    }

    pub fn put_modules(&mut self) {
        let sources = self.program.as_ref().map(|program| program.sources.as_slice()).unwrap_or_default();
        wire::put_varint(self.out, sources.len() as u64);
        for (name, module) in sources {
            wire::put_bytes(self.out, name.as_bytes());
            wire::put_bytes(self.out, module.chunk_name.as_bytes());
            wire::put_bytes(self.out, &module.source);
        }
    }
}

fn program_of<'p>(encoder: &'p mut Encoder<'_>) -> &'p mut Program {
    encoder.program.get_or_insert_default()
}
