//! What functions bring along: bytecode, upvalue cells, environments, globals, additions to the VM's tables, modules.

use std::ffi::{CStr, c_int};
use std::rc::Rc;

use mlua::ffi;
use rustc_hash::{FxHashMap, FxHashSet};

use super::bytecode::{self, Mentions};
use super::encode::{Encoder, KIT};
use super::graph::{Capture, NO_CAPTURE, ROOT};
use super::raw::{self, lua_upvalueid};
use super::snapshot::slot;
use super::wire::{self, Kind};
use super::{EncodeError, ModuleSource};

/// A field of a table of the VM that the script added or replaced.
pub(super) struct Patch {
    /// Its place among the watched tables.
    pub table: c_int,
    pub field: Box<[u8]>,
    pub sent: bool,
}

#[derive(Default)]
pub(super) struct Program {
    /// Addresses of what `require` gave, to names in order: a script may have added some. Not the VM's own.
    pub modules: FxHashMap<usize, Vec<Box<str>>>,
    /// What the script changed in the VM's tables. `None`: nobody asked yet.
    pub patches: Option<Vec<Patch>>,
    /// What a function's bytecode mentions, by blob.
    pub mentions: FxHashMap<u32, Rc<Mentions>>,
    pub globals: FxHashSet<Box<[u8]>>,
    /// Blobs whose names were looked for among the globals, and not in an environment of a function's own.
    pub searched: FxHashSet<u32>,
    /// Names that were looked for, and the sources that go along, in order.
    pub looked_for: FxHashSet<Box<str>>,
    pub sources: Vec<(Box<str>, ModuleSource)>,
}

impl Program {
    /// Forgets one message; what is true of the VM stays.
    pub fn clear(&mut self) {
        self.mentions.clear();
        self.globals.clear();
        self.searched.clear();
        self.looked_for.clear();
        self.sources.clear();
        for patch in self.patches.iter_mut().flatten() {
            patch.sent = false;
        }
    }
}

impl Encoder<'_> {
    /// What functions bring along; the modules of the VM are looked up at the first call.
    ///
    /// # Safety
    /// As for `value`.
    pub unsafe fn program(&mut self) -> &mut Program {
        if self.program.is_none() {
            let mut program = Box::<Program>::default();
            // SAFETY: `package.loaded` is a table; the stack is balanced.
            unsafe {
                ffi::lua_rawgeti_(self.l, KIT, slot::LOADED);
                let loaded = ffi::lua_gettop(self.l);
                ffi::lua_pushnil(self.l);
                while ffi::lua_next(self.l, loaded) != 0 {
                    let address = ffi::lua_topointer(self.l, -1) as usize;
                    let is_object =
                        matches!(ffi::lua_type(self.l, -1), ffi::LUA_TTABLE | ffi::LUA_TFUNCTION | ffi::LUA_TUSERDATA);
                    if is_object
                        && ffi::lua_type(self.l, -2) == ffi::LUA_TSTRING
                        && !self.inner.snapshot.permanents.contains_key(&address)
                        && let Ok(name) = std::str::from_utf8(raw::string(self.l, -2))
                    {
                        let names = program.modules.entry(address).or_default();
                        let place = names.partition_point(|known| **known < *name);
                        names.insert(place, name.into());
                    }
                    ffi::lua_settop(self.l, loaded + 1);
                }
                ffi::lua_settop(self.l, loaded - 1);
            }
            self.program = Some(program);
        }
        self.program.get_or_insert_default()
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
                    return Err(mlua::Error::runtime("this VM's bytecode is of an unknown format").into());
                };
                let mentions = Rc::new(mentions);
                self.program().mentions.insert(blob, mentions.clone());
                mentions
            } else {
                self.program().mentions.get(&blob).cloned().unwrap_or_default()
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
            let is_new = !own_environment && self.program().searched.insert(blob);
            if is_new || own_environment || holds_globals {
                self.globals_of(&mentions, own_environment.then_some(environment), holds_globals);
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
                        self.graph.captures.push(Capture { owner: id, upvalue: count as u16, bytes: 0 });
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
    unsafe fn globals_of(&mut self, mentions: &Mentions, environment: Option<c_int>, any_string: bool) {
        let names =
            if any_string || mentions.reaches_globals_indirectly() { &mentions.strings } else { &mentions.globals };
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
                        self.graph.captures.push(Capture { owner: id, upvalue: 0, bytes: 0 });
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
