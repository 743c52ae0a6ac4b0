//! Modules of the standard library that are written in Rust: `require "base64"` and the like.
//!
//! One file or folder a module, each with a function `open` that makes its table, and one line in [`ALL`]. A module is made
//! at the first `require`, so that those which nobody uses cost nothing. Its functions travel to workers by name, like those of the
//! VM itself; see [`parts`].

mod base64;
mod compress;
mod csv;
pub mod datetime;
mod fs;
mod hash;
mod http;
mod json;
mod number;
mod path;
mod position;
mod process;
mod recent;
pub mod regex;
mod source;
mod text;

use mlua::{Lua, Table, Value};

pub use fs::replace as replace_file;
pub use text::Counter as WordCounter;

/// A module of the standard library in Rust.
pub struct NativeModule {
    /// What `require` calls it.
    pub name: &'static str,
    /// Makes its table.
    pub open: fn(&Lua) -> mlua::Result<Table>,
}

/// Every module. A new one is a file here and a line in this list.
pub const ALL: &[NativeModule] = &[
    NativeModule { name: "base64", open: base64::open },
    NativeModule { name: "csv", open: csv::open },
    NativeModule { name: "json", open: json::open },
    NativeModule { name: "text", open: text::open },
    NativeModule { name: "compress", open: compress::open },
    NativeModule { name: "datetime", open: datetime::open },
    NativeModule { name: "fs", open: fs::open },
    NativeModule { name: "hash", open: hash::open },
    NativeModule { name: "http", open: http::open },
    NativeModule { name: "path", open: path::open },
    NativeModule { name: "process", open: process::open },
    NativeModule { name: "regex", open: regex::open },
];

/// The module `name`.
pub fn find(name: &str) -> Option<&'static NativeModule> {
    ALL.iter().find(|module| module.name == name)
}

/// What is in a module's table that cannot be sent by value, with its name: `("base64.encode", function)`.
pub fn parts(module: &NativeModule, table: &Table) -> mlua::Result<Vec<(String, Value)>> {
    let mut parts = Vec::new();
    for pair in table.pairs::<String, Value>() {
        let (field, value) = pair?;
        if matches!(value, Value::Function(_) | Value::Table(_) | Value::UserData(_) | Value::LightUserData(_)) {
            parts.push((format!("{}.{field}", module.name), value));
        }
    }
    Ok(parts)
}
