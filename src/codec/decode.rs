//! Rebuilds a graph of values. Nothing in a message is believed: every offset, count, tag and id is checked, and memory stays in
//! proportion to the message. Bytecode alone cannot be checked, which is why it takes a `Trust::Verified`.

use std::ffi::c_int;

use mlua::ffi::{self, lua_State};
use mlua::{Lua, Value};

use super::program::c_string;
use super::raw::{self, lua_upvaluejoin};
use super::snapshot::slot;
use super::wire::{Kind, Reader, VERSION, flag, tag};
use super::{DecodeError, DecodeOptions, Globals, Inner, Trust};

/// Where things are on the stack of the raw section.
pub(super) const KIT: c_int = 1;
/// The objects made, by id. Nil until there is one.
pub(super) const OBJECTS: c_int = 2;

#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub kind: Kind,
    pub a: u32,
    pub b: u32,
    /// Whether `OBJECTS` holds it. Under an id that is not made, there may be an object of an earlier message.
    pub made: bool,
}

pub(super) struct Decoder<'a, 'm> {
    pub l: *mut lua_State,
    lua: &'a Lua,
    pub inner: &'a Inner,
    options: DecodeOptions,
    /// What comes before the trailer.
    pub body: Reader<'m>,
    pub entries: Vec<Entry>,
    pub blobs: Vec<&'m [u8]>,
    /// Each cell's first owner: a function and the number of its upvalue.
    pub cells: Vec<(u32, u8)>,
}

pub(super) type Read<T = ()> = Result<T, DecodeError>;

impl<'a, 'm> Decoder<'a, 'm> {
    pub fn new(l: *mut lua_State, lua: &'a Lua, inner: &'a Inner, options: DecodeOptions) -> Self {
        let (entries, blobs, cells) = (Vec::new(), Vec::new(), Vec::new());
        Decoder { l, lua, inner, options, body: Reader::new(&[], 0), entries, blobs, cells }
    }

    /// Reads the head of a message. Gives the number of its roots.
    ///
    /// # Safety
    /// The stack is as `KIT` and the rest say.
    #[inline]
    pub unsafe fn begin(&mut self, message: &'m [u8]) -> Read<usize> {
        self.entries.clear();
        self.body = Reader::new(message, 0);
        match self.body.byte()? {
            VERSION => {}
            other => return Err(DecodeError::Version(other)),
        }
        let flags = self.body.byte()?;
        if flags & !flag::ALL != 0 {
            self.body.bad("has an unknown flag")?;
        }
        if flags & flag::CODE != 0 && matches!(self.options.trust, Trust::Untrusted) {
            return Err(DecodeError::Untrusted);
        }
        if flags & flag::OBJECTS != 0 {
            // SAFETY: as the caller promises.
            unsafe { self.trailer(message, flags)? };
        } else if flags & flag::CODE != 0 {
            self.body.bad("has code but no objects")?;
        }
        Ok(if flags & flag::SEVERAL != 0 { self.body.count()? } else { 1 })
    }

    /// Reads the contents of all objects. The roots have been read.
    ///
    /// # Safety
    /// As for `begin`.
    #[inline]
    pub unsafe fn finish(&mut self) -> Read {
        for id in 0..self.entries.len() as u32 {
            // SAFETY: as the caller promises.
            unsafe { self.content(id)? };
        }
        if self.body.remaining() > 0 {
            self.body.bad("has something after its end")?;
        }
        Ok(())
    }

    /// Reads a value, and pushes it.
    ///
    /// # Safety
    /// As for `begin`, with ten free slots.
    #[inline]
    pub unsafe fn value(&mut self) -> Read {
        // SAFETY: pushing needs only free slots.
        unsafe {
            match self.body.byte()? {
                tag::NIL => ffi::lua_pushnil(self.l),
                tag::FALSE => ffi::lua_pushboolean(self.l, 0),
                tag::TRUE => ffi::lua_pushboolean(self.l, 1),
                small @ tag::SMALL..=tag::SMALL_LAST => {
                    ffi::lua_pushnumber(self.l, (i64::from(small - tag::SMALL) + tag::SMALL_MIN) as f64);
                }
                tag::INTEGER => ffi::lua_pushnumber(self.l, self.body.integer()? as f64),
                tag::FLOAT => ffi::lua_pushnumber(self.l, f64::from_le_bytes(self.body.array()?)),
                string @ (tag::STRING | tag::AGAIN | tag::SHORT..) => {
                    raw::push_string(self.l, self.body.string(string)?);
                }
                tag::REF => {
                    let id = self.body.varint()?;
                    return self.reference(id);
                }
                tag::PERMANENT => {
                    let name = self.string()?;
                    self.push_permanent(name)?;
                }
                tag::MODULE => {
                    let name = self.string()?;
                    if matches!(self.options.trust, Trust::Untrusted) {
                        return Err(DecodeError::Untrusted);
                    }
                    ffi::lua_rawgeti_(self.l, KIT, slot::REQUIRE);
                    raw::push_string(self.l, name);
                    ffi::lua_call(self.l, 1, 1);
                }
                tag::INT64 => self.cdata(slot::INT64, 8)?,
                tag::UINT64 => self.cdata(slot::UINT64, 8)?,
                tag::COMPLEX => self.cdata(slot::COMPLEX, 16)?,
                _ => return Ok(self.body.bad("has an unknown tag")?),
            }
        }
        Ok(())
    }

