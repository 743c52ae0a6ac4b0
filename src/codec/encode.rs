//! Writes a graph of values. Breadth first: an object gets its id where it is met, and its content is written when its turn comes,
//! so that neither stack grows with the depth of the graph.

use std::cmp::Ordering;
use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;

use mlua::ffi::{self, lua_State};
use mlua::{AnyUserData, Lua};

use super::graph::{Graph, NO_CAPTURE, Node, ROOT, StringCache};
use super::program::Program;
use super::raw;
use super::snapshot::slot;
use super::wire::{self, Kind, VERSION, flag, tag};
use super::{EncodeError, EncodeOptions, Inner, LargeCapture, RUNTIME_CHUNK};

/// Where things are on the stack of the raw section.
pub(super) const KIT: c_int = 1;
/// The objects met, by id, which also keeps them alive. Nil until there is one.
pub(super) const QUEUE: c_int = 2;
/// What the caller passes.
pub(super) const ARGUMENTS: c_int = 3;

/// A queue of at most this many objects serves the next message of a list as well.
const REUSED: usize = 256;

/// Buffers that are kept from one message to the next.
pub(super) struct Scratch {
    pub graph: Graph,
    strings: StringCache,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch { graph: Graph::default(), strings: StringCache::new() }
    }
}

pub(super) struct Encoder<'a> {
    pub l: *mut lua_State,
    pub lua: &'a Lua,
    pub inner: &'a Inner,
    pub options: &'a EncodeOptions<'a>,
    pub out: &'a mut Vec<u8>,
    pub start: usize,
    pub graph: &'a mut Graph,
    strings: &'a mut StringCache,
    /// What functions bring along. `None` until an object is met, as for most messages.
    pub program: Option<Box<Program>>,
    /// The object, or root, that is being written.
    pub current: u32,
    pub capture: u32,
    /// Whether the message has several roots.
    pub several: bool,
    /// The element of a list that the message is.
    pub element: Option<i64>,
    /// The largest capture, if it is above the limit.
    pub largest: Option<LargeCapture>,
}

type Written = Result<(), EncodeError>;

impl<'a> Encoder<'a> {
    pub fn new(
        l: *mut lua_State,
        lua: &'a Lua,
        inner: &'a Inner,
        options: &'a EncodeOptions<'a>,
        out: &'a mut Vec<u8>,
        scratch: &'a mut Scratch,
    ) -> Self {
        Encoder {
            l,
            lua,
            inner,
            options,
            start: out.len(),
            out,
            graph: &mut scratch.graph,
            strings: &mut scratch.strings,
            program: None,
            current: ROOT,
            capture: NO_CAPTURE,
            several: false,
            element: None,
            largest: None,
        }
    }

    /// Starts a message. The roots follow, each with `root`.
    pub fn begin(&mut self, roots: usize) {
        self.strings.next_message();
        self.graph.clear();
        self.start = self.out.len();
        self.several = roots != 1;
        if let Some(program) = &mut self.program {
            program.clear();
        }
        let flags = if self.several { flag::SEVERAL } else { 0 };
        self.out.extend_from_slice(&[VERSION, flags]);
        if self.several {
            wire::put_varint(self.out, roots as u64);
        }
    }

    /// # Safety
    /// The stack is as `KIT` and the rest say, with `index` valid and ten free slots.
    #[inline]
    pub unsafe fn root(&mut self, number: usize, index: c_int) -> Written {
        self.current = ROOT | number as u32;
        self.capture = NO_CAPTURE;
        // SAFETY: as the caller promises.
        unsafe { self.value(index) }
    }

    /// Writes the contents of all objects, and the trailer.
    ///
    /// # Safety
    /// As for `root`.
    #[inline]
    pub unsafe fn finish(&mut self) -> Written {
        if self.graph.nodes.is_empty() && !self.graph.has_code {
            return Ok(());
        }
        // SAFETY: as the caller promises.
        unsafe { self.finish_objects() }
    }

