//! Tables to text.

use std::collections::HashSet;
use std::ffi::c_int;

use mlua::ffi::{self, lua_State};
use mlua::{Lua, LuaString, Table, Value};

use super::columns::is_names;
use super::dialect::Dialect;
use super::keys::{Keys, count_of_rows, keys, sorted_names, type_name};
use crate::codec::raw;
use crate::lua::bind::Raise;
use crate::lua::modules::json;
use crate::lua::modules::number::put_number;
use crate::lua::options::Options;

/// Writes rows, one after the other.
pub(super) struct RowWriter {
    dialect: Dialect,
    header: Header,
    line_end: &'static [u8],
    function: &'static str,
    progress: Progress,
}

/// What is written so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Progress {
    has_header: bool,
    /// How many rows there are, without the header.
    rows: u64,
}

enum Header {
    None,
    /// The names of the first row, which is yet to come.
    OfFirstRow,
    Names {
        names: Vec<Box<[u8]>>,
        /// A row may have others, which are left out.
        is_choice: bool,
    },
}

/// Where raw code finds what on its stack.
mod place {
    use std::ffi::c_int;
    /// `json.null`, or nil.
    pub const NULL: c_int = 1;
    pub const VALUE: c_int = 2;
}

/// What is wrong with a row.
type Written = Result<(), String>;

impl RowWriter {
    pub fn new(options: Option<Table>, function: &'static str) -> Result<RowWriter, Raise> {
        let options = Options::new(options, &["separator", "quote", "header", "newline"], function)?;
        let header = match options.value("header")? {
            None | Some(Value::Boolean(false)) => Header::None,
            Some(Value::Boolean(true)) => Header::OfFirstRow,
            Some(Value::Table(list)) if is_names(&list) => {
                Header::Names { names: distinct(&list, function)?, is_choice: true }
            }
            Some(other) => return Err(options.refuse("header", "true, false or a list of names", &other)),
        };
        let line_end: &[u8] = match options.choice("newline", &["\n", "\r\n"])? {
            Some("\r\n") => b"\r\n",
            _ => b"\n",
        };
        let dialect = Dialect::read(&options)?;
        Ok(RowWriter { dialect, header, line_end, function, progress: Progress::default() })
    }

    /// Writes a list of rows, and the header even if there are none.
    pub fn write_all(&mut self, lua: &Lua, rows: &Table, out: &mut Vec<u8>) -> Result<(), Raise> {
        self.run(lua, rows, out, |writer, l, out| {
            // SAFETY: the list is at its place; a row of it goes above.
            unsafe {
                for row in 1..=count_of_rows(l, place::VALUE)? {
                    ffi::lua_rawgeti_(l, place::VALUE, row as c_int);
                    writer.row(l, place::VALUE + 1, out)?;
                    ffi::lua_settop(l, place::VALUE);
                }
            }
            Ok(())
        })?;
        self.finish(out)
    }

