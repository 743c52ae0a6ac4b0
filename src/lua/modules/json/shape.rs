//! Whether a table is an array or an object, where its first key does not tell.

use std::ffi::c_int;

use mlua::ffi::{self, lua_State};

use super::refusal::Refusal;
use crate::codec::raw;
use crate::lua::modules::number::is_length_of_list;

/// What a table is as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// If the length is in field `n`, as `table.pack` leaves it, what is not there is null.
    Array {
        length: usize,
    },
    Object,
}

/// Looks at all keys of the table at `table`.
///
/// # Safety
/// There is a table at `table`, an absolute index, and four free slots.
pub(super) unsafe fn shape(l: *mut lua_State, table: c_int, is_marked: bool) -> Result<Shape, Box<Refusal>> {
    let (mut whole, mut names, mut largest) = (0usize, 0usize, 0.0f64);
    let mut n = None;
    // SAFETY: `lua_next` replaces a key by the next one and its value; each accessor is called on a value of its type.
    unsafe {
        ffi::lua_pushnil(l);
        while ffi::lua_next(l, table) != 0 {
            match ffi::lua_type(l, -2) {
                ffi::LUA_TNUMBER => {
                    let key = ffi::lua_tonumber(l, -2);
                    if key.fract() != 0.0 || key < 1.0 {
                        return Err(Refusal::new(format!("the key {key} is neither a name nor a place in an array")));
                    }
                    whole += 1;
                    largest = largest.max(key);
                }
                ffi::LUA_TSTRING => {
                    names += 1;
                    if raw::string(l, -2) == b"n" && ffi::lua_type(l, -1) == ffi::LUA_TNUMBER {
                        n = Some(ffi::lua_tonumber(l, -1));
                    }
                }
                other => {
                    let name = std::ffi::CStr::from_ptr(ffi::lua_typename(l, other)).to_string_lossy();
                    return Err(Refusal::new(format!("a key is a {name}, and must be a string")));
                }
            }
            ffi::lua_pop(l, 1);
        }
    }
    if let Some(n) = n.filter(|n| names == 1 && (whole > 0 || is_marked) && *n >= largest && n.fract() == 0.0) {
        if !is_length_of_list(n, whole) {
            return Err(Refusal::new(format!(
                "an array has {whole} elements, and {n} in its field `n`; `json.null` can fill the gaps"
            )));
        }
        return Ok(Shape::Array { length: n as usize });
    }
    if names > 0 && (whole > 0 || is_marked) {
        let what =
            if is_marked { "an array has names among its keys" } else { "a table has both names and numbers as keys" };
        return Err(Refusal::new(what));
    }
    if names > 0 {
        return Ok(Shape::Object);
    }
    if largest != whole as f64 {
        return Err(Refusal::new(format!(
            "an array has {whole} elements, the last of which is number {largest}; `json.null` can fill the gaps"
        )));
    }
    Ok(Shape::Array { length: whole })
}
