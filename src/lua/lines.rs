//! The iterator that `lines()` of a stream gives, in which a program that reads by line spends much of its time.
//!
//! A line of what was read ahead is given by a few instructions; the stream itself is asked only for what it has yet to read. All
//! iterators call one and the same C function, since the compiler tells C functions apart by their identity: with one for each stream,
//! a loop would be compiled anew for each.

use std::cell::RefCell;
use std::ffi::c_int;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use bytes::Bytes;
use mlua::{AnyUserData, Function, Lua, LuaString, Table, Value, ffi};

use super::bind::{self, Raise};
use super::traceback;
use crate::codec::RUNTIME_CHUNK;

/// What was read ahead and not given away, as a stream and the iterators over its lines share it. Empty when the stream is closed.
pub(super) type Ahead = Rc<RefCell<Bytes>>;

/// What the lines of a stream come from, and how they end.
pub struct Lines {
    /// What was read ahead.
    pub(super) ahead: Ahead,
    /// Ends a line.
    pub(super) newline: u8,
    /// Whether a line is given with its end.
    pub(super) keep_newline: bool,
}

/// Makes iterators for one type of stream.
#[derive(Clone)]
pub(super) struct Iterators {
    metatable: Table,
    closure: Function,
}

impl Iterators {
    /// `read(stream, keep_newline)` gives the next line when nothing was read ahead, or not all of it. `name` is for tracebacks.
    pub(super) fn new<F>(lua: &Lua, name: &str, read: F) -> mlua::Result<Iterators>
    where
        F: Fn(&Lua, Value, bool) -> Result<Option<LuaString>, Raise> + 'static,
    {
        let slow = bind::inner(lua, move |lua, (_, stream, keep): (Value, Value, bool)| read(lua, stream, keep))?;
        let metatable = lua.create_table()?;
        // SAFETY: pops the two upvalues that were pushed, pushes the closure over them.
        let next: Function =
            unsafe { lua.exec_raw((slow, &metatable), |state| ffi::lua_pushcclosure(state, next_line, 2)) }?;
        traceback::name_function(lua, &next, name)?;
        // SAFETY: pushes one function.
        let end: Function = unsafe { lua.exec_raw((), |state| ffi::lua_pushcfunction(state, end_lines)) }?;
        metatable.raw_set("__gc", end)?;
        let closure = lua
            .load("local next = ... return function(lines, stream, keep) return function() return next(lines, stream, keep) end end")
            .set_name(RUNTIME_CHUNK)
            .call(next)?;
        Ok(Iterators { metatable, closure })
    }

    /// An iterator over the lines of `stream`, which has read them ahead into `lines`.
    pub(super) fn over(&self, lua: &Lua, stream: &Value, lines: Lines) -> mlua::Result<Function> {
        let keep_newline = lines.keep_newline;
        let mut lines = Some(lines);
        // SAFETY: the metatable was pushed. What is written is what `next_line` and `end_lines` find; if an error is thrown before that,
        // `lines` still owns it.
        let userdata: AnyUserData = unsafe {
            lua.exec_raw(&self.metatable, |state| {
                let place = ffi::lua_newuserdata(state, size_of::<Option<Lines>>()).cast::<Option<Lines>>();
                place.write(lines.take());
                ffi::lua_insert(state, 1);
                ffi::lua_setmetatable(state, 1);
            })
        }?;
        self.closure.call((userdata, stream, keep_newline))
    }
}

/// `next(lines, stream, keep_newline)`. Upvalues: what reads from the stream, the metatable of `lines`.
unsafe extern "C-unwind" fn next_line(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: the stack has room for 20 values more. Pushing a string can run finalizers, which can read from the same stream: so the
    // line is held, and the cell is not borrowed. Nothing that has a destructor is alive where an error is thrown: an error for lack of
    // memory leaks a reference to the chunk.
    unsafe {
        if let Some((line, length)) = lines(state).and_then(take_line) {
            ffi::lua_pushlstring(state, line.as_ptr().cast(), length);
            drop(ManuallyDrop::into_inner(line));
            return 1;
        }
        bind::raise_or_return(state)
    }
}

/// The first argument. A script that has got hold of `next_line` by `debug` may have called it with another one.
unsafe fn lines<'a>(state: *mut ffi::lua_State) -> Option<&'a Lines> {
    // SAFETY: called in the frame of `next_line`, whose stack is left as it was. The metatable tells that the userdata is one of
    // `Iterators::over`, which is empty once it was finalized.
    unsafe {
        if ffi::lua_getmetatable(state, 1) == 0 {
            return None;
        }
        let is_lines = ffi::lua_rawequal(state, -1, ffi::lua_upvalueindex(2)) != 0;
        ffi::lua_settop(state, -2);
        if is_lines { (*ffi::lua_touserdata(state, 1).cast::<Option<Lines>>()).as_ref() } else { None }
    }
}

/// A line, if all of it was read ahead, and how much of it is to be given.
fn take_line(lines: &Lines) -> Option<(ManuallyDrop<Bytes>, usize)> {
    let mut ahead = lines.ahead.try_borrow_mut().ok()?;
    let newline = memchr::memchr(lines.newline, &ahead)?;
    let line = ahead.split_to(newline + 1);
    Some((ManuallyDrop::new(line), newline + usize::from(lines.keep_newline)))
}

/// The finalizer.
unsafe extern "C-unwind" fn end_lines(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: the userdata is one of `Iterators::over`; what is left there is valid, for who calls an iterator later.
    unsafe {
        let lines = ffi::lua_touserdata(state, 1).cast::<Option<Lines>>();
        drop((*lines).take());
    }
    0
}
