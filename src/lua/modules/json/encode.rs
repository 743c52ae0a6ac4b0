//! Values to text. Metamethods are not called.

use std::ffi::{CStr, c_int, c_void};

use mlua::ffi::{self, lua_State};
use mlua::{IntoLuaMulti, Lua, Table, Value};

use super::refusal::{Refusal, Step};
use super::shape::{Shape, shape};
use super::string::put_string;
use super::{Kit, MAX_DEPTH, place, slot};
use crate::codec::raw;
use crate::lua::bind::Raise;
use crate::lua::modules::number::put_number;
use crate::lua::options::Options;

/// How text is to look.
#[derive(Clone, Copy)]
pub(super) struct EncodeSettings {
    /// Spaces a level; `None`: all in one line.
    indent: Option<usize>,
    sort_keys: bool,
    function: &'static str,
}

impl EncodeSettings {
    pub fn read(options: Option<Table>, known: &[&str], function: &'static str) -> Result<Self, Raise> {
        const MAX_INDENT: u64 = 64;
        let options = Options::new(options, known, function)?;
        let indent = options.count("indent")?;
        if let Some(too_wide) = indent.filter(|&indent| indent > MAX_INDENT) {
            return Err(options.refuse("indent", "64 spaces at most", &Value::Number(too_wide as f64)));
        }
        let sort_keys = options.boolean("sort_keys")?.unwrap_or(false);
        Ok(EncodeSettings { indent: indent.map(|indent| indent as usize), sort_keys, function })
    }
}

/// A value as text.
pub(super) fn encode(lua: &Lua, kit: &Kit, value: Value, settings: EncodeSettings) -> Result<Vec<u8>, Raise> {
    // SAFETY: the value is on top, and nothing else is asked for.
    run(lua, (&kit.0, value), settings, |encoder| unsafe { encoder.value(place::ARRAY + 1) })
}

/// The elements of a list, each in a line of its own.
pub(super) fn encode_lines(lua: &Lua, kit: &Kit, list: Table, settings: EncodeSettings) -> Result<Vec<u8>, Raise> {
    // SAFETY: the list is on top, and nothing else is asked for.
    run(lua, (&kit.0, list), settings, |encoder| unsafe { encoder.lines(place::ARRAY + 1) })
}

/// Runs `write` with the value of `args` behind what `place` says.
fn run(
    lua: &Lua,
    args: impl IntoLuaMulti,
    settings: EncodeSettings,
    write: impl FnOnce(&mut Encoder<'_>) -> Written,
) -> Result<Vec<u8>, Raise> {
    let mut out = Vec::new();
    let mut outcome = Ok(());
    let (out_slot, outcome_slot) = (&mut out, &mut outcome);
    // SAFETY: the closure finds the kit and the value on the stack, and leaves nothing. What it owns is dropped when the VM's
    // errors unwind.
    unsafe {
        lua.exec_raw::<()>(args, move |l| {
            ffi::luaL_checkstack(l, 20, std::ptr::null());
            ffi::lua_rawgeti_(l, place::KIT, slot::NULL);
            ffi::lua_insert(l, place::NULL);
            ffi::lua_rawgeti_(l, place::KIT, slot::ARRAY);
            ffi::lua_insert(l, place::ARRAY);
            let mut encoder = Encoder { l, out: out_slot, settings, ancestors: Vec::new() };
            *outcome_slot = write(&mut encoder);
            ffi::lua_settop(l, 0);
        })?;
    }
    match outcome {
        Ok(()) => Ok(out),
        Err(refusal) => Err(Raise::Message(refusal.describe(settings.function))),
    }
}

struct Encoder<'o> {
    l: *mut lua_State,
    out: &'o mut Vec<u8>,
    settings: EncodeSettings,
    /// The tables around what is being written.
    ancestors: Vec<*const c_void>,
}

type Written = Result<(), Box<Refusal>>;