    /// Writes the header if no row did.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Raise> {
        self.put_header(out).map_err(|what| Raise::Message(format!("{}: {what}", self.function)))
    }

    /// Writes one row. If it is refused, the next one comes in its place.
    pub fn write(&mut self, lua: &Lua, row: &Table, out: &mut Vec<u8>) -> Result<(), Raise> {
        let before = self.progress;
        // SAFETY: the row is at its place.
        let outcome = self.run(lua, row, out, |writer, l, out| unsafe { writer.row(l, place::VALUE, out) });
        outcome.inspect_err(|_| self.go_back(before))
    }

    /// What is written so far, for [`RowWriter::go_back`].
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Forgets what was written since: it did not reach the output.
    pub fn go_back(&mut self, progress: Progress) {
        self.progress = progress;
        if !progress.has_header && matches!(self.header, Header::Names { is_choice: false, .. }) {
            self.header = Header::OfFirstRow;
        }
    }

    fn run(
        &mut self,
        lua: &Lua,
        value: &Table,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut RowWriter, *mut lua_State, &mut Vec<u8>) -> Written,
    ) -> Result<(), Raise> {
        let mut outcome = Ok(());
        let (this, outcome_slot) = (&mut *self, &mut outcome);
        // SAFETY: the closure finds null and the value on the stack, and leaves nothing. What it owns is dropped when the VM's
        // errors unwind.
        unsafe {
            lua.exec_raw::<()>((json::null(lua)?, value), move |l| {
                ffi::luaL_checkstack(l, 20, std::ptr::null());
                *outcome_slot = write(this, l, out);
                ffi::lua_settop(l, 0);
            })?;
        }
        outcome.map_err(|what| Raise::Message(format!("{}: {what}", self.function)))
    }

    /// # Safety
    /// There is a value at `row`, an absolute index, and ten free slots. The stack is balanced on success.
    unsafe fn row(&mut self, l: *mut lua_State, row: c_int, out: &mut Vec<u8>) -> Written {
        // SAFETY: as the caller promises.
        unsafe { self.put_row(l, row, out) }.map_err(|what| format!("row {}: {what}", self.progress.rows + 1))
    }

    /// # Safety
    /// As for `row`.
    unsafe fn put_row(&mut self, l: *mut lua_State, row: c_int, out: &mut Vec<u8>) -> Written {
        // SAFETY: as the caller promises; what follows is only called on a table.
        unsafe {
            if ffi::lua_type(l, row) != ffi::LUA_TTABLE {
                return Err(format!("a row is a table, not a {}", type_name(l, row)));
            }
            let keys = keys(l, row)?;
            if matches!(self.header, Header::OfFirstRow) {
                if keys.names == 0 {
                    return Err("`header = true` takes the names of the first row's cells, which has none".into());
                }
                self.header = Header::Names { names: sorted_names(l, row), is_choice: false };
            }
            self.put_header(out)?;
            if keys.names > 0 {
                self.named_cells(l, row, &keys, out)?;
            } else {
                self.listed_cells(l, row, &keys, out)?;
            }
        }
        self.progress.rows += 1;
        Ok(())
    }

    unsafe fn listed_cells(&self, l: *mut lua_State, row: c_int, keys: &Keys, out: &mut Vec<u8>) -> Written {
        let mut count = keys.length;
        if let Header::Names { names, .. } = &self.header {
            if count > names.len() {
                return Err(format!("{count} cells, and {} names in the header", names.len()));
            }
            count = names.len();
        }
        for column in 1..=count {
            // SAFETY: as for `row`.
            unsafe {
                ffi::lua_rawgeti_(l, row, column as c_int);
                self.cell(l, column == 1, count == 1, out).map_err(|what| format!("{what}, in column {column}"))?;
            }
        }
        if count == 0 {
            self.put_lone_empty(out)?;
        }
        out.extend_from_slice(self.line_end);
        Ok(())
    }

    unsafe fn named_cells(&self, l: *mut lua_State, row: c_int, keys: &Keys, out: &mut Vec<u8>) -> Written {
        let Header::Names { names, is_choice } = &self.header else {
            return Err("cells have names, and there is no `header`".into());
        };
        let mut found = 0;
        for (column, name) in names.iter().enumerate() {
            let shown = || String::from_utf8_lossy(name);
            // SAFETY: as for `row`.
            unsafe {
                raw::raw_field(l, row, name);
                found += usize::from(ffi::lua_isnil(l, -1) == 0);
                let is_alone = names.len() == 1;
                self.cell(l, column == 0, is_alone, out).map_err(|what| format!("{what}, in column `{}`", shown()))?;
            }
        }
        if found < keys.names && !is_choice {
            return Err("a cell has a name that the first row, and so the header, lacks".into());
        }
        out.extend_from_slice(self.line_end);
        Ok(())
    }

    /// Writes the value on top, and pops it.
    #[inline]
    unsafe fn cell(&self, l: *mut lua_State, is_first: bool, is_alone: bool, out: &mut Vec<u8>) -> Written {
        if !is_first {
            out.push(self.dialect.separator);
        }
        let start = out.len();
        // SAFETY: each accessor is called on a value of its type.
        unsafe {
            match ffi::lua_type(l, -1) {
                ffi::LUA_TSTRING => self.put_text(raw::string(l, -1), out)?,
                ffi::LUA_TNUMBER => {
                    put_number(out, ffi::lua_tonumber(l, -1));
                    self.quote_again(start, out)?;
                }
                ffi::LUA_TNIL => {}
                ffi::LUA_TBOOLEAN => {
                    let text = if ffi::lua_toboolean(l, -1) != 0 { "true" } else { "false" };
                    out.extend_from_slice(text.as_bytes());
                }
                _ if ffi::lua_rawequal(l, -1, place::NULL) != 0 => {}
                ffi::LUA_TCDATA => match whole_number(l) {
                    Some(digits) => out.extend_from_slice(digits),
                    None => return Err("a cdata cannot be a cell unless it is a 64-bit number".into()),
                },
                _ => return Err(format!("a {} cannot be a cell", type_name(l, -1))),
            }
            ffi::lua_pop(l, 1);
        }
        if is_alone && out.len() == start { self.put_lone_empty(out) } else { Ok(()) }
    }

    /// Writes the only cell of a line, which is empty: an empty line would be no row.
    fn put_lone_empty(&self, out: &mut Vec<u8>) -> Written {
        let Some(quote) = self.dialect.quote else {
            return Err("a row without a cell that has text cannot be written without quotes".into());
        };
        out.extend_from_slice(&[quote, quote]);
        Ok(())
    }

    /// Writes a text, in quotes if it has something that means more than itself.
    #[inline]
    fn put_text(&self, text: &[u8], out: &mut Vec<u8>) -> Written {
        let is_special = |byte: u8| self.is_special(byte);
        if !text.iter().copied().any(is_special) {
            out.extend_from_slice(text);
            return Ok(());
        }
        let Some(quote) = self.dialect.quote else {
            return Err("a cell with a separator or the end of a line cannot be written without quotes".into());
        };
        out.push(quote);
        let mut written = 0;
        for at in memchr::memchr_iter(quote, text) {
            out.extend_from_slice(&text[written..=at]);
            written = at;
        }
        out.extend_from_slice(&text[written..]);
        out.push(quote);
        Ok(())
    }

    /// Puts what was written from `start` on in quotes if it needs them: `1.5` where the separator is a point.
    #[inline]
    fn quote_again(&self, start: usize, out: &mut Vec<u8>) -> Written {
        if matches!(self.dialect.separator, b',' | b';' | b'\t' | b'|')
            || !out[start..].iter().any(|&b| self.is_special(b))
        {
            return Ok(());
        }
        let text = out.split_off(start);
        self.put_text(&text, out)
    }

    #[inline]
    fn is_special(&self, byte: u8) -> bool {
        byte == self.dialect.separator || matches!(byte, b'\n' | b'\r') || Some(byte) == self.dialect.quote
    }

    /// Writes the names, unless there are none or they are written.
    fn put_header(&mut self, out: &mut Vec<u8>) -> Written {
        let Header::Names { names, .. } = &self.header else { return Ok(()) };
        if self.progress.has_header {
            return Ok(());
        }
        for (column, name) in names.iter().enumerate() {
            if column > 0 {
                out.push(self.dialect.separator);
            }
            self.put_text(name, out)?;
        }
        if names.len() == 1 && names[0].is_empty() {
            self.put_lone_empty(out)?;
        }
        out.extend_from_slice(self.line_end);
        self.progress.has_header = true;
        Ok(())
    }
}

