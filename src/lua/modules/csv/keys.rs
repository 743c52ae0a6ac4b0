//! The keys of rows, and of the list that they are in.

use std::ffi::{CStr, c_int};

use mlua::ffi::{self, lua_State};

use crate::codec::raw;
use crate::lua::modules::number::is_length_of_list;

/// What keys a row has.
pub(super) struct Keys {
    /// The largest one that is a number.
    pub length: usize,
    pub names: usize,
}

/// Looks at the keys of the table at `row`. Its length may be in field `n`.
///
/// # Safety
/// As for `RowWriter::row`.
pub(super) unsafe fn keys(l: *mut lua_State, row: c_int) -> Result<Keys, String> {
    /// More cells than any row has: a table with such a key is no row.
    const MAX_CELLS: f64 = 1_048_576.0;
    let (mut length, mut cells, mut names, mut n) = (0.0f64, 0, 0, None);
    // SAFETY: `lua_next` replaces a key by the next one and its value; each accessor is called on a value of its type.
    unsafe {
        ffi::lua_pushnil(l);
        while ffi::lua_next(l, row) != 0 {
            match ffi::lua_type(l, -2) {
                ffi::LUA_TNUMBER => {
                    let key = ffi::lua_tonumber(l, -2);
                    if key.fract() != 0.0 || !(1.0..=MAX_CELLS).contains(&key) {
                        return Err(format!("{key} is no place of a cell"));
                    }
                    length = length.max(key);
                    cells += 1;
                }
                ffi::LUA_TSTRING => {
                    names += 1;
                    if raw::string(l, -2) == b"n" && ffi::lua_type(l, -1) == ffi::LUA_TNUMBER {
                        n = Some(ffi::lua_tonumber(l, -1));
                    }
                }
                _ => return Err(format!("a cell has a {} for its name", type_name(l, -2))),
            }
            ffi::lua_pop(l, 1);
        }
    }
    if let (1, Some(n)) = (names, n)
        && length > 0.0
        && (length..=MAX_CELLS).contains(&n)
        && n.fract() == 0.0
    {
        (length, names) = (n, 0);
    }
    if names > 0 && length > 0.0 {
        return Err("a row has cells with names and cells without".into());
    }
    if !is_length_of_list(length, cells) {
        return Err(format!("a row of {length} cells has {cells} that are not nil; empty strings can fill the gaps"));
    }
    Ok(Keys { length: length as usize, names })
}

/// The keys of the table at `row`, which are strings, in order of their bytes.
///
/// # Safety
/// As for `RowWriter::row`.
pub(super) unsafe fn sorted_names(l: *mut lua_State, row: c_int) -> Vec<Box<[u8]>> {
    let mut names: Vec<Box<[u8]>> = Vec::new();
    // SAFETY: as for `keys`.
    unsafe {
        ffi::lua_pushnil(l);
        while ffi::lua_next(l, row) != 0 {
            names.push(raw::string(l, -2).into());
            ffi::lua_pop(l, 1);
        }
    }
    names.sort_unstable();
    names
}

/// How many rows the list at `list` has: up to its largest key, or as many as its field `n` says. Some of them may be nil.
///
/// # Safety
/// As for `RowWriter::row`.
pub(super) unsafe fn count_of_rows(l: *mut lua_State, list: c_int) -> Result<usize, String> {
    let (mut last, mut n) = (0.0f64, None);
    // SAFETY: as for `keys`.
    unsafe {
        ffi::lua_pushnil(l);
        while ffi::lua_next(l, list) != 0 {
            let shown = match ffi::lua_type(l, -2) {
                ffi::LUA_TNUMBER => {
                    let key = ffi::lua_tonumber(l, -2);
                    last = last.max(key);
                    (key.fract() != 0.0 || key < 1.0).then(|| key.to_string())
                }
                ffi::LUA_TSTRING if raw::string(l, -2) == b"n" && ffi::lua_type(l, -1) == ffi::LUA_TNUMBER => {
                    n = Some(ffi::lua_tonumber(l, -1));
                    None
                }
                ffi::LUA_TSTRING => Some(format!("{:?}", String::from_utf8_lossy(raw::string(l, -2)))),
                _ => Some(format!("a {}", type_name(l, -2))),
            };
            if let Some(key) = shown {
                return Err(format!("the rows must be a list, and one of their keys is {key}"));
            }
            ffi::lua_pop(l, 1);
        }
    }
    match n {
        Some(n) if n < last || n.fract() != 0.0 => Err(format!("a list of {last} rows has {n} in its field `n`")),
        n => Ok(n.unwrap_or(last) as usize),
    }
}

/// # Safety
/// There is a value at `index`.
pub(super) unsafe fn type_name(l: *mut lua_State, index: c_int) -> String {
    // SAFETY: names of types are constants of the VM.
    unsafe { CStr::from_ptr(ffi::lua_typename(l, ffi::lua_type(l, index))).to_string_lossy().into_owned() }
}
