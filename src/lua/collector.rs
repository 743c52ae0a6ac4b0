//! How often the VM collects garbage.
//!
//! A heap that fits into the processor's caches is collected sooner than Lua does it by itself: most of what a loop over a text leaves
//! behind is garbage, and waiting until the heap has doubled with it drives the rest out of the caches (measured: counting words takes
//! a quarter longer). A larger heap is left to Lua's own settings, since marking it costs more than its garbage.
//!
//! A userdata that nothing refers to is finalized once in each cycle, and looks how large the heap is.

use std::ffi::c_int;

use mlua::{Lua, Table, ffi};

/// A heap below this is small: a share of the third-level cache of a server's processor.
const SMALL_KIB: c_int = 16 << 10;

/// How Lua sets when a cycle begins (percent of what was alive after the last one), and how fast it goes (percent of allocation).
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pace {
    pause: c_int,
    step_multiplier: c_int,
}

const SMALL: Pace = Pace { pause: 130, step_multiplier: 400 };

/// LuaJIT's own.
const LARGE: Pace = Pace { pause: 200, step_multiplier: 200 };

/// Sets the pace of a new VM, which is then kept.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let metatable = lua.create_table()?;
    // SAFETY: the metatable was pushed. Leaves a function, which has the metatable and the pace as upvalues.
    let adapt: mlua::Function = unsafe {
        lua.exec_raw(&metatable, |state| {
            set(state, SMALL);
            ffi::lua_pushinteger(state, SMALL.pause.into());
            ffi::lua_pushinteger(state, SMALL.step_multiplier.into());
            ffi::lua_pushcclosure(state, adapt, 3);
        })
    }?;
    metatable.raw_set("__gc", adapt)?;
    watch(lua, &metatable)
}

/// Makes the first userdata that the next cycle finalizes.
fn watch(lua: &Lua, metatable: &Table) -> mlua::Result<()> {
    // SAFETY: the metatable was pushed; the stack is empty at the end.
    unsafe {
        lua.exec_raw(metatable, |state| {
            push_sentinel(state, 1);
            ffi::lua_settop(state, 0);
        })
    }
}

/// Pushes a userdata with the metatable at `metatable`.
unsafe fn push_sentinel(state: *mut ffi::lua_State, metatable: c_int) {
    // SAFETY: the caller's promise; room for two values.
    unsafe {
        ffi::lua_newuserdata(state, 0);
        ffi::lua_pushvalue(state, metatable);
        ffi::lua_setmetatable(state, -2);
    }
}

/// The finalizer. Upvalues: the metatable, and the pace as it was set last.
unsafe extern "C-unwind" fn adapt(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: called by the VM with room for 20 values; upvalues are those of `install`.
    unsafe {
        let last = Pace {
            pause: ffi::lua_tointeger(state, ffi::lua_upvalueindex(2)) as c_int,
            step_multiplier: ffi::lua_tointeger(state, ffi::lua_upvalueindex(3)) as c_int,
        };
        let pace = if ffi::lua_gc(state, ffi::LUA_GCCOUNT, 0) < SMALL_KIB { SMALL } else { LARGE };
        let before = set(state, pace);
        if before != last {
            // The script has set its own.
            set(state, before);
            return 0;
        }
        if pace != last {
            ffi::lua_pushinteger(state, pace.pause.into());
            ffi::lua_replace(state, ffi::lua_upvalueindex(2));
            ffi::lua_pushinteger(state, pace.step_multiplier.into());
            ffi::lua_replace(state, ffi::lua_upvalueindex(3));
        }
        push_sentinel(state, ffi::lua_upvalueindex(1));
    }
    0
}

/// Gives what was set before.
unsafe fn set(state: *mut ffi::lua_State, pace: Pace) -> Pace {
    // SAFETY: sets two numbers of the collector.
    unsafe {
        Pace {
            pause: ffi::lua_gc(state, ffi::LUA_GCSETPAUSE, pace.pause),
            step_multiplier: ffi::lua_gc(state, ffi::LUA_GCSETSTEPMUL, pace.step_multiplier),
        }
    }
}