/// The names of a list, which are to be distinct: others could not be read again.
fn distinct(list: &Table, function: &str) -> Result<Vec<Box<[u8]>>, Raise> {
    let (mut names, mut seen) = (Vec::new(), HashSet::new());
    for name in list.sequence_values::<LuaString>() {
        let name: Box<[u8]> = name?.as_bytes().to_vec().into();
        if !seen.insert(name.clone()) {
            let name = String::from_utf8_lossy(&name);
            return Err(Raise::Message(format!("{function}: a second column is named {name:?} in `header`")));
        }
        names.push(name);
    }
    Ok(names)
}

/// The digits of the 64-bit number of LuaJIT's `ffi` on top, which becomes their string.
///
/// # Safety
/// There is a cdata on top, with two free slots.
unsafe fn whole_number<'a>(l: *mut lua_State) -> Option<&'a [u8]> {
    // SAFETY: the string stays on the stack as long as the digits are used.
    let text = unsafe {
        ffi::luaL_tolstring(l, -1, std::ptr::null_mut());
        ffi::lua_replace(l, -2);
        raw::string(l, -1)
    };
    let digits = text.strip_suffix(b"ULL").or_else(|| text.strip_suffix(b"LL"))?;
    let unsigned = digits.strip_prefix(b"-").unwrap_or(digits);
    (!unsigned.is_empty() && unsigned.iter().all(u8::is_ascii_digit)).then_some(digits)
}
