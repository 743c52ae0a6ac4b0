//! `string.gmatch` for patterns of one class, as in `line:gmatch("%a+")`: the loop in which programs over text spend their time.
//!
//! The standard one tries a match at each byte, and the compiler cannot look into it. Here `gmatch.lua` is what a loop calls.

use std::ffi::c_int;

use mlua::{Function, Lua, Table, ffi};

use crate::codec::RUNTIME_CHUNK;

/// How many different bytes there are, and so how long the table of a class is.
const BYTES: usize = 256;

/// A list of matches ends before their number is reached when it holds so much: nobody may want all of them.
const MOST_BYTES: usize = 4 << 10;

/// A match that is longer makes a list large.
const LONG_BYTES: usize = 256;

/// Puts it into the VM.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let string: Table = lua.globals().raw_get("string")?;
    let standard: Function = string.raw_get("gmatch")?;
    // SAFETY: pushes one function.
    let runs: Function = unsafe { lua.exec_raw((), |state| ffi::lua_pushcfunction(state, runs)) }?;
    let gmatch: Function = lua.load(include_str!("gmatch.lua")).set_name(RUNTIME_CHUNK).call((standard, runs))?;
    string.raw_set("gmatch", gmatch)
}

/// `runs(text, class, offset, count, list)`: fills the list with the next `count` runs of bytes of the class, from the offset on (from 0),
/// and ends it. Gives the offset where the next ones are to be looked for, or nil if the text has ended; and whether one of them is long.
unsafe extern "C-unwind" fn runs(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: the stack has room for 20 values more. The strings are arguments, and live as long as this runs. Nothing that has a
    // destructor is alive where an error is thrown.
    unsafe {
        let text = bytes(state, 1);
        let class = bytes(state, 2);
        ffi::luaL_argcheck(state, c_int::from(class.len() == BYTES), 2, c"not a class".as_ptr());
        let mut at = ffi::luaL_checkinteger(state, 3).max(0) as usize;
        let count = ffi::luaL_checkinteger(state, 4).max(0) as usize;
        let is_in = |byte: u8| class[usize::from(byte)] != 0;
        ffi::luaL_checktype(state, 5, ffi::LUA_TTABLE);
        ffi::lua_settop(state, 5);
        let (mut index, mut sum, mut is_large) = (1, 0, false);
        while index <= count as ffi::lua_Integer && sum < MOST_BYTES {
            while at < text.len() && !is_in(text[at]) {
                at += 1;
            }
            let first = at;
            while at < text.len() && is_in(text[at]) {
                at += 1;
            }
            if first >= at {
                break;
            }
            ffi::lua_pushlstring(state, text[first..].as_ptr().cast(), at - first);
            ffi::lua_rawseti(state, 5, index);
            index += 1;
            sum += at - first;
            is_large |= at - first > LONG_BYTES;
        }
        ffi::lua_pushnil(state);
        ffi::lua_rawseti(state, 5, index);
        if at >= text.len() {
            ffi::lua_pushnil(state);
        } else {
            ffi::lua_pushinteger(state, at as ffi::lua_Integer);
        }
        if !is_large {
            return 1;
        }
        ffi::lua_pushboolean(state, 1);
        2
    }
}

/// The string that is an argument.
unsafe fn bytes<'a>(state: *mut ffi::lua_State, position: c_int) -> &'a [u8] {
    // SAFETY: as in `runs`, whose frame this is.
    unsafe {
        let mut length = 0;
        let text = ffi::luaL_checklstring(state, position, &raw mut length);
        std::slice::from_raw_parts(text.cast(), length)
    }
}
