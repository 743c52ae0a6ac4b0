//! Many small messages at once: one trip into the VM, and one buffer.

use std::ops::RangeInclusive;

use mlua::{Lua, Table, ffi};

use super::decode::Decoder;
use super::encode::{ARGUMENTS, Encoder};
use super::{Codec, DecodeError, DecodeOptions, EncodeError, EncodeOptions, STACK, raw};

/// Messages one after the other in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodedList {
    /// All messages.
    pub bytes: Vec<u8>,
    /// Where each message ends in `bytes`.
    pub ends: Vec<usize>,
}

impl EncodedList {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The message at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.bytes.get(start..end)
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Forgets the messages, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

impl Codec {
    /// Appends each of the elements `range` of `list` to `out`, as a message of its own with one root.
    ///
    /// An element that is a table with the metatable `several` is one with several: its fields 1 to `n`. On failure, `out` holds the
    /// messages before the element that was refused.
    pub fn encode_list(
        &self,
        lua: &Lua,
        list: &Table,
        range: RangeInclusive<i64>,
        several: Option<&Table>,
        options: &EncodeOptions<'_>,
        out: &mut EncodedList,
    ) -> Result<(), EncodeError> {
        let inner = &*self.0;
        let written = inner.with_scratch(|scratch| {
            let mut outcome = Ok(());
            let outcome_slot = &mut outcome;
            let (bytes, ends) = (&mut out.bytes, &mut out.ends);
            // SAFETY: the closure finds the kit, nil, the list and a metatable or nil on the stack, as `Encoder` and `elements` expect.
            // It captures only references, so that nothing is lost if the VM raises an error.
            unsafe {
                lua.exec_raw::<()>((&inner.snapshot.kit, mlua::Nil, list, several), move |l| {
                    ffi::luaL_checkstack(l, STACK, std::ptr::null());
                    let mut encoder = Encoder::new(l, lua, inner, options, bytes, scratch);
                    *outcome_slot = elements(&mut encoder, range, ends);
                    ffi::lua_settop(l, 0);
                })?;
            }
            outcome
        });
        out.bytes.truncate(out.ends.last().copied().unwrap_or(0));
        written
    }

    /// Puts the first value of each message into `list`, from index `start` on.
    pub fn decode_list<'a>(
        &self,
        lua: &Lua,
        messages: impl IntoIterator<Item = &'a [u8]>,
        list: &Table,
        start: i64,
        options: DecodeOptions,
    ) -> Result<(), DecodeError> {
        let inner = &*self.0;
        let mut outcome = Ok(());
        let outcome_slot = &mut outcome;
        let mut messages = messages.into_iter();
        let messages = &mut messages;
        // SAFETY: the closure finds the kit, nil and the list on the stack, as `Decoder` and `fill` expect. It captures only references,
        // so that nothing is lost if the VM raises an error.
        unsafe {
            lua.exec_raw::<()>((&inner.snapshot.kit, mlua::Nil, list), move |l| {
                ffi::luaL_checkstack(l, STACK, std::ptr::null());
                *outcome_slot = fill(&mut Decoder::new(l, lua, inner, options), l, messages, start);
                ffi::lua_settop(l, 0);
            })?;
        }
        outcome
    }
}

/// # Safety
/// A list and a metatable or nil are the arguments on the stack.
unsafe fn elements(
    encoder: &mut Encoder<'_>,
    range: RangeInclusive<i64>,
    ends: &mut Vec<usize>,
) -> Result<(), EncodeError> {
    let l = encoder.l;
    let (list, marker, element) = (ARGUMENTS, ARGUMENTS + 1, ARGUMENTS + 2);
    // SAFETY: as the caller promises; the stack is balanced for each element.
    unsafe {
        let marker = ffi::lua_topointer(l, marker);
        for i in range {
            encoder.element = Some(encoder.options.elements_before as i64 + i);
            raw_index(l, list, i);
            let is_marked = !marker.is_null()
                && ffi::lua_type(l, element) == ffi::LUA_TTABLE
                && ffi::lua_getmetatable(l, element) != 0
                && ffi::lua_topointer(l, -1) == marker;
            if is_marked {
                ffi::lua_settop(l, element);
                raw::raw_field(l, element, b"n");
                let n = ffi::lua_tonumber(l, -1).clamp(0.0, 1e6) as usize;
                ffi::lua_settop(l, element);
                encoder.begin(n);
                for argument in 0..n {
                    raw_index(l, element, argument as i64 + 1);
                    encoder.root(argument, element + 1)?;
                    ffi::lua_settop(l, element);
                }
            } else {
                encoder.begin(1);
                encoder.root(0, element)?;
            }
            encoder.finish()?;
            ffi::lua_settop(l, element - 1);
            ends.push(encoder.out.len());
        }
    }
    Ok(())
}

/// # Safety
/// A list follows kit and objects on the stack.
unsafe fn fill<'m>(
    decoder: &mut Decoder<'_, 'm>,
    l: *mut ffi::lua_State,
    messages: &mut impl Iterator<Item = &'m [u8]>,
    start: i64,
) -> Result<(), DecodeError> {
    let list = ARGUMENTS;
    // SAFETY: as the caller promises; the stack is balanced for each message.
    unsafe {
        for (message, index) in messages.zip(start..) {
            let roots = decoder.begin(message)?;
            if roots == 0 {
                ffi::lua_pushnil(l);
            }
            for _ in 0..roots {
                decoder.value()?;
                ffi::lua_settop(l, list + 1);
            }
            decoder.finish()?;
            match i32::try_from(index) {
                Ok(index) => ffi::lua_rawseti_(l, list, index),
                Err(_) => {
                    ffi::lua_pushnumber(l, index as f64);
                    ffi::lua_insert(l, -2);
                    ffi::lua_rawset(l, list);
                }
            }
        }
    }
    Ok(())
}

unsafe fn raw_index(l: *mut ffi::lua_State, table: i32, index: i64) {
    // SAFETY: there is a table at `table`.
    unsafe {
        match i32::try_from(index) {
            Ok(index) => ffi::lua_rawgeti_(l, table, index),
            Err(_) => {
                ffi::lua_pushnumber(l, index as f64);
                ffi::lua_rawget_(l, table);
            }
        }
    }
}