impl Encoder<'_> {
    /// Writes the value at `index`, an absolute one.
    ///
    /// # Safety
    /// The stack is as `place` says, with ten free slots; it is balanced on success.
    #[inline]
    unsafe fn value(&mut self, index: c_int) -> Written {
        let l = self.l;
        // SAFETY: each accessor is called on a value of its type.
        unsafe {
            match ffi::lua_type(l, index) {
                ffi::LUA_TSTRING => self.string(raw::string(l, index)),
                ffi::LUA_TNUMBER => self.number(ffi::lua_tonumber(l, index)),
                ffi::LUA_TBOOLEAN => {
                    let text: &[u8] = if ffi::lua_toboolean(l, index) != 0 { b"true" } else { b"false" };
                    self.out.extend_from_slice(text);
                    Ok(())
                }
                ffi::LUA_TTABLE => self.table(index),
                ffi::LUA_TNIL => {
                    self.out.extend_from_slice(b"null");
                    Ok(())
                }
                other => self.other(index, other),
            }
        }
    }

    #[inline]
    fn string(&mut self, text: &[u8]) -> Written {
        put_string(self.out, text).map_err(|at| {
            Refusal::new(format!("a string is not valid UTF-8 from its byte {} on, which JSON must be", at + 1))
        })
    }

    #[inline]
    fn number(&mut self, number: f64) -> Written {
        if !number.is_finite() {
            let what = if number.is_nan() { "NaN" } else { "an infinite number" };
            return Err(Refusal::new(format!("{what} cannot be JSON")));
        }
        put_number(self.out, number);
        Ok(())
    }

    /// A value that is null, a 64-bit number, or refused.
    #[cold]
    unsafe fn other(&mut self, index: c_int, lua_type: c_int) -> Written {
        let l = self.l;
        // SAFETY: as for `value`. The ctype says that the cdata has 8 bytes, and `lua_topointer` gives their address.
        unsafe {
            if ffi::lua_rawequal(l, index, place::NULL) != 0 {
                self.out.extend_from_slice(b"null");
                return Ok(());
            }
            if lua_type == ffi::LUA_TCDATA {
                let bytes = || *ffi::lua_topointer(l, index).cast::<[u8; 8]>();
                if self.is_of(index, slot::INT64) {
                    self.out.extend_from_slice(itoa::Buffer::new().format(i64::from_le_bytes(bytes())).as_bytes());
                    return Ok(());
                }
                if self.is_of(index, slot::UINT64) {
                    self.out.extend_from_slice(itoa::Buffer::new().format(u64::from_le_bytes(bytes())).as_bytes());
                    return Ok(());
                }
            }
            let name = CStr::from_ptr(ffi::lua_typename(l, lua_type)).to_string_lossy();
            Err(Refusal::new(format!("a {name} cannot be JSON")))
        }
    }

    /// Whether the cdata at `index` is of a type of the kit's.
    unsafe fn is_of(&mut self, index: c_int, ctype: c_int) -> bool {
        let l = self.l;
        // SAFETY: as for `value`; `istype` takes any two values.
        unsafe {
            ffi::lua_rawgeti_(l, place::KIT, slot::IS_TYPE);
            if ffi::lua_isnil(l, -1) != 0 {
                ffi::lua_pop(l, 1);
                return false;
            }
            ffi::lua_rawgeti_(l, place::KIT, ctype);
            ffi::lua_pushvalue(l, index);
            ffi::lua_call(l, 2, 1);
            let is_of = ffi::lua_toboolean(l, -1) != 0;
            ffi::lua_pop(l, 1);
            is_of
        }
    }

    unsafe fn table(&mut self, table: c_int) -> Written {
        let l = self.l;
        // SAFETY: as for `value`; `checkstack` makes room for what is pushed.
        unsafe {
            let address = ffi::lua_topointer(l, table);
            if self.ancestors.contains(&address) {
                return Err(Refusal::new("a table contains itself"));
            }
            if self.ancestors.len() >= MAX_DEPTH || ffi::lua_checkstack(l, 20) == 0 {
                return Err(Refusal::new("tables nest more than 1000 deep"));
            }
            self.ancestors.push(address);
            let top = ffi::lua_gettop(l);
            self.contents(table)?;
            ffi::lua_settop(l, top);
            self.ancestors.pop();
        }
        Ok(())
    }

    unsafe fn contents(&mut self, table: c_int) -> Written {
        let l = self.l;
        // SAFETY: as for `value`. A key is at `key`, and its value above.
        unsafe {
            let key = ffi::lua_gettop(l) + 1;
            let is_marked = ffi::lua_getmetatable(l, table) != 0 && ffi::lua_rawequal(l, -1, place::ARRAY) != 0;
            ffi::lua_settop(l, key - 1);
            ffi::lua_pushnil(l);
            if ffi::lua_next(l, table) == 0 {
                self.out.extend_from_slice(if is_marked { b"[]" } else { b"{}" });
                return Ok(());
            }
            if ffi::lua_type(l, key) == ffi::LUA_TNUMBER {
                return self.array(table, key, is_marked);
            }
            let start = self.out.len();
            if !is_marked && !self.settings.sort_keys && self.object(table, key)? {
                return Ok(());
            }
            // Not only names, or in which order is not told yet.
            self.out.truncate(start);
            ffi::lua_settop(l, key - 1);
            match shape(l, table, is_marked)? {
                Shape::Object => self.sorted_object(table),
                Shape::Array { .. } => {
                    ffi::lua_settop(l, key + 1);
                    self.array(table, key, is_marked)
                }
            }
        }
    }

    /// Writes the table as an array as far as its keys come as 1, 2, 3 …, and then by its length, if it is an array.
    unsafe fn array(&mut self, table: c_int, key: c_int, is_marked: bool) -> Written {
        let l = self.l;
        // SAFETY: as for `contents`.
        unsafe {
            self.out.push(b'[');
            let mut count = 0;
            let mut more = true;
            while more && ffi::lua_type(l, key) == ffi::LUA_TNUMBER && ffi::lua_tonumber(l, key) == (count + 1) as f64 {
                count += 1;
                self.element(count, key + 1)?;
                ffi::lua_settop(l, key);
                more = ffi::lua_next(l, table) != 0;
            }
            if more {
                ffi::lua_settop(l, key - 1);
                let Shape::Array { length } = shape(l, table, is_marked)? else {
                    return Err(Refusal::new("a table has both names and numbers as keys"));
                };
                for place in count + 1..=length {
                    ffi::lua_rawgeti_(l, table, place as c_int);
                    self.element(place, key)?;
                    ffi::lua_settop(l, key - 1);
                }
                count = length;
            }
            self.end(b']', count == 0);
        }
        Ok(())
    }

    #[inline]
    unsafe fn element(&mut self, place: usize, index: c_int) -> Written {
        self.separate(place == 1);
        // SAFETY: as for `value`.
        unsafe { self.value(index).map_err(|refusal| refusal.within(Step::Index(place))) }
    }

    /// Writes the table as an object. False if a key is no string.
    unsafe fn object(&mut self, table: c_int, key: c_int) -> Result<bool, Box<Refusal>> {
        let l = self.l;
        // SAFETY: as for `contents`.
        unsafe {
            self.out.push(b'{');
            let mut is_first = true;
            loop {
                if ffi::lua_type(l, key) != ffi::LUA_TSTRING {
                    return Ok(false);
                }
                self.field(is_first, raw::string(l, key), key + 1)?;
                is_first = false;
                ffi::lua_settop(l, key);
                if ffi::lua_next(l, table) == 0 {
                    break;
                }
            }
            self.end(b'}', false);
        }
        Ok(true)
    }

    /// The same in order of the keys, all of which are strings.
    unsafe fn sorted_object(&mut self, table: c_int) -> Written {
        let l = self.l;
        // SAFETY: as for `contents`. The table keeps its keys alive, and `shape` saw that they are strings.
        unsafe {
            let key = ffi::lua_gettop(l) + 1;
            let mut names = Vec::new();
            ffi::lua_pushnil(l);
            while ffi::lua_next(l, table) != 0 {
                names.push(raw::string(l, key));
                ffi::lua_settop(l, key);
            }
            names.sort_unstable();
            self.out.push(b'{');
            for (place, name) in names.into_iter().enumerate() {
                raw::raw_field(l, table, name);
                self.field(place == 0, name, key)?;
                ffi::lua_settop(l, key - 1);
            }
            self.end(b'}', false);
        }
        Ok(())
    }

    #[inline]
    unsafe fn field(&mut self, is_first: bool, name: &[u8], index: c_int) -> Written {
        self.separate(is_first);
        let step = |refusal: Box<Refusal>| refusal.within(Step::Field(String::from_utf8_lossy(name).into_owned()));
        self.string(name).map_err(step)?;
        self.out.push(b':');
        if self.settings.indent.is_some() {
            self.out.push(b' ');
        }
        // SAFETY: as for `value`.
        unsafe { self.value(index).map_err(step) }
    }

    /// Begins an element of the innermost table.
    #[inline]
    fn separate(&mut self, is_first: bool) {
        if !is_first {
            self.out.push(b',');
        }
        if self.settings.indent.is_some() {
            self.new_line(self.ancestors.len());
        }
    }

    /// Ends the innermost table.
    #[inline]
    fn end(&mut self, bracket: u8, is_empty: bool) {
        if self.settings.indent.is_some() && !is_empty {
            self.new_line(self.ancestors.len() - 1);
        }
        self.out.push(bracket);
    }

    #[cold]
    fn new_line(&mut self, depth: usize) {
        self.out.push(b'\n');
        let spaces = self.settings.indent.unwrap_or(0) * depth;
        self.out.resize(self.out.len() + spaces, b' ');
    }

    /// Writes the elements of the list at `list`, each in a line.
    unsafe fn lines(&mut self, list: c_int) -> Written {
        let l = self.l;
        // SAFETY: as for `value`; there is a table at `list`.
        unsafe {
            let top = ffi::lua_gettop(l);
            let Shape::Array { length } = shape(l, list, true)? else {
                return Err(Refusal::new("a table has names as keys"));
            };
            for place in 1..=length {
                ffi::lua_rawgeti_(l, list, place as c_int);
                self.value(top + 1).map_err(|refusal| refusal.within(Step::Index(place)))?;
                self.out.push(b'\n');
                ffi::lua_settop(l, top);
            }
        }
        Ok(())
    }
}
