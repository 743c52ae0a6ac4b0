//! What functions bring along: bytecode, upvalue cells, environments, globals, additions to the VM's tables, modules.

use std::ffi::{CStr, c_int};
use std::rc::Rc;

use mlua::ffi;
use rustc_hash::{FxHashMap, FxHashSet};

use super::bytecode::{self, Mentions};
use super::encode::{Encoder, KIT};
use super::graph::{Capture, NO_CAPTURE, ROOT};
use super::raw::{self, lua_upvalueid};
use super::snapshot::{STRING_META, slot};
use super::wire::{self, Kind, tag};
use super::{EncodeError, Module, ModuleSource};

/// A field of a table of the VM that the script added or replaced.
pub(super) struct Patch {
    /// Its place among the watched tables.
    pub table: c_int,
    pub field: Box<[u8]>,
    sent: bool,
}

#[derive(Default)]
pub(super) struct Program {
    /// Addresses of what `require` gave, to names. Not the VM's own.
    modules: FxHashMap<usize, Box<str>>,
    /// What the script changed in the VM's tables. `None`: nobody asked yet.
    pub patches: Option<Vec<Patch>>,
    /// What a function's bytecode mentions, by blob.
    mentions: FxHashMap<u32, Rc<Mentions>>,
    globals: FxHashSet<Box<[u8]>>,
    /// Names that were looked for, and the sources that go along, in order.
    looked_for: FxHashSet<Box<str>>,
    sources: Vec<(Box<str>, ModuleSource)>,
}

impl Program {
    /// Forgets one message; what is true of the VM stays.
    pub fn clear(&mut self) {
        self.mentions.clear();
        self.globals.clear();
        self.looked_for.clear();
        self.sources.clear();
        for patch in self.patches.iter_mut().flatten() {
            patch.sent = false;
        }
    }
}