    unsafe fn finish_objects(&mut self) -> Written {
        let mut id = 0;
        // SAFETY: as for `finish`; `id` is below the number of objects, and each step leaves the stack as it was.
        unsafe {
            while (id as usize) < self.graph.nodes.len() {
                let Node { kind, capture, .. } = self.graph.nodes[id as usize];
                self.current = id;
                self.capture = capture;
                let before = self.out.len();
                match kind {
                    Kind::Table | Kind::TableWithMeta => self.table(id)?,
                    Kind::Function | Kind::FunctionWithEnv => self.function(id)?,
                    Kind::Global => self.global(id)?,
                    Kind::Patch => self.patch(id)?,
                    Kind::Handle => {}
                }
                // A function's own upvalues count by themselves.
                if let Some(capture) = self.graph.captures.get_mut(capture as usize) {
                    capture.bytes += self.out.len() - before;
                }
                id += 1;
            }
            self.included_modules()?;
            self.find_largest();
            // The next message of a list may use the table again, unless it keeps too much alive.
            if self.graph.nodes.len() > REUSED {
                ffi::lua_pushnil(self.l);
                ffi::lua_replace(self.l, QUEUE);
            }
        }
        let trailer = self.out.len() - self.start;
        self.put_modules();
        self.graph.put_blobs_and_entries(self.out);
        self.out.extend_from_slice(&(trailer as u64).to_le_bytes());
        self.out[self.start + 1] |= flag::OBJECTS | if self.graph.has_code { flag::CODE } else { 0 };
        if self.graph.has_code {
            self.inner.surroundings.handles.encoded_code(self.lua, &self.out[self.start..]);
        }
        Ok(())
    }

    /// # Safety
    /// There is a value at `index`, and ten free slots.
    #[inline]
    pub unsafe fn value(&mut self, index: c_int) -> Written {
        // SAFETY: each accessor is called on a value of its type.
        unsafe {
            match ffi::lua_type(self.l, index) {
                ffi::LUA_TNUMBER => wire::put_number(self.out, ffi::lua_tonumber(self.l, index)),
                ffi::LUA_TSTRING => self.strings.put(self.out, self.start, raw::string(self.l, index)),
                ffi::LUA_TBOOLEAN => {
                    self.out.push(if ffi::lua_toboolean(self.l, index) != 0 { tag::TRUE } else { tag::FALSE });
                }
                ffi::LUA_TNIL => self.out.push(tag::NIL),
                other => return self.object(index, other),
            }
        }
        Ok(())
    }

    unsafe fn object(&mut self, index: c_int, lua_type: c_int) -> Written {
        // SAFETY: `index` is a value of `lua_type`; what is pushed is popped.
        unsafe {
            let index = ffi::lua_absindex(self.l, index);
            let address = ffi::lua_topointer(self.l, index) as usize;
            if lua_type == ffi::LUA_TCDATA {
                return self.cdata(index, address);
            }
            if let Some(&id) = self.graph.ids.get(&address) {
                self.reference(id);
                return Ok(());
            }
            if let Some(&name) = self.inner.snapshot.permanents.get(&address) {
                self.out.push(tag::PERMANENT);
                wire::put_string(self.out, &self.inner.snapshot.names[name as usize]);
                return Ok(());
            }
            if self.module(index, address)? {
                return Ok(());
            }
            if let Some(name) = self.inner.surroundings.modules.part_name(address) {
                self.out.push(tag::PERMANENT);
                wire::put_string(self.out, name.as_bytes());
                return Ok(());
            }
            let (kind, a, b) = match lua_type {
                ffi::LUA_TTABLE => (Kind::Table, 0, 0),
                ffi::LUA_TFUNCTION if ffi::lua_iscfunction(self.l, index) == 0 && !self.is_runtimes(index) => {
                    (Kind::Function, 0, 0)
                }
                ffi::LUA_TUSERDATA => match self.handle(index)? {
                    Some(blob) => (Kind::Handle, blob, 0),
                    None => return Err(self.refuse(index)),
                },
                _ => return Err(self.refuse(index)),
            };
            let id = self.enqueue(index, kind, a, b);
            self.graph.ids.insert(address, id);
            self.reference(id);
        }
        Ok(())
    }

