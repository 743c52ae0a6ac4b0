//! Makes Lua functions of Rust closures.
//!
//! mlua turns a Rust error into an error *userdata*, on which a script's `err:match(…)` fails. So a bound
//! function never fails as mlua sees it: it returns its failure behind a marker, and a small C function
//! around it raises what Lua users expect: a string with the position of the caller, or an error object.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use mlua::state::RawLua;
use mlua::{FromLuaMulti, Function, IntoLuaMulti, LightUserData, Lua, MultiValue, Value, ffi};

use super::{errors, traceback};

/// What a bound function raises.
#[derive(Clone, Debug)]
pub enum Raise {
    /// A string error, with the position of the caller in front: `pipeline.lua:3: …`.
    Message(String),
    /// This value, unchanged: an error object, or the error of a Lua function that the binding called.
    Value(Value),
    /// A wrong argument, counted from 1 (with `self` of a method as the first).
    Argument(usize, String),
}

impl Raise {
    /// A string error.
    pub fn message(text: impl Into<String>) -> Raise {
        Raise::Message(text.into())
    }

    /// A wrong argument, counted from 1: ``bad argument #1 to 'sleep' (…)``.
    pub fn argument(position: usize, text: impl Into<String>) -> Raise {
        Raise::Argument(position, text.into())
    }
}

impl From<mlua::Error> for Raise {
    fn from(error: mlua::Error) -> Raise {
        match &error {
            mlua::Error::BadArgument { pos, cause, .. } => Raise::Argument(*pos, errors::root_message(cause)),
            mlua::Error::FromLuaConversionError { .. } => Raise::Argument(1, errors::root_message(&error)),
            // The message of a Lua error has its own position already.
            mlua::Error::RuntimeError(_) | mlua::Error::SyntaxError { .. } | mlua::Error::CallbackError { .. } => {
                Raise::Value(Value::Error(Box::new(error)))
            }
            _ => Raise::Message(errors::root_message(&error)),
        }
    }
}

impl From<crate::io::Interrupted> for Raise {
    fn from(interrupted: crate::io::Interrupted) -> Raise {
        Raise::Message(interrupted.to_string())
    }
}

impl From<errors::LuaFailure> for Raise {
    fn from(failure: errors::LuaFailure) -> Raise {
        Raise::Value(failure.value)
    }
}

/// Makes a Lua function of `function`. `name` is the full one that tracebacks show: `lithops.map`.
///
/// Wrong arguments become ``bad argument #1 to 'map' (table expected, got string)``.
pub fn bind<F, A, R>(lua: &Lua, name: &str, function: F) -> mlua::Result<Function>
where
    F: Fn(&Lua, A) -> Result<R, Raise> + 'static,
    A: FromLuaMulti,
    R: IntoLuaMulti,
{
    let inner = inner(lua, function)?;
    // SAFETY: pops the function that was pushed, pushes the closure over it.
    let outer: Function = unsafe { lua.exec_raw(inner, |state| ffi::lua_pushcclosure(state, raise_or_return, 1)) }?;
    traceback::name_function(lua, &outer, name)?;
    Ok(outer)
}

/// The function without the one around it, for a C function of another kind that ends in [`raise_or_return`].
pub(super) fn inner<F, A, R>(lua: &Lua, function: F) -> mlua::Result<Function>
where
    F: Fn(&Lua, A) -> Result<R, Raise> + 'static,
    A: FromLuaMulti,
    R: IntoLuaMulti,
{
    lua.create_function(move |lua, args: Arguments<A>| {
        Ok(match args.0.map_err(Raise::from).and_then(|args| function(lua, args)) {
            Ok(values) => Outcome::Returned(values),
            Err(raise) => Outcome::Raised(raise),
        })
    })
}

/// Arguments, or what is wrong with them: the error must not leave through mlua.
struct Arguments<A>(mlua::Result<A>);

impl<A: FromLuaMulti> FromLuaMulti for Arguments<A> {
    fn from_lua_multi(values: MultiValue, lua: &Lua) -> mlua::Result<Self> {
        Ok(Arguments(A::from_lua_args(values, 1, None, lua)))
    }

