//! `text`: work on strings at the speed of the machine.
//!
//! | file | |
//! |---|---|
//! | `words` | runs of bytes of a class |
//! | `counter` | a table of words and their counts |
//! | `object` | the same as an object of Lua's |

mod counter;
mod object;
mod words;

use std::ffi::c_int;

use mlua::ffi::{self, lua_State};
use mlua::{Lua, LuaString, Table};

pub use self::counter::Counter;
use self::words::Class;
use crate::codec::raw::{self, CollectorPause};
use crate::lua::bind::{Raise, bind};
use crate::lua::options::Options;

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let lines = bind(lua, "text.lines", |lua, text: LuaString| {
        Ok(list(lua, &text.as_bytes(), |text, item| {
            let mut rest = text;
            while !rest.is_empty() {
                let end = memchr::memchr(b'\n', rest);
                let line = &rest[..end.unwrap_or(rest.len())];
                item(line.strip_suffix(b"\r").filter(|_| end.is_some()).unwrap_or(line));
                rest = end.map_or(&[], |end| &rest[end + 1..]);
            }
        })?)
    })?;
    module.raw_set("lines", lines)?;
    let words = bind(lua, "text.words", |lua, (text, options): (LuaString, Option<Table>)| {
        let WordOptions { class, to_lower } = WordOptions::read(options, "text.words")?;
        Ok(list(lua, &text.as_bytes(), |text, item| {
            let mut lowered = Vec::new();
            class.runs(text, |start, end| {
                let word = &text[start..end];
                if to_lower {
                    lowered.clear();
                    lowered.extend(word.iter().map(u8::to_ascii_lowercase));
                    item(&lowered);
                } else {
                    item(word);
                }
            });
        })?)
    })?;
    module.raw_set("words", words)?;
    let split = bind(lua, "text.split", |lua, (text, separator): (LuaString, LuaString)| {
        let separator = separator.as_bytes();
        if separator.is_empty() {
            return Err(Raise::argument(2, "a separator is not empty"));
        }
        Ok(list(lua, &text.as_bytes(), |text, item| {
            let mut start = 0;
            for at in memchr::memmem::find_iter(text, &separator[..]) {
                item(&text[start..at]);
                start = at + separator.len();
            }
            item(&text[start..]);
        })?)
    })?;
    module.raw_set("split", split)?;
    let count_words = bind(lua, "text.count_words", |lua, (text, options): (LuaString, Option<Table>)| {
        let WordOptions { class, to_lower } = WordOptions::read(options, "text.count_words")?;
        let mut counter = Counter::default();
        counter.add_words(&text.as_bytes(), class, to_lower);
        Ok(object::counts(lua, &counter)?)
    })?;
    module.raw_set("count_words", count_words)?;
    let trim = bind(lua, "text.trim", |lua, text: LuaString| {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
        let bytes = text.as_bytes();
        let start = bytes.iter().position(|byte| !is_space(byte)).unwrap_or(bytes.len());
        let end = bytes.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
        if end - start == bytes.len() { Ok(text.clone()) } else { Ok(lua.create_string(&bytes[start..end])?) }
    })?;
    module.raw_set("trim", trim)?;
    let starts_with = bind(lua, "text.starts_with", |_, (text, start): (LuaString, LuaString)| {
        Ok(text.as_bytes().starts_with(&start.as_bytes()))
    })?;
    module.raw_set("starts_with", starts_with)?;
    let ends_with = bind(lua, "text.ends_with", |_, (text, end): (LuaString, LuaString)| {
        Ok(text.as_bytes().ends_with(&end.as_bytes()))
    })?;
    module.raw_set("ends_with", ends_with)?;
    object::install(lua)?;
    module.raw_set("counter", bind(lua, "text.counter", |_, ()| Ok(Counter::default()))?)?;
    Ok(module)
}

/// What a word is.
#[derive(Clone, Copy)]
struct WordOptions {
    class: Class,
    to_lower: bool,
}

impl WordOptions {
    fn read(options: Option<Table>, function: &'static str) -> Result<WordOptions, Raise> {
        let options = Options::new(options, &["pattern", "lower"], function)?;
        let class = match options.choice("pattern", &["%a+", "%w+", "%S+"])? {
            Some("%a+") => Class::Letters,
            Some("%w+") => Class::Alphanumeric,
            _ => Class::NonSpace,
        };
        Ok(WordOptions { class, to_lower: options.boolean("lower")?.unwrap_or(false) })
    }
}

/// A list of strings: those with which `cut` calls its second argument.
fn list(lua: &Lua, text: &[u8], cut: impl FnOnce(&[u8], &mut dyn FnMut(&[u8]))) -> mlua::Result<Table> {
    // SAFETY: the closure leaves one table. What it owns is dropped when the VM's errors unwind.
    unsafe {
        lua.exec_raw((), move |l: *mut lua_State| {
            ffi::luaL_checkstack(l, 10, std::ptr::null());
            let _pause = CollectorPause::for_message(l, text.len());
            ffi::lua_createtable(l, 0, 0);
            let mut count: c_int = 0;
            cut(text, &mut |item| {
                raw::push_string(l, item);
                count += 1;
                ffi::lua_rawseti_(l, -2, count);
            });
        })
    }
}
