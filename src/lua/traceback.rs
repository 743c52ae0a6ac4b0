//! Tracebacks that show a script's own lines, and nothing of the host.

use std::ffi::{CStr, c_char, c_int};
use std::fmt::Write as _;

use mlua::{Function, Lua, Table, Value, ffi};

/// How many frames a traceback shows at each end.
const FIRST: usize = 12;
const LAST: usize = 10;

/// The key of the table of function names in the registry: its address.
static NAMES: u8 = 0;

/// Gives `function` the name that tracebacks show. C functions without one are the host's, and not shown.
pub fn name_function(lua: &Lua, function: &Function, name: &str) -> mlua::Result<()> {
    // SAFETY: takes function and name from the stack, and leaves nothing on it.
    unsafe {
        lua.exec_raw::<()>((function, name), |state| {
            push_names(state);
            ffi::lua_insert(state, 1);
            ffi::lua_rawset(state, 1);
            ffi::lua_settop(state, 0);
        })
    }
}

/// The name of a function of the host's or of the standard libraries.
pub fn name_of(lua: &Lua, function: &Function) -> Option<String> {
    // SAFETY: the function is replaced by its name.
    let name: Value = unsafe { lua.exec_raw(function, |state| push_name(state)) }.ok()?;
    name.as_string().map(|name| name.to_string_lossy())
}

/// Hides `function` in tracebacks.
pub(super) fn hide_function(lua: &Lua, function: &Function) -> mlua::Result<()> {
    // SAFETY: as above.
    unsafe {
        lua.exec_raw::<()>((function, false), |state| {
            push_names(state);
            ffi::lua_insert(state, 1);
            ffi::lua_rawset(state, 1);
            ffi::lua_settop(state, 0);
        })
    }
}

/// Names the functions of the standard libraries. `error` and `assert` say nothing that the message does not.
pub fn name_standard_functions(lua: &Lua) -> mlua::Result<()> {
    // SAFETY: leaves one new table on the stack, which is then in the registry too.
    let names: Table = unsafe {
        lua.exec_raw((), |state| {
            ffi::lua_createtable(state, 0, 256);
            ffi::lua_pushvalue(state, -1);
            ffi::lua_rawsetp(state, ffi::LUA_REGISTRYINDEX, (&raw const NAMES).cast());
        })
    }?;
    // A function that is gone needs no name: the API makes some for each store and stream.
    let weak = lua.create_table()?;
    weak.raw_set("__mode", "k")?;
    names.set_metatable(Some(weak))?;
    let globals = lua.globals();
    for pair in globals.raw_get::<Table>("package")?.raw_get::<Table>("loaded")?.pairs::<String, Value>() {
        let (library, Value::Table(table)) = pair? else {
            continue;
        };
        for pair in table.pairs::<Value, Value>() {
            if let (Value::String(name), Value::Function(function)) = pair? {
                let name = name.to_string_lossy();
                names.raw_set(function, if library == "_G" { name } else { format!("{library}.{name}") })?;
            }
        }
    }
    for name in ["error", "assert"] {
        hide_function(lua, &globals.raw_get(name)?)?;
    }
    Ok(())
}

fn push_names(state: *mut ffi::lua_State) {
    // SAFETY: a read of the registry pushes one value.
    unsafe { ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, (&raw const NAMES).cast()) };
}

/// Replaces the function on top of the stack by its name: a string, false to hide it, or nil.
///
/// # Safety
/// A function is on top, with room for one value more.
pub(super) unsafe fn push_name(state: *mut ffi::lua_State) {
    // SAFETY: the names were made with the VM; a raw read of a table raises nothing.
    unsafe {
        push_names(state);
        ffi::lua_insert(state, -2);
        ffi::lua_rawget(state, -2);
        ffi::lua_remove(state, -2);
    }
}

/// The stack of `state` from `level` on, a line a frame, each with a newline and a tab in front.
/// `message` is the error that was raised.
///
/// # Safety
/// Room for four values on the stack. Allocates nothing in the VM, so that it works when memory ran out.
pub(super) unsafe fn write(state: *mut ffi::lua_State, level: c_int, message: &str, text: &mut String) {
    // SAFETY: levels below the depth have frames; strings of frames live until the next call into Lua.
    unsafe {
        let depth = depth(state);
        let first = usize::try_from(level).unwrap_or(0);
        let (head_end, tail_start) =
            if depth > first + FIRST + LAST { (first + FIRST, depth - LAST) } else { (depth, depth) };
        for level in first..head_end {
            write_frame(state, level, message, text);
        }
        if tail_start > head_end {
            let _ = write!(text, "\n\t... ({} more)", tail_start - head_end);
        }
        for level in tail_start..depth {
            write_frame(state, level, message, text);
        }
    }
}