    unsafe fn from_stack_args(count: c_int, first: usize, to: Option<&str>, lua: &RawLua) -> mlua::Result<Self> {
        // SAFETY: the caller's promises, passed on.
        Ok(Arguments(unsafe { A::from_stack_args(count, first, to, lua) }))
    }
}

enum Outcome<R> {
    Returned(R),
    Raised(Raise),
}

/// The line that called the bound function that is running, as messages begin with it: `pipeline.lua:3: `. Empty if
/// that was no Lua code.
pub fn caller_position(lua: &Lua) -> String {
    // Level 0 is the closure, and level 1 `raise_or_return` around it.
    let position = lua.inspect_stack(2, |frame| {
        let line = frame.current_line()?;
        Some(format!("{}:{line}: ", frame.source().short_src?))
    });
    position.flatten().unwrap_or_default()
}

/// Marks a failure: its address is a value that nothing else has.
static MARKER: u8 = 0;

pub(super) fn marker() -> LightUserData {
    LightUserData(ptr::from_ref(&MARKER).cast_mut().cast())
}

/// A failure behind its marker: marker, what to raise, and which kind it is: 0 a value, -1 a message, else an argument.
fn failure(raise: Raise) -> (LightUserData, Value, MessageText, c_int) {
    match raise {
        Raise::Value(Value::Error(error)) => (marker(), Value::Nil, MessageText(Some(errors::root_message(&error))), 0),
        Raise::Value(value) => (marker(), value, MessageText(None), 0),
        Raise::Message(text) => (marker(), Value::Nil, MessageText(Some(text)), -1),
        Raise::Argument(position, text) => {
            (marker(), Value::Nil, MessageText(Some(text)), c_int::try_from(position).unwrap_or(1))
        }
    }
}

struct MessageText(Option<String>);

impl mlua::IntoLua for MessageText {
    fn into_lua(self, lua: &Lua) -> mlua::Result<Value> {
        self.0.into_lua(lua)
    }
}

impl<R: IntoLuaMulti> IntoLuaMulti for Outcome<R> {
    fn into_lua_multi(self, lua: &Lua) -> mlua::Result<MultiValue> {
        let raise = match self {
            Outcome::Returned(values) => match values.into_lua_multi(lua) {
                Ok(values) => return Ok(values),
                Err(error) => error.into(),
            },
            Outcome::Raised(raise) => raise,
        };
        failure(raise).into_lua_multi(lua)
    }

    unsafe fn push_into_stack_multi(self, lua: &RawLua) -> mlua::Result<c_int> {
        let raise = match self {
            // SAFETY: the caller's promises, passed on.
            Outcome::Returned(values) => match unsafe { values.push_into_stack_multi(lua) } {
                Ok(count) => return Ok(count),
                Err(error) => error.into(),
            },
            Outcome::Raised(raise) => raise,
        };
        // SAFETY: the same; values that a failed conversion left below are not counted.
        unsafe { failure(raise).push_into_stack_multi(lua) }
    }
}

/// The function that Lua sees; the bound one is its first upvalue.
///
/// # Safety
/// As for any C function: to be called by the VM, or by the C function whose frame this is, with its arguments on the stack.
pub(super) unsafe extern "C-unwind" fn raise_or_return(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: the stack holds the arguments and has room for 20 values more. Nothing that has a destructor is
    // alive where an error is thrown.
    unsafe {
        let count = ffi::lua_gettop(state);
        // What may be `self` stays below, for messages.
        if ffi::lua_type(state, 1) == ffi::LUA_TTABLE {
            ffi::lua_pushvalue(state, 1);
        } else {
            ffi::lua_pushnil(state);
        }
        ffi::lua_insert(state, 1);
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_insert(state, 2);
        ffi::lua_call(state, count, ffi::LUA_MULTRET);
        let count = ffi::lua_gettop(state) - 1;
        if count != 4
            || ffi::lua_type(state, 2) != ffi::LUA_TLIGHTUSERDATA
            || ffi::lua_touserdata(state, 2) != marker().0
        {
            return count;
        }
        let kind = ffi::lua_tointeger(state, 5) as c_int;
        ffi::lua_settop(state, 4);
        if ffi::lua_isnil(state, 4) != 0 {
            ffi::lua_settop(state, 3);
        }
        if kind != 0 {
            push_message(state, kind);
            ffi::luaL_where(state, 1);
            ffi::lua_insert(state, -2);
            ffi::lua_concat(state, 2);
        }
        ffi::lua_error(state)
    }
}