    /// Whether a Lua function is the runtime's own: an iterator over what only this VM has.
    ///
    /// # Safety
    /// There is a Lua function at `index`.
    unsafe fn is_runtimes(&self, index: c_int) -> bool {
        let mut info = MaybeUninit::<ffi::lua_Debug>::zeroed();
        // SAFETY: the function is pushed, and popped by the VM, which fills in its source: a string.
        unsafe {
            ffi::lua_pushvalue(self.l, index);
            ffi::lua_getinfo(self.l, c">S".as_ptr(), info.as_mut_ptr());
            CStr::from_ptr(info.assume_init_ref().source).to_bytes() == RUNTIME_CHUNK.as_bytes()
        }
    }

    #[inline]
    fn reference(&mut self, id: u32) {
        self.out.push(tag::REF);
        wire::put_varint(self.out, id.into());
    }

    /// Gives the value at `index` its turn.
    ///
    /// # Safety
    /// As for `value`.
    pub unsafe fn enqueue(&mut self, index: c_int, kind: Kind, a: u32, b: u32) -> u32 {
        let id = self.graph.nodes.len() as u32;
        // SAFETY: the queue is nil or a table; ids start at 0 and Lua's lists at 1.
        unsafe {
            ffi::lua_pushvalue(self.l, index);
            if ffi::lua_type(self.l, QUEUE) == ffi::LUA_TNIL {
                ffi::lua_createtable(self.l, 8, 0);
                ffi::lua_replace(self.l, QUEUE);
            }
            ffi::lua_rawseti_(self.l, QUEUE, id as c_int + 1);
        }
        self.graph.nodes.push(Node { parent: self.current, capture: self.capture, kind, a, b });
        id
    }

    /// # Safety
    /// As for `value`; `id` is an object of this message.
    pub unsafe fn push_queued(&mut self, id: u32) {
        // SAFETY: with an object in the message the queue is a table.
        unsafe { ffi::lua_rawgeti_(self.l, QUEUE, id as c_int + 1) }
    }

    unsafe fn table(&mut self, id: u32) -> Written {
        // SAFETY: the queue holds a table under `id`; the stack is balanced on success, and dropped on failure.
        unsafe {
            self.push_queued(id);
            let table = ffi::lua_gettop(self.l);
            let mut kind = Kind::Table;
            if ffi::lua_getmetatable(self.l, table) != 0 {
                kind = Kind::TableWithMeta;
                self.value(-1)?;
                ffi::lua_settop(self.l, table);
            }
            // The array: what iteration gives as 1, 2, 3 …, with small gaps as nils, so that `#` stays what it is.
            let border = ffi::lua_objlen(self.l, table);
            let mut slots = 0;
            let mut gaps = 0;
            let mut pairs = 0u32;
            ffi::lua_pushnil(self.l);
            let mut more = ffi::lua_next(self.l, table) != 0;
            while more && slots < border {
                if ffi::lua_type(self.l, -2) != ffi::LUA_TNUMBER {
                    break;
                }
                let key = ffi::lua_tonumber(self.l, -2);
                if key != (slots + 1) as f64 {
                    let gap = key - (slots + 1) as f64;
                    // Not more nils than there are values: `t[2^20] = 1` alone is a pair.
                    if !(gap > 0.0
                        && gap + gaps as f64 <= slots as f64 + 4.0
                        && key <= border as f64
                        && gap.fract() == 0.0)
                    {
                        break;
                    }
                    gaps += gap as usize;
                    slots += gap as usize;
                    self.out.resize(self.out.len() + gap as usize, tag::NIL);
                }
                slots += 1;
                self.value(-1)?;
                ffi::lua_settop(self.l, table + 1);
                more = ffi::lua_next(self.l, table) != 0;
            }
            let sorted = more && self.graph.has_code && self.sorted_pairs(table, &mut pairs)?;
            while more && !sorted {
                self.value(-2)?;
                self.value(-1)?;
                pairs += 1;
                ffi::lua_settop(self.l, table + 1);
                more = ffi::lua_next(self.l, table) != 0;
            }
            ffi::lua_settop(self.l, table - 1);
            let node = &mut self.graph.nodes[id as usize];
            (node.kind, node.a, node.b) = (kind, slots as u32, pairs);
        }
        Ok(())
    }