/// How many frames there are. The VM finds a level by walking to it, so this asks for few.
unsafe fn depth(state: *mut ffi::lua_State) -> usize {
    // SAFETY: asking for a level that is not there is answered by 0.
    unsafe {
        let mut frame: ffi::lua_Debug = std::mem::zeroed();
        let mut exists = |level: usize| ffi::lua_getstack(state, level as c_int, &mut frame) != 0;
        let (mut low, mut high) = (0, 1);
        while exists(high - 1) {
            low = high;
            high *= 2;
        }
        while low < high {
            let middle = usize::midpoint(low, high);
            if exists(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

unsafe fn write_frame(state: *mut ffi::lua_State, level: usize, message: &str, text: &mut String) {
    // SAFETY: see `write`.
    unsafe {
        let mut frame: ffi::lua_Debug = std::mem::zeroed();
        if ffi::lua_getstack(state, level as c_int, &mut frame) == 0
            || ffi::lua_getinfo(state, c"nSlf".as_ptr(), &mut frame) == 0
        {
            return;
        }
        if write_coroutine(state, message, text) {
            ffi::lua_pop(state, 1);
            return;
        }
        push_name(state);
        let known = (ffi::lua_type(state, -1) == ffi::LUA_TSTRING).then(|| string(ffi::lua_tostring(state, -1)));
        let hidden = ffi::lua_type(state, -1) == ffi::LUA_TBOOLEAN;
        ffi::lua_pop(state, 1);
        let called = if frame.namewhat.is_null() || *frame.namewhat == 0 { None } else { Some(string(frame.name)) };
        match string(frame.what).as_str() {
            "C" => {
                if let Some(name) = known.or(called)
                    && !hidden
                {
                    let _ = write!(text, "\n\t[C]: in function '{name}'");
                }
            }
            what => {
                let source = source(&frame);
                if source == "[lithops]" {
                    return;
                }
                let _ = write!(text, "\n\t{source}:");
                let line = u32::try_from(frame.currentline).ok();
                if let Some(line) = line.or_else(|| line_in(message, &string(frame.short_src.as_ptr()))) {
                    let _ = write!(text, "{line}:");
                }
                let _ = match (what, called) {
                    ("main", _) => write!(text, " in main chunk"),
                    (_, Some(name)) => write!(text, " in function '{name}'"),
                    _ => write!(text, " in function <{source}:{}>", frame.linedefined),
                };
            }
        }
    }
}

/// Where the function on top is that of `coroutine.wrap`, and its coroutine has failed: that one's frames come first.
unsafe fn write_coroutine(state: *mut ffi::lua_State, message: &str, text: &mut String) -> bool {
    // SAFETY: a C function's first upvalue is pushed, looked at and popped. The stack of a failed coroutine
    // stays as it was, and nothing runs on it.
    unsafe {
        if ffi::lua_iscfunction(state, -1) == 0 || ffi::lua_getupvalue(state, -1, 1).is_null() {
            return false;
        }
        let coroutine = ffi::lua_tothread(state, -1);
        ffi::lua_pop(state, 1);
        let failed = !coroutine.is_null() && coroutine != state && ffi::lua_status(coroutine) > ffi::LUA_YIELD;
        if failed && ffi::lua_checkstack(coroutine, 4) != 0 {
            write(coroutine, 0, message, text);
        }
        failed
    }
}

/// The line of `source` that `message` begins with, past the positions of those that passed it on. The VM has
/// forgotten the line of a coroutine that failed by itself, without a call of `error`.
fn line_in(message: &str, source: &str) -> Option<u32> {
    let (_, rest) = message.rsplit_once(&format!("{source}:"))?;
    rest.split_once(':')?.0.parse().ok()
}

/// The whole path of a file: the VM's short one is cut to 60 bytes.
unsafe fn source(frame: &ffi::lua_Debug) -> String {
    // SAFETY: the VM filled the frame in; both strings end with a zero.
    unsafe {
        let source = string(frame.source);
        match source.strip_prefix('@') {
            Some(file) => file.to_owned(),
            None => string(frame.short_src.as_ptr()),
        }
    }
}

unsafe fn string(text: *const c_char) -> String {
    if text.is_null() {
        return String::from("?");
    }
    // SAFETY: not null, and ended with a zero by the VM.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