/// Puts what scripts read in place of the text on top: of an argument at `position`, ``bad argument #1 to 'name' (text)``, counting as
/// the call was written; of a function of `lithops` that was called with a colon, that this is the mistake.
unsafe fn push_message(state: *mut ffi::lua_State, position: c_int) {
    // SAFETY: level 0 is the running function; the names are valid until it returns.
    unsafe {
        let mut frame: ffi::lua_Debug = std::mem::zeroed();
        let mut position = position;
        ffi::lua_getstack(state, 0, &mut frame);
        ffi::lua_getinfo(state, c"nf".as_ptr(), &mut frame);
        // On top is the function; its known name is better than the caller's for it.
        ffi::lua_pushvalue(state, -1);
        traceback::push_name(state);
        let full =
            if ffi::lua_type(state, -1) == ffi::LUA_TSTRING { ffi::lua_tostring(state, -1) } else { ptr::null() };
        let name = match (full.is_null(), frame.name.is_null()) {
            (false, _) => last_part(full),
            (true, false) => frame.name,
            (true, true) => c"?".as_ptr(),
        };
        // A tail call shows the name by which the function was called that it took the place of.
        let is_method = !frame.namewhat.is_null()
            && CStr::from_ptr(frame.namewhat) == c"method"
            && CStr::from_ptr(frame.name) == CStr::from_ptr(name);
        if is_method && !full.is_null() && is_of_lithops(full) && is_self(state, name) {
            ffi::lua_pushfstring(
                state,
                c"'%s' is called with a dot, as `%s(\u{2026})`, not with a colon".as_ptr(),
                name,
                full,
            );
            return;
        }
        let text = ffi::lua_tostring(state, -3);
        if position < 1 {
            ffi::lua_pushvalue(state, -3);
            return;
        }
        if is_method {
            position -= 1;
        }
        if position == 0 {
            ffi::lua_pushfstring(state, c"calling '%s' on bad self (%s)".as_ptr(), name, text);
        } else {
            ffi::lua_pushfstring(state, c"bad argument #%d to '%s' (%s)".as_ptr(), position, name, text);
        }
    }
}

/// Whether the first argument is the table whose field `name` is the function below the top.
unsafe fn is_self(state: *mut ffi::lua_State, name: *const c_char) -> bool {
    // SAFETY: index 1 is a table or nil; a raw read raises nothing, and the stack is left as it was.
    unsafe {
        if ffi::lua_type(state, 1) != ffi::LUA_TTABLE {
            return false;
        }
        ffi::lua_pushstring(state, name);
        ffi::lua_rawget(state, 1);
        let is_same = ffi::lua_rawequal(state, -1, -3) != 0;
        ffi::lua_settop(state, -2);
        is_same
    }
}

/// Whether it is `lithops.map`, say, and not `lithops.storage.get_object`.
unsafe fn is_of_lithops(name: *const c_char) -> bool {
    // SAFETY: a string of Lua's ends with a zero.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes();
    bytes.strip_prefix(b"lithops.").is_some_and(|rest| !rest.contains(&b'.'))
}

/// `map` of `lithops.map`.
unsafe fn last_part(name: *const c_char) -> *const c_char {
    // SAFETY: a string of Lua's ends with a zero, and the offset is within it.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes();
        let start = bytes.iter().rposition(|&byte| byte == b'.' || byte == b':').map_or(0, |dot| dot + 1);
        name.add(start)
    }
}