    /// Writes the pair on the stack and all that follow in order of their keys, if all keys are strings or numbers. What a function
    /// brings along then has the same bytes from one run of a script to the next, and need not be stored again.
    unsafe fn sorted_pairs(&mut self, table: c_int, pairs: &mut u32) -> Result<bool, EncodeError> {
        const MAX: usize = 4096;
        let mut keys = Vec::new();
        // SAFETY: there is a table at `table`, and a key of it with its value above. The table keeps the keys alive.
        unsafe {
            ffi::lua_pushvalue(self.l, table + 1);
            loop {
                keys.push(match ffi::lua_type(self.l, table + 3) {
                    ffi::LUA_TSTRING => Key::String(raw::string(self.l, table + 3)),
                    ffi::LUA_TNUMBER => Key::Number(ffi::lua_tonumber(self.l, table + 3)),
                    _ => Key::Other,
                });
                if matches!(keys.last(), Some(Key::Other)) || keys.len() > MAX {
                    ffi::lua_settop(self.l, table + 2);
                    return Ok(false);
                }
                ffi::lua_settop(self.l, table + 3);
                if ffi::lua_next(self.l, table) == 0 {
                    break;
                }
            }
            keys.sort_unstable_by(Key::order);
            for key in keys {
                ffi::lua_settop(self.l, table);
                match key {
                    Key::String(key) => raw::push_string(self.l, key),
                    Key::Number(key) => ffi::lua_pushnumber(self.l, key),
                    Key::Other => continue,
                }
                ffi::lua_pushvalue(self.l, -1);
                ffi::lua_rawget_(self.l, table);
                self.value(-2)?;
                self.value(-1)?;
                *pairs += 1;
            }
        }
        Ok(true)
    }

    unsafe fn cdata(&mut self, index: c_int, address: usize) -> Written {
        // SAFETY: `address` is where the cdata's own bytes are, and its type says how many there are.
        unsafe {
            for (at, tag, len) in
                [(slot::INT64, tag::INT64, 8), (slot::UINT64, tag::UINT64, 8), (slot::COMPLEX, tag::COMPLEX, 16)]
            {
                ffi::lua_rawgeti_(self.l, KIT, slot::ISTYPE);
                if ffi::lua_isnil(self.l, -1) != 0 {
                    ffi::lua_pop(self.l, 1);
                    break;
                }
                ffi::lua_rawgeti_(self.l, KIT, at);
                ffi::lua_pushvalue(self.l, index);
                ffi::lua_call(self.l, 2, 1);
                let matches = ffi::lua_toboolean(self.l, -1) != 0;
                ffi::lua_pop(self.l, 1);
                if matches {
                    // The sizes of these types are fixed, and LuaJIT runs on little-endian machines only where this program does.
                    let bytes = std::slice::from_raw_parts(address as *const u8, len);
                    self.out.push(tag);
                    self.out.extend_from_slice(bytes);
                    return Ok(());
                }
            }
            Err(self.refuse(index))
        }
    }

    /// The blob of a handle's saved bytes, if the userdata is one.
    unsafe fn handle(&mut self, index: c_int) -> Result<Option<u32>, EncodeError> {
        let userdata: AnyUserData = {
            // SAFETY: a userdata that is not light is at `index`.
            unsafe {
                ffi::lua_pushvalue(self.l, index);
                ffi::lua_rawseti_(self.l, KIT, slot::PASS);
            }
            let kit = &self.inner.snapshot.kit;
            let userdata = kit.raw_get(slot::PASS)?;
            kit.raw_set(slot::PASS, mlua::Nil)?;
            userdata
        };
        match self.inner.surroundings.handles.save(self.lua, &userdata) {
            None => Ok(None),
            Some(Ok(saved)) => Ok(Some(self.graph.add_blob(&saved))),
            // SAFETY: `index` is still the userdata.
            Some(Err(why)) => Err(unsafe { self.refuse_as(index, why, None) }),
        }
    }
}

/// A key whose place among others does not depend on addresses.
enum Key<'a> {
    Number(f64),
    String(&'a [u8]),
    Other,
}

impl Key<'_> {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Key::Number(a), Key::Number(b)) => a.total_cmp(b),
            (Key::String(a), Key::String(b)) => a.cmp(b),
            (Key::Number(_), _) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }
}