impl Encoder<'_> {
    unsafe fn program(&mut self) -> &mut Program {
        if self.program.is_none() {
            let mut program = Box::<Program>::default();
            // SAFETY: `package.loaded` is a table; the stack is balanced.
            unsafe {
                ffi::lua_rawgeti_(self.l, KIT, slot::LOADED);
                let loaded = ffi::lua_gettop(self.l);
                ffi::lua_pushnil(self.l);
                while ffi::lua_next(self.l, loaded) != 0 {
                    let address = ffi::lua_topointer(self.l, -1) as usize;
                    let is_object = matches!(
                        ffi::lua_type(self.l, -1),
                        ffi::LUA_TTABLE | ffi::LUA_TFUNCTION | ffi::LUA_TUSERDATA
                    );
                    if is_object
                        && ffi::lua_type(self.l, -2) == ffi::LUA_TSTRING
                        && !self.inner.snapshot.permanents.contains_key(&address)
                        && let Ok(name) = std::str::from_utf8(raw::string(self.l, -2))
                    {
                        // One table under two names: the smaller, so that the choice does not depend on the order.
                        let known = program
                            .modules
                            .entry(address)
                            .or_insert_with(|| name.into());
                        if name < &**known {
                            *known = name.into();
                        }
                    }
                    ffi::lua_settop(self.l, loaded + 1);
                }
                ffi::lua_settop(self.l, loaded - 1);
            }
            self.program = Some(program);
        }
        self.program.get_or_insert_default()
    }

    /// Writes a reference if the value is a module's.
    ///
    /// # Safety
    /// The value at `index` has this address; five free slots.
    pub unsafe fn module(&mut self, index: c_int, address: usize) -> Result<bool, EncodeError> {
        // SAFETY: as the caller promises.
        let Some(name) = (unsafe { self.program() }).modules.get(&address).cloned() else {
            return Ok(false);
        };
        match self.inner.surroundings.modules.find(self.lua, &name) {
            None => return Ok(false),
            Some(Module::Foreign) => {
                let what = format!("module `{name}`, which a C library made");
                // SAFETY: as the caller promises.
                return Err(unsafe {
                    self.refuse_as(index, what, Some("require it inside the function"))
                });
            }
            Some(Module::Builtin) => {}
            Some(Module::Source(source)) => self.add_source(&name, source),
        }
        self.graph.has_code = true;
        self.out.push(tag::MODULE);
        wire::put_string(self.out, name.as_bytes());
        Ok(true)
    }

    /// # Safety
    /// The queue holds a Lua function under `id`.
    pub unsafe fn function(&mut self, id: u32) -> Result<(), EncodeError> {
        self.graph.has_code = true;
        // SAFETY: the value is a Lua function; the stack is balanced on success, and dropped on failure.
        unsafe {
            self.push_queued(id);
            let function = ffi::lua_gettop(self.l);
            ffi::lua_rawgeti_(self.l, KIT, slot::DUMP);
            ffi::lua_pushvalue(self.l, function);
            ffi::lua_rawgeti_(self.l, KIT, slot::DUMP_OPTION);
            ffi::lua_call(self.l, 2, 1);
            let (blob, first) = self.graph.add_function(raw::string(self.l, -1));
            let mentions = if first {
                let Some(mentions) = bytecode::mentions(self.graph.blob(blob)) else {
                    return Err(
                        mlua::Error::runtime("this VM's bytecode is of an unknown format").into(),
                    );
                };
                let mentions = Rc::new(mentions);
                self.program().mentions.insert(blob, mentions.clone());
                mentions
            } else {
                self.program()
                    .mentions
                    .get(&blob)
                    .cloned()
                    .unwrap_or_default()
            };
            ffi::lua_settop(self.l, function);

            let mut kind = Kind::Function;
            ffi::lua_getfenv(self.l, function);
            ffi::lua_rawgeti_(self.l, KIT, slot::GLOBALS);
            let own_environment = ffi::lua_rawequal(self.l, -1, -2) == 0;
            ffi::lua_pop(self.l, 1);
            if own_environment {
                kind = Kind::FunctionWithEnv;
                self.value(-1)?;
            }
            let environment = function + 1;
            let (upvalues, holds_globals) = self.upvalues(id, function)?;
            if first || own_environment || holds_globals {
                self.globals_of(
                    &mentions,
                    own_environment.then_some(environment),
                    holds_globals,
                );
            }
            if first {
                self.patches_for(&mentions);
                self.modules_beside(&mentions);
            }
            ffi::lua_settop(self.l, function - 1);
            let node = &mut self.graph.nodes[id as usize];
            (node.kind, node.a, node.b) = (kind, blob, upvalues);
        }
        Ok(())
    }

    /// Writes the cells. How many there are, and whether one holds the table of globals.
    unsafe fn upvalues(&mut self, id: u32, function: c_int) -> Result<(u32, bool), EncodeError> {
        let is_root = self.graph.nodes[id as usize].parent >= ROOT && self.capture == NO_CAPTURE;
        let mut count = 0;
        let mut holds_globals = false;
        // SAFETY: there is a Lua function at `function`; an upvalue's number is valid if `lua_getupvalue` gave its name.
        unsafe {
            ffi::lua_rawgeti_(self.l, KIT, slot::GLOBALS);
            let globals = ffi::lua_topointer(self.l, -1);
            ffi::lua_pop(self.l, 1);
            while !ffi::lua_getupvalue(self.l, function, count + 1).is_null() {
                count += 1;
                holds_globals |= ffi::lua_topointer(self.l, -1) == globals;
                let cell = lua_upvalueid(self.l, function, count) as usize;
                let new = self.graph.cells.len() as u32;
                let known = *self.graph.cells.entry(cell).or_insert(new);
                if known != new {
                    wire::put_varint(self.out, u64::from(known) + 1);
                } else {
                    wire::put_varint(self.out, 0);
                    if is_root {
                        self.capture = self.graph.captures.len() as u32;
                        self.graph.captures.push(Capture {
                            owner: id,
                            upvalue: count as u16,
                            bytes: 0,
                        });
                    }
                    let before = self.out.len();
                    self.value(-1)?;
                    if is_root {
                        self.graph.captures[self.capture as usize].bytes += self.out.len() - before;
                        self.capture = NO_CAPTURE;
                    }
                }
                ffi::lua_pop(self.l, 1);
            }
        }
        Ok((count as u32, holds_globals))
    }

    /// Queues the globals that a function uses and that are not the VM's own.
    unsafe fn globals_of(
        &mut self,
        mentions: &Mentions,
        environment: Option<c_int>,
        any_string: bool,
    ) {
        let names = if any_string || mentions.reaches_globals_indirectly() {
            &mentions.strings
        } else {
            &mentions.globals
        };
        // SAFETY: `GLOBALS` and `OLD_GLOBALS` are tables, as is an environment; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            if let Some(environment) = environment {
                // Globals are reached through the environment's metatable or not at all.
                if ffi::lua_getmetatable(self.l, environment) == 0 {
                    return;
                }
            }
            ffi::lua_rawgeti_(self.l, KIT, slot::GLOBALS);
            let now = ffi::lua_gettop(self.l);
            ffi::lua_rawgeti_(self.l, KIT, slot::OLD_GLOBALS);
            let then = now + 1;
            for name in names {
                if self.program().globals.contains(name) {
                    continue;
                }
                if let Some(environment) = environment {
                    raw::raw_field(self.l, environment, name);
                    let shadowed = ffi::lua_isnil(self.l, -1) == 0;
                    ffi::lua_settop(self.l, then);
                    if shadowed {
                        continue;
                    }
                }
                raw::raw_field(self.l, now, name);
                raw::raw_field(self.l, then, name);
                let changed = ffi::lua_rawequal(self.l, -1, -2) == 0;
                ffi::lua_settop(self.l, then);
                if changed {
                    self.program().globals.insert(name.clone());
                    raw::push_string(self.l, name);
                    let id = self.enqueue(-1, Kind::Global, 0, 0);
                    if self.capture == NO_CAPTURE {
                        self.graph.nodes[id as usize].capture = self.graph.captures.len() as u32;
                        self.graph.captures.push(Capture {
                            owner: id,
                            upvalue: 0,
                            bytes: 0,
                        });
                    }
                }
            }
            ffi::lua_settop(self.l, top);
        }
    }

    /// # Safety
    /// The queue holds the name of a global under `id`.
    pub unsafe fn global(&mut self, id: u32) -> Result<(), EncodeError> {
        // SAFETY: `GLOBALS` is a table; the stack is balanced on success.
        unsafe {
            ffi::lua_rawgeti_(self.l, KIT, slot::GLOBALS);
            self.push_queued(id);
            self.value(-1)?;
            ffi::lua_rawget_(self.l, -2);
            self.value(-1)?;
            ffi::lua_pop(self.l, 2);
        }
        Ok(())
    }

    unsafe fn find_patches(&mut self) -> Vec<Patch> {
        let mut patches = Vec::new();
        // SAFETY: the three lists are of length `watched`, the first two of tables; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            for table in 1..=self.inner.snapshot.watched {
                for list in [slot::TABLES, slot::OLD_TABLES] {
                    ffi::lua_rawgeti_(self.l, KIT, list);
                    ffi::lua_rawgeti_(self.l, -1, table);
                    ffi::lua_remove(self.l, -2);
                }
                let (now, then) = (top + 1, top + 2);
                ffi::lua_pushnil(self.l);
                while ffi::lua_next(self.l, now) != 0 {
                    if ffi::lua_type(self.l, -2) == ffi::LUA_TSTRING {
                        ffi::lua_pushvalue(self.l, -2);
                        ffi::lua_rawget_(self.l, then);
                        if ffi::lua_rawequal(self.l, -1, -2) == 0 {
                            patches.push(Patch {
                                table,
                                field: raw::string(self.l, then + 1).into(),
                                sent: false,
                            });
                        }
                    }
                    ffi::lua_settop(self.l, then + 1);
                }
                ffi::lua_settop(self.l, top);
            }
        }
        patches
    }

    /// Queues the additions to the VM's tables whose names a function mentions. Those to the metatable of strings always, since
    /// operators do not mention them.
    unsafe fn patches_for(&mut self, mentions: &Mentions) {
        // SAFETY: `TABLE_NAMES` is a list of `watched` names; the stack is balanced.
        unsafe {
            if self.program().patches.is_none() {
                let patches = self.find_patches();
                self.program().patches = Some(patches);
            }
            let Some(mut patches) = self.program().patches.take() else {
                return;
            };
            for (number, patch) in patches
                .iter_mut()
                .enumerate()
                .filter(|(_, patch)| !patch.sent)
            {
                ffi::lua_rawgeti_(self.l, KIT, slot::TABLE_NAMES);
                ffi::lua_rawgeti_(self.l, -1, patch.table);
                if mentions.strings.contains(&patch.field) || raw::string(self.l, -1) == STRING_META
                {
                    patch.sent = true;
                    ffi::lua_pushinteger(self.l, number as ffi::lua_Integer);
                    self.enqueue(-1, Kind::Patch, 0, 0);
                    ffi::lua_pop(self.l, 1);
                }
                ffi::lua_pop(self.l, 2);
            }
            self.program().patches = Some(patches);
        }
    }

    /// # Safety
    /// The queue holds the number of a patch under `id`.
    pub unsafe fn patch(&mut self, id: u32) -> Result<(), EncodeError> {
        // SAFETY: the lists are as `find_patches` says; the stack is balanced on success.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            self.push_patch(id);
            self.value(-3)?;
            self.value(-2)?;
            self.value(-1)?;
            ffi::lua_settop(self.l, top);
        }
        Ok(())
    }

    /// Pushes the name of the table, the field's name, and its value.
    ///
    /// # Safety
    /// As for `patch`.
    pub unsafe fn push_patch(&mut self, id: u32) {
        // SAFETY: as for `patch`.
        unsafe {
            self.push_queued(id);
            let number = ffi::lua_tonumber(self.l, -1) as usize;
            let patches = self.program().patches.as_ref();
            let (table, field) = patches
                .and_then(|all| all.get(number))
                .map_or((1, Box::default()), |patch| {
                    (patch.table, patch.field.clone())
                });
            ffi::lua_pop(self.l, 1);
            ffi::lua_rawgeti_(self.l, KIT, slot::TABLE_NAMES);
            ffi::lua_rawgeti_(self.l, -1, table);
            ffi::lua_remove(self.l, -2);
            raw::push_string(self.l, &field);
            ffi::lua_rawgeti_(self.l, KIT, slot::TABLES);
            ffi::lua_rawgeti_(self.l, -1, table);
            raw::raw_field(self.l, ffi::lua_gettop(self.l), &field);
            ffi::lua_replace(self.l, -3);
            ffi::lua_pop(self.l, 1);
        }
    }

    fn modules_beside(&mut self, mentions: &Mentions) {
        for name in &mentions.beside_require {
            if let Ok(name) = std::str::from_utf8(name) {
                self.look_for(name);
            }
        }
    }

    /// Adds what the caller asked for by name.
    pub fn included_modules(&mut self) {
        if self.graph.has_code {
            for name in self.options.include_modules {
                self.look_for(name);
            }
        }
    }

    /// Adds the source of a module that a function may require.
    fn look_for(&mut self, name: &str) {
        let plausible = !name.is_empty()
            && name.len() <= 200
            && !name.contains(|c: char| c.is_whitespace() || c.is_control());
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
            let excluded = self
                .options
                .exclude_modules
                .iter()
                .any(|other| **other == *name);
            if !self.options.modules
                || !program_of(self).looked_for.insert(name.clone())
                || excluded
            {
                continue;
            }
            for required in self.requires_of(&name, &source).iter() {
                if !program_of(self).looked_for.contains(required)
                    && let Some(Module::Source(source)) =
                        self.inner.surroundings.modules.find(self.lua, required)
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
            text = &text[text
                .iter()
                .position(|&byte| byte == b'\n')
                .unwrap_or(text.len())..];
        }
        let mut requires = Vec::new();
        // SAFETY: the buffer is valid for its length; `DUMP` is a function; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            if text.first() != Some(&0x1b)
                && ffi::luaL_loadbufferx(
                    self.l,
                    text.as_ptr().cast(),
                    text.len(),
                    c"=module".as_ptr(),
                    c"t".as_ptr(),
                ) == ffi::LUA_OK
            {
                ffi::lua_rawgeti_(self.l, KIT, slot::DUMP);
                ffi::lua_insert(self.l, -2);
                ffi::lua_call(self.l, 1, 1);
                if let Some(mentions) = bytecode::mentions(raw::string(self.l, -1)) {
                    requires.extend(
                        mentions
                            .beside_require
                            .iter()
                            .filter_map(|name| Some(std::str::from_utf8(name).ok()?.into())),
                    );
                }
            }
            ffi::lua_settop(self.l, top);
        }
        let requires: Rc<[Box<str>]> = requires.into();
        self.inner
            .requires
            .borrow_mut()
            .insert(name.into(), (module.source.clone(), requires.clone()));
        requires
    }

    pub fn put_modules(&mut self) {
        let sources = self
            .program
            .as_ref()
            .map(|program| program.sources.as_slice())
            .unwrap_or_default();
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

/// The bytes of a C string from the VM.
///
/// # Safety
/// `text` is null or a C string that lives for `'a`.
pub(super) unsafe fn c_string<'a>(text: *const std::ffi::c_char) -> &'a [u8] {
    if text.is_null() {
        return b"";
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text).to_bytes() }
}
