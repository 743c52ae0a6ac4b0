//! Strings that a text repeats: names of fields, and values from a small set.

use std::ffi::c_int;

use mlua::ffi::{self, lua_State};

use crate::codec::raw;

/// How many strings are remembered. They and their table fit into the processor's cache.
const SLOTS: usize = 512;
/// Longer strings are not remembered.
const MAX_BYTES: usize = 24;
/// In a shorter text there is too little to repeat.
const WORTHWHILE_BYTES: usize = 16 << 10;

/// Remembers the strings that were pushed last.
///
/// To push a string again, the VM looks for it among all of its strings, which takes two visits to memory that is far away if there
/// are many. A string that is remembered here is pushed from a small table.
pub(super) struct RecentStrings {
    /// Where in the VM's stack the table is.
    table: c_int,
    /// What is in the table. Empty: nothing is remembered.
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Slot {
    /// All bytes of the string, some of them twice: for one length, no two strings have the same.
    words: [u64; 3],
    length: usize,
}

#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |word| u64::from_le_bytes(*word))
}

#[inline]
fn half(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |half| u32::from_le_bytes(*half).into())
}

impl Slot {
    #[inline]
    fn of(text: &[u8]) -> Slot {
        let length = text.len();
        let words = match length {
            0 => [0; 3],
            1..4 => [u64::from(text[0]) | u64::from(text[length / 2]) << 8 | u64::from(text[length - 1]) << 16, 0, 0],
            4..8 => [half(text, 0) | half(text, length - 4) << 32, 0, 0],
            8..16 => [word(text, 0), word(text, length - 8), 0],
            _ => [word(text, 0), word(text, 8), word(text, length - 8)],
        };
        Slot { words, length }
    }

    #[inline]
    fn place(&self) -> usize {
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        let [a, b, c] = self.words;
        let mixed = (a ^ b.wrapping_mul(MIX).rotate_left(23) ^ c.wrapping_mul(MIX).rotate_left(41)).wrapping_mul(MIX);
        (mixed >> 40) as usize % SLOTS
    }
}

impl RecentStrings {
    /// Pushes a table to the stack, if the text has enough bytes to be worth one, else nil.
    ///
    /// # Safety
    /// `l` is a valid state with a free slot.
    pub unsafe fn new(l: *mut lua_State, text_bytes: usize) -> RecentStrings {
        let is_worthwhile = text_bytes >= WORTHWHILE_BYTES;
        // SAFETY: as the caller promises.
        let table = unsafe {
            if is_worthwhile {
                ffi::lua_createtable(l, SLOTS as c_int, 0);
            } else {
                ffi::lua_pushnil(l);
            }
            ffi::lua_gettop(l)
        };
        RecentStrings { table, slots: vec![Slot::default(); if is_worthwhile { SLOTS } else { 0 }] }
    }

    /// Pushes a string.
    ///
    /// # Safety
    /// What `new` pushed is where it was, and there are two free slots.
    #[inline]
    pub unsafe fn push(&mut self, l: *mut lua_State, text: &[u8]) {
        // SAFETY: as the caller promises; a slot that is not empty is in the table.
        unsafe {
            if self.slots.is_empty() || text.is_empty() || text.len() > MAX_BYTES {
                return raw::push_string(l, text);
            }
            let slot = Slot::of(text);
            let place = slot.place();
            if self.slots[place] == slot {
                return ffi::lua_rawgeti_(l, self.table, place as c_int + 1);
            }
            raw::push_string(l, text);
            ffi::lua_pushvalue(l, -1);
            ffi::lua_rawseti_(l, self.table, place as c_int + 1);
            self.slots[place] = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn strings_of_one_slot_are_equal() {
        let mut seen = HashMap::new();
        for length in 1..=MAX_BYTES {
            for at in 0..length {
                for byte in [0, 1, 0xff] {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    let slot = Slot::of(&text);
                    if let Some(other) = seen.insert((slot.words, slot.length), text.clone()) {
                        assert_eq!(other, text);
                    }
                }
            }
        }
    }
}
