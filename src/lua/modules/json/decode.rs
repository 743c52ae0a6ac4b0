//! Text to values, which are built on the Lua stack as they are read.

use std::ffi::c_int;

use jiter::{Jiter, JiterErrorType, JsonErrorType, NumberAny, NumberInt, Peek};
use mlua::ffi::{self, lua_State};
use mlua::{Lua, Value};

use super::failure::Failure;
use super::{Kit, MAX_DEPTH, place, slot};
use crate::codec::raw::{self, CollectorPause};
use crate::lua::modules::number;
use crate::lua::modules::recent::RecentStrings;

/// What becomes of a number that fits neither 64 bits nor a double.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BigNumbers {
    Refused,
    /// Its digits.
    String,
    /// The nearest double, which may be infinite.
    Double,
}

/// Up to here doubles tell whole numbers apart.
const MAX_EXACT: i64 = number::MAX_EXACT as i64;

/// Places in a document, roughly: see [`Decoder::sizes`].
const SITES: usize = 64;
/// A table is made with room for as many elements at most.
const MAX_EXPECTED: usize = 64;

struct Decoder<'j> {
    l: *mut lua_State,
    json: Jiter<'j>,
    big_numbers: BigNumbers,
    /// How many elements the last table had that was found under a key like this one. Records resemble each other, and a table
    /// that is made with the right size is filled twice as fast as one that grows.
    sizes: [u8; SITES],
    strings: RecentStrings,
}

type Read<T = ()> = Result<T, Box<Failure>>;

/// The value of a text.
pub(super) fn decode(lua: &Lua, kit: &Kit, text: &[u8], big_numbers: BigNumbers) -> mlua::Result<Read<Value>> {
    let mut outcome = Ok(());
    let outcome_slot = &mut outcome;
    // SAFETY: the closure finds the kit alone on the stack. What it owns is dropped when the VM's errors unwind. It leaves the value
    // on success, and nothing on failure.
    let value = unsafe {
        lua.exec_raw::<Value>(&kit.0, move |l| {
            ffi::luaL_checkstack(l, 10, std::ptr::null());
            ffi::lua_rawgeti_(l, place::KIT, slot::NULL);
            ffi::lua_rawgeti_(l, place::KIT, slot::ARRAY);
            let _pause = CollectorPause::for_message(l, text.len());
            let strings = RecentStrings::new(l, text.len());
            let mut decoder = Decoder { l, json: Jiter::new(text), big_numbers, sizes: [0; SITES], strings };
            *outcome_slot = decoder.document();
            if outcome_slot.is_ok() {
                ffi::lua_replace(l, place::KIT);
                ffi::lua_settop(l, place::KIT);
            } else {
                ffi::lua_settop(l, 0);
            }
        })?
    };
    Ok(outcome.map(|()| value))
}

/// Where in `sizes` the tables under a key are counted.
#[inline]
fn site(key: &str) -> usize {
    let key = key.as_bytes();
    let (first, last) = (key.first().copied().unwrap_or(0), key.last().copied().unwrap_or(0));
    (key.len() * 5 + usize::from(first) * 3 + usize::from(last)) % SITES
}

