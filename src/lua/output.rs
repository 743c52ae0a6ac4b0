//! What a script prints, when nobody reads it any more.
//!
//! Rust ignores SIGPIPE, and `print` ignores failures, so `lithops-lua endless.lua | head` would run forever.
//! Here a write to a closed pipe ends the program, quietly; any other failure (a full disk) ends it with a message.

use std::ffi::{c_int, c_void};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use mlua::{AnyUserData, Function, Lua, Table, Value, ffi};

use super::traceback;

/// Ends the process; the command line decides how. Set once.
static ON_FAILURE: OnceLock<fn(&io::Error) -> !> = OnceLock::new();

/// The C library's standard output, as the VM has it.
static STDOUT: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

/// Why standard output first failed, as `errno` has it; 0: it has not, or nobody knows why.
static FIRST_ERROR: AtomicI32 = AtomicI32::new(0);

unsafe extern "C" {
    fn ferror(file: *mut c_void) -> c_int;
    fn fflush(file: *mut c_void) -> c_int;
    fn ftrylockfile(file: *mut c_void) -> c_int;
    fn _exit(code: c_int) -> !;
}

/// Sets what ends the process when standard output fails. Without it, failures are ignored as in plain Lua.
pub fn on_failure(end: fn(&io::Error) -> !) {
    let _ = ON_FAILURE.set(end);
}

/// Ends the process because of `error`, if that was asked for.
pub(super) fn fail(error: &io::Error) {
    if let Some(end) = ON_FAILURE.get() {
        end(error);
    }
}

/// Writes out what the VM has buffered. Fails, too, where an earlier write failed.
pub fn flush() -> io::Result<()> {
    let file = STDOUT.load(Ordering::Relaxed);
    if file.is_null() {
        return Ok(());
    }
    // SAFETY: the C library's own `stdout`, which lives as long as the process.
    unsafe {
        if fflush(file) != 0 {
            return Err(first_error(io::Error::last_os_error()));
        }
        if ferror(file) != 0 {
            return Err(first_error(io::Error::other("an earlier write failed")));
        }
    }
    Ok(())
}

/// The same, unless another thread is writing, perhaps to a pipe that nobody reads: then gives `false`, and whoever ends
/// the process must do so with [`end_at_once`]. After `true`, no other thread can write any more.
pub fn try_flush() -> bool {
    let file = STDOUT.load(Ordering::Relaxed);
    if file.is_null() {
        return true;
    }
    // SAFETY: as above. The lock is kept, so that nothing is left for the end of the process to write.
    unsafe {
        let is_locked = ftrylockfile(file) == 0;
        if is_locked {
            fflush(file);
        }
        is_locked
    }
}

/// Ends the process without writing out what is buffered, which might have to wait for a reader.
pub fn end_at_once(code: i32) -> ! {
    // SAFETY: it does nothing but end the process.
    unsafe { _exit(code) }
}

/// What standard output first failed with. `error` is what is known of it where this is the first time.
fn first_error(error: io::Error) -> io::Error {
    let errno = error.raw_os_error().unwrap_or(0);
    match FIRST_ERROR.compare_exchange(0, errno, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => error,
        Err(first) => io::Error::from_raw_os_error(first),
    }
}

/// Wraps what writes to standard output: `print`, `io.write`, `io.flush`, and the methods of files.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let globals = lua.globals();
    let io: Table = globals.raw_get("io")?;
    let stdout: AnyUserData = io.raw_get("stdout")?;
    // SAFETY: the userdata of an open file begins with its `FILE *`, in LuaJIT as in Lua.
    let file: mlua::LightUserData = unsafe {
        lua.exec_raw(&stdout, |state| {
            let file = *ffi::lua_touserdata(state, 1).cast::<*mut c_void>();
            ffi::lua_settop(state, 0);
            ffi::lua_pushlightuserdata(state, file);
        })
    }?;
    STDOUT.store(file.0, Ordering::Relaxed);

    wrap(lua, &globals, "print", "print")?;
    wrap(lua, &io, "write", "io.write")?;
    wrap(lua, &io, "flush", "io.flush")?;
    let methods: Value = lua.load("return getmetatable(io.stdout).__index").eval()?;
    if let Value::Table(methods) = methods {
        for name in ["write", "flush", "seek"] {
            wrap(lua, &methods, name, name)?;
        }
    }
    Ok(())
}

fn wrap(lua: &Lua, table: &Table, key: &str, name: &str) -> mlua::Result<()> {
    let native: Function = table.raw_get(key)?;
    // SAFETY: pops the function that was pushed, pushes the closure over it.
    let checked: Function = unsafe { lua.exec_raw(native, |state| ffi::lua_pushcclosure(state, write_checked, 1)) }?;
    traceback::name_function(lua, &checked, name)?;
    table.raw_set(key, checked)
}

unsafe extern "C-unwind" fn write_checked(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: the stack holds the arguments and has room for 20 values more; STDOUT is set before any call.
    unsafe {
        let count = ffi::lua_gettop(state);
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_insert(state, 1);
        ffi::lua_call(state, count, ffi::LUA_MULTRET);
        if ferror(STDOUT.load(Ordering::Relaxed)) != 0 {
            fail(&first_error(io::Error::last_os_error()));
        }
        ffi::lua_gettop(state)
    }
}
