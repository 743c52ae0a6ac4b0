//! The few functions of LuaJIT's C interface that `mlua::ffi` lacks, and small helpers over it.

use std::ffi::{c_int, c_void};

use mlua::ffi::{self, lua_State};

unsafe extern "C-unwind" {
    /// Identifies a cell: equal for two functions that share the variable.
    pub fn lua_upvalueid(l: *mut lua_State, function: c_int, n: c_int) -> *mut c_void;
    /// Makes upvalue `n1` of the one function refer to the cell of `n2` of the other.
    pub fn lua_upvaluejoin(l: *mut lua_State, f1: c_int, n1: c_int, f2: c_int, n2: c_int);
}

/// `LUA_GCISRUNNING` of LuaJIT's `lua.h`.
const GC_IS_RUNNING: c_int = 9;

/// The bytes of the string at `index`. They live as long as the string is reachable in the VM.
///
/// # Safety
/// There is a string at `index`, and it stays reachable for `'a`.
#[inline]
pub unsafe fn string<'a>(l: *mut lua_State, index: c_int) -> &'a [u8] {
    let mut len = 0;
    // SAFETY: the value is a string, so nothing is converted, and the pointer is valid for `len` bytes.
    unsafe {
        let bytes = ffi::lua_tolstring(l, index, &mut len);
        std::slice::from_raw_parts(bytes.cast(), len)
    }
}

/// Pushes a string.
///
/// # Safety
/// `l` is a valid state with a free slot.
#[inline]
pub unsafe fn push_string(l: *mut lua_State, bytes: &[u8]) {
    // SAFETY: the pointer is valid for the length that is given with it.
    unsafe { ffi::lua_pushlstring_(l, bytes.as_ptr().cast(), bytes.len()) }
}

/// `table[key]` without metamethods, pushed.
///
/// # Safety
/// There is a table at `table`, an absolute index, and two free slots.
pub unsafe fn raw_field(l: *mut lua_State, table: c_int, key: &[u8]) {
    // SAFETY: as the caller promises.
    unsafe {
        push_string(l, key);
        ffi::lua_rawget_(l, table);
    }
}

/// Stops the garbage collector while it lives, if it was running.
///
/// Only for messages that outgrow the heap they are decoded into: everything that is built lives, so that collecting meanwhile
/// is wasted. For others the collector runs on; stopping it for each of many small messages would starve it.
pub struct CollectorPause(Option<*mut lua_State>);

impl CollectorPause {
    /// # Safety
    /// `l` is valid for as long as the guard lives.
    pub unsafe fn for_message(l: *mut lua_State, bytes: usize) -> Self {
        const WORTHWHILE: usize = 256 << 10;
        // SAFETY: `lua_gc` with these arguments only reads and sets a threshold.
        unsafe {
            let heap = ffi::lua_gc(l, ffi::LUA_GCCOUNT, 0) as usize * 1024;
            if bytes < WORTHWHILE || bytes < heap / 2 || ffi::lua_gc(l, GC_IS_RUNNING, 0) == 0 {
                return CollectorPause(None);
            }
            ffi::lua_gc(l, ffi::LUA_GCSTOP, 0);
            CollectorPause(Some(l))
        }
    }
}

impl Drop for CollectorPause {
    fn drop(&mut self) {
        if let Some(l) = self.0 {
            // SAFETY: `for_message` required the state to outlive the guard. -1: as after a finished cycle.
            unsafe { ffi::lua_gc(l, ffi::LUA_GCRESTART, -1) };
        }
    }
}