impl Decoder<'_> {
    unsafe fn document(&mut self) -> Read {
        let first = self.json.peek()?;
        // SAFETY: as the caller promises.
        unsafe { self.value(first, 0, 0)? };
        Ok(self.json.finish()?)
    }

    /// Reads a value, of which `peek` is the first byte, and pushes it.
    ///
    /// # Safety
    /// The stack is as `place` says, with six free slots.
    #[inline]
    unsafe fn value(&mut self, peek: Peek, depth: usize, site: usize) -> Read {
        let l = self.l;
        // SAFETY: pushing needs only free slots.
        unsafe {
            match peek {
                Peek::String => self.strings.push(l, self.json.known_str()?.as_bytes()),
                Peek::Object => self.object(depth + 1, site)?,
                Peek::Array => self.array(depth + 1, site)?,
                Peek::True | Peek::False => ffi::lua_pushboolean(l, self.json.known_bool(peek)?.into()),
                Peek::Null => {
                    self.json.known_null()?;
                    ffi::lua_pushvalue(l, place::NULL);
                }
                _ => self.number(peek)?,
            }
        }
        Ok(())
    }

    /// Makes room for the elements of a table that is `depth` deep.
    #[inline]
    unsafe fn enter(&mut self, depth: usize) -> Read {
        // SAFETY: asking for room is always allowed.
        if depth > MAX_DEPTH || unsafe { ffi::lua_checkstack(self.l, 10) } == 0 {
            return Err(Failure::depth(self.json.current_index()));
        }
        Ok(())
    }

    unsafe fn object(&mut self, depth: usize, at: usize) -> Read {
        // SAFETY: `enter` makes room; the table is two below a key and its value.
        unsafe {
            self.enter(depth)?;
            ffi::lua_createtable(self.l, 0, self.sizes[at].into());
            let mut count = 0;
            let mut key = self.json.known_object()?;
            while let Some(name) = key {
                self.strings.push(self.l, name.as_bytes());
                let under = site(name);
                let peek = self.json.peek()?;
                self.value(peek, depth, under)?;
                ffi::lua_rawset(self.l, -3);
                count += 1;
                key = self.json.next_key()?;
            }
            self.sizes[at] = count.min(MAX_EXPECTED) as u8;
        }
        Ok(())
    }

    unsafe fn array(&mut self, depth: usize, at: usize) -> Read {
        // SAFETY: `enter` makes room; the table is below the element.
        unsafe {
            self.enter(depth)?;
            ffi::lua_createtable(self.l, self.sizes[at].into(), 0);
            let mut count = 0;
            let mut next = self.json.known_array()?;
            while let Some(peek) = next {
                self.value(peek, depth, (at + 1) % SITES)?;
                count += 1;
                ffi::lua_rawseti_(self.l, -2, count);
                next = self.json.array_step()?;
            }
            if count == 0 {
                // Otherwise it would be written as an object.
                ffi::lua_pushvalue(self.l, place::ARRAY);
                ffi::lua_setmetatable(self.l, -2);
            }
            self.sizes[at] = count.min(MAX_EXPECTED as c_int) as u8;
        }
        Ok(())
    }

    #[inline]
    unsafe fn number(&mut self, peek: Peek) -> Read {
        let start = self.json.current_index();
        // SAFETY: as for `value`.
        unsafe {
            match self.json.known_number(peek) {
                // As a whole number it has lost its sign.
                Ok(NumberAny::Int(NumberInt::Int(0))) if peek == Peek::Minus => {
                    ffi::lua_pushnumber(self.l, -0.0);
                    Ok(())
                }
                Ok(NumberAny::Int(NumberInt::Int(whole))) if (-MAX_EXACT..=MAX_EXACT).contains(&whole) => {
                    ffi::lua_pushnumber(self.l, whole as f64);
                    Ok(())
                }
                Ok(NumberAny::Int(NumberInt::Int(whole))) => self.cdata(slot::INT64, whole.to_le_bytes()),
                Ok(NumberAny::Float(float)) if float.is_finite() => {
                    ffi::lua_pushnumber(self.l, float);
                    Ok(())
                }
                Ok(NumberAny::Float(_)) => self.big_number(start),
                Err(error) if error.error_type == JiterErrorType::JsonError(JsonErrorType::NumberOutOfRange) => {
                    self.beyond_int64(peek)
                }
                Err(error) => Err(error.into()),
            }
        }
    }

    #[cold]
    unsafe fn beyond_int64(&mut self, peek: Peek) -> Read {
        let start = self.json.current_index();
        // As a float it may have any number of digits; as anything else, the parser refuses more than 4,300.
        let float = self.json.known_float(peek)?;
        let digits = self.json.slice_to_current(start);
        let is_whole = digits[1..].iter().all(u8::is_ascii_digit);
        let whole = str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u64>().ok());
        // SAFETY: as for `value`.
        unsafe {
            match whole {
                Some(whole) => self.cdata(slot::UINT64, whole.to_le_bytes()),
                None if !is_whole && float.is_finite() => {
                    ffi::lua_pushnumber(self.l, float);
                    Ok(())
                }
                None => self.big_number(start),
            }
        }
    }

    /// Pushes the number that was just read, and that began at `start`, as the script wants it.
    #[cold]
    unsafe fn big_number(&mut self, start: usize) -> Read {
        let digits = self.json.slice_to_current(start);
        // SAFETY: as for `value`.
        unsafe {
            match self.big_numbers {
                BigNumbers::Refused => return Err(Failure::big_number(start)),
                BigNumbers::String => raw::push_string(self.l, digits),
                BigNumbers::Double => {
                    let double = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
                    ffi::lua_pushnumber(self.l, double.unwrap_or(f64::NAN));
                }
            }
        }
        Ok(())
    }

    /// Pushes a 64-bit number of LuaJIT's `ffi`.
    #[cold]
    unsafe fn cdata(&mut self, ctype: c_int, bytes: [u8; 8]) -> Read {
        // SAFETY: the ctype makes a new cdata of 8 bytes, whose address `lua_topointer` gives.
        unsafe {
            ffi::lua_rawgeti_(self.l, place::KIT, ctype);
            if ffi::lua_isnil(self.l, -1) != 0 {
                return Err(Failure::no_ffi(self.json.current_index()));
            }
            ffi::lua_pushnumber(self.l, 0.0);
            ffi::lua_call(self.l, 1, 1);
            let address = ffi::lua_topointer(self.l, -1).cast_mut().cast::<u8>();
            address.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        Ok(())
    }
}