    fn string(&mut self) -> Read<&'m [u8]> {
        let first = self.body.byte()?;
        Ok(self.body.string(first)?)
    }

    unsafe fn push_permanent(&mut self, name: &[u8]) -> Read {
        // SAFETY: `BY_NAME` is a table.
        unsafe {
            ffi::lua_rawgeti_(self.l, KIT, slot::BY_NAME);
            raw::push_string(self.l, name);
            ffi::lua_rawget_(self.l, -2);
            ffi::lua_remove(self.l, -2);
            if ffi::lua_isnil(self.l, -1) != 0 {
                ffi::lua_pop(self.l, 1);
                let name = String::from_utf8_lossy(name);
                let Some(part) = self.inner.surroundings.modules.part(self.lua, &name)? else {
                    return Err(DecodeError::Unknown(name.into_owned()));
                };
                self.push(part)?;
            }
        }
        Ok(())
    }

    /// Pushes a value of `mlua`'s.
    ///
    /// # Safety
    /// As for `begin`, with a free slot.
    unsafe fn push(&mut self, value: Value) -> Read {
        let kit = &self.inner.snapshot.kit;
        kit.raw_set(slot::PASS, value)?;
        // SAFETY: the kit is a table.
        unsafe { ffi::lua_rawgeti_(self.l, KIT, slot::PASS) };
        kit.raw_set(slot::PASS, Value::Nil)?;
        Ok(())
    }

    unsafe fn cdata(&mut self, ctype: c_int, len: usize) -> Read {
        let bytes = self.body.take(len)?;
        // SAFETY: the ctype makes a new cdata of `len` bytes, whose address `lua_topointer` gives.
        unsafe {
            ffi::lua_rawgeti_(self.l, KIT, ctype);
            if ffi::lua_isnil(self.l, -1) != 0 {
                return Err(DecodeError::Unknown("ffi".into()));
            }
            ffi::lua_pushnumber(self.l, 0.0);
            ffi::lua_call(self.l, 1, 1);
            let address = ffi::lua_topointer(self.l, -1).cast_mut().cast::<u8>();
            address.copy_from_nonoverlapping(bytes.as_ptr(), len);
        }
        Ok(())
    }

    /// Pushes an object, which is made if this is the first time that it is met.
    unsafe fn reference(&mut self, id: u64) -> Read {
        let Some(entry) = usize::try_from(id).ok().and_then(|id| self.entries.get_mut(id)) else {
            return Ok(self.body.bad("refers to an object that is not there")?);
        };
        let Entry { kind, a, b, made } = *entry;
        entry.made = true;
        // SAFETY: there are entries, so `OBJECTS` is a table. Sizes were checked in `trailer`, blobs too.
        unsafe {
            if made {
                ffi::lua_rawgeti_(self.l, OBJECTS, id as c_int + 1);
                return Ok(());
            }
            match kind {
                Kind::Table | Kind::TableWithMeta => ffi::lua_createtable(self.l, a as c_int, b as c_int),
                Kind::Function | Kind::FunctionWithEnv => self.load(a, b)?,
                Kind::Handle => self.restore(a)?,
                Kind::Global | Kind::Patch => {
                    return Ok(self.body.bad("uses a global as a value")?);
                }
            }
            ffi::lua_pushvalue(self.l, -1);
            ffi::lua_rawseti_(self.l, OBJECTS, id as c_int + 1);
        }
        Ok(())
    }

    unsafe fn load(&mut self, blob: u32, upvalues: u32) -> Read {
        if matches!(self.options.trust, Trust::Untrusted) {
            return Err(DecodeError::Untrusted);
        }
        let bytecode = self.blobs[blob as usize];
        // SAFETY: the bytes come from whom the caller trusts, and are valid for their length.
        unsafe {
            let (start, len) = (bytecode.as_ptr().cast(), bytecode.len());
            if ffi::luaL_loadbufferx(self.l, start, len, c"=message".as_ptr(), c"b".as_ptr()) != ffi::LUA_OK {
                let why = c_string(ffi::lua_tostring(self.l, -1));
                return Err(mlua::Error::runtime(String::from_utf8_lossy(why)).into());
            }
            let mut info = std::mem::MaybeUninit::<ffi::lua_Debug>::zeroed();
            ffi::lua_pushvalue(self.l, -1);
            ffi::lua_getinfo(self.l, c">u".as_ptr(), info.as_mut_ptr());
            if info.assume_init_ref().nups as u32 != upvalues {
                self.body.bad("has a function with another number of upvalues")?;
            }
        }
        Ok(())
    }

    unsafe fn restore(&mut self, blob: u32) -> Read {
        let handle = self.inner.surroundings.handles.restore(self.lua, self.blobs[blob as usize])?;
        if handle.is_nil() {
            self.body.bad("has a handle that is nothing")?;
        }
        // SAFETY: as the caller promises.
        unsafe { self.push(handle) }
    }

    unsafe fn content(&mut self, id: u32) -> Read {
        let Entry { kind, a, b, .. } = self.entries[id as usize];
        // SAFETY: the stack is as in `begin`, and is balanced on success.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            match kind {
                Kind::Table | Kind::TableWithMeta => {
                    self.reference(id.into())?;
                    if kind == Kind::TableWithMeta {
                        self.value()?;
                        if ffi::lua_type(self.l, -1) != ffi::LUA_TTABLE {
                            self.body.bad("has a metatable that is no table")?;
                        }
                        ffi::lua_setmetatable(self.l, top + 1);
                    }
                    self.table(top + 1, a, b)?;
                }
                Kind::Function | Kind::FunctionWithEnv => {
                    self.reference(id.into())?;
                    if kind == Kind::FunctionWithEnv {
                        self.value()?;
                        if ffi::lua_type(self.l, -1) != ffi::LUA_TTABLE {
                            self.body.bad("has an environment that is no table")?;
                        }
                        ffi::lua_setfenv(self.l, top + 1);
                    }
                    self.upvalues(id, top + 1, b)?;
                }
                Kind::Global => {
                    ffi::lua_rawgeti_(self.l, KIT, slot::GLOBALS);
                    self.field(top + 1)?;
                }
                Kind::Patch => {
                    let name = self.string()?;
                    self.push_permanent(name)?;
                    if ffi::lua_type(self.l, -1) != ffi::LUA_TTABLE {
                        self.body.bad("adds a field to what is no table")?;
                    }
                    self.field(top + 1)?;
                }
                Kind::Handle => {}
            }
            ffi::lua_settop(self.l, top);
        }
        Ok(())
    }

    unsafe fn table(&mut self, table: c_int, slots: u32, pairs: u32) -> Read {
        // SAFETY: there is a table at `table`; keys are neither nil nor NaN when they are set.
        unsafe {
            for slot in 1..=slots {
                self.value()?;
                ffi::lua_rawseti_(self.l, table, slot as c_int);
            }
            for _ in 0..pairs {
                self.value()?;
                let is_key = match ffi::lua_type(self.l, -1) {
                    ffi::LUA_TNIL => false,
                    ffi::LUA_TNUMBER => !ffi::lua_tonumber(self.l, -1).is_nan(),
                    _ => true,
                };
                if !is_key {
                    self.body.bad("has nil or NaN as a key")?;
                }
                self.value()?;
                ffi::lua_rawset(self.l, table);
            }
        }
        Ok(())
    }

    unsafe fn upvalues(&mut self, id: u32, function: c_int, count: u32) -> Read {
        // SAFETY: there is a function at `function` with `count` upvalues, as `load` checked; so has every earlier owner of a cell.
        unsafe {
            for number in 1..=count as c_int {
                let cell = self.body.varint()?;
                if cell == 0 {
                    self.cells.push((id, number as u8));
                    self.value()?;
                    if ffi::lua_setupvalue(self.l, function, number).is_null() {
                        self.body.bad("has a function with another number of upvalues")?;
                    }
                } else {
                    let Some(&(owner, upvalue)) = usize::try_from(cell - 1).ok().and_then(|cell| self.cells.get(cell))
                    else {
                        return Ok(self.body.bad("refers to a cell that does not come before")?);
                    };
                    self.reference(owner.into())?;
                    lua_upvaluejoin(self.l, function, number, -1, upvalue.into());
                    ffi::lua_pop(self.l, 1);
                }
            }
        }
        Ok(())
    }

    /// Reads a name and a value, and sets that field of a table of the VM.
    unsafe fn field(&mut self, table: c_int) -> Read {
        // SAFETY: there is a table at `table`; the name is a string.
        unsafe {
            let name = self.string()?;
            raw::push_string(self.l, name);
            self.value()?;
            if self.options.globals == Globals::IfAbsent {
                raw::raw_field(self.l, table, name);
                if ffi::lua_isnil(self.l, -1) == 0 {
                    return Ok(());
                }
                ffi::lua_pop(self.l, 1);
            }
            ffi::lua_rawset(self.l, table);
        }
        Ok(())
    }
}
