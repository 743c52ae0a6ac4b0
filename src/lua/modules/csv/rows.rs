//! Records to tables.

use std::collections::{HashMap, HashSet};
use std::ffi::c_int;

use mlua::ffi::{self, lua_State};
use mlua::{Lua, LuaString, Table, Value};

use super::columns::{is_list, is_names};
use super::dialect::Dialect;
use super::number;
use super::records::{Batch, Records};
use crate::codec::raw::CollectorPause;
use crate::lua::bind::Raise;
use crate::lua::modules::recent::RecentStrings;
use crate::lua::modules::source::Source;
use crate::lua::options::Options;

/// How rows are to be read.
pub(super) struct ReadSettings {
    dialect: Dialect,
    header: Header,
    numbers: Numbers,
    trim: bool,
}

enum Header {
    /// Rows are lists.
    None,
    /// The first row has the names.
    FirstRow,
    Names(Table),
}

enum Numbers {
    None,
    All,
    /// Names or places of columns.
    Columns(Table),
}

/// Why there is no row.
#[derive(Clone)]
pub(super) enum Trouble {
    /// The text is at fault: what, and where.
    Malformed(String),
    Raised(Raise),
}

impl From<Raise> for Trouble {
    fn from(raise: Raise) -> Trouble {
        Trouble::Raised(raise)
    }
}

impl From<mlua::Error> for Trouble {
    fn from(error: mlua::Error) -> Trouble {
        Trouble::Raised(error.into())
    }
}

impl ReadSettings {
    pub fn read(options: Option<Table>, function: &'static str) -> Result<ReadSettings, Raise> {
        let known = ["separator", "quote", "comment", "header", "numbers", "trim"];
        let options = Options::new(options, &known, function)?;
        let header = match options.value("header")? {
            None | Some(Value::Boolean(false)) => Header::None,
            Some(Value::Boolean(true)) => Header::FirstRow,
            Some(Value::Table(names)) if is_names(&names) => Header::Names(names),
            Some(other) => return Err(options.refuse("header", "true, false or a list of names", &other)),
        };
        let numbers = match options.value("numbers")? {
            None | Some(Value::Boolean(false)) => Numbers::None,
            Some(Value::Boolean(true)) => Numbers::All,
            Some(Value::Table(columns)) if is_list(&columns) => Numbers::Columns(columns),
            Some(other) => return Err(options.refuse("numbers", "true, false or a list of columns", &other)),
        };
        let trim = options.boolean("trim")?.unwrap_or(false);
        Ok(ReadSettings { dialect: Dialect::read_with_comment(&options)?, header, numbers, trim })
    }
}

/// The rows of a text.
pub(super) struct Rows {
    records: Records,
    settings: ReadSettings,
    batch: Batch,
    /// What came of the header, once it was read: what was wrong with it is wrong with all that follows.
    begun: Option<Result<(), Trouble>>,
    /// The names of the columns, and how many there are.
    names: Option<(Table, usize)>,
    /// Which columns may be numbers.
    numeric: Numeric,
}

enum Numeric {
    None,
    All,
    Columns(Vec<bool>),
}

impl Rows {
    pub fn new(source: Source, settings: ReadSettings) -> Rows {
        let records = Records::new(source, settings.dialect);
        Rows { records, settings, batch: Batch::default(), begun: None, names: None, numeric: Numeric::None }
    }

    /// The names of the columns, once a row was read.
    pub fn names(&self) -> Option<&Table> {
        self.names.as_ref().map(|(names, _)| names)
    }

    /// The next row and the line on which it begins; nil at the end.
    pub fn next(&mut self, lua: &Lua) -> Result<(Value, Option<u64>), Trouble> {
        self.begin(lua)?;
        self.batch.clear();
        if !self.next_record(lua)? {
            return Ok((Value::Nil, None));
        }
        let line = self.records.line();
        let this = &*self;
        // SAFETY: the closure finds the names or nil on the stack, and leaves the row. It owns nothing.
        let row = unsafe {
            lua.exec_raw::<Value>(this.names(), move |l| {
                ffi::luaL_checkstack(l, 10, std::ptr::null());
                let mut strings = RecentStrings::new(l, 0);
                this.push_row(l, 1, 0, &mut strings);
                ffi::lua_replace(l, 1);
                ffi::lua_settop(l, 1);
            })?
        };
        Ok((row, Some(line)))
    }

    /// All rows that are left, in a list. Their source is a string.
    pub fn all(&mut self, lua: &Lua, text_bytes: usize) -> Result<Table, Trouble> {
        self.begin(lua)?;
        let list = lua.create_table()?;
        let names = self.names().cloned();
        let mut outcome = Ok(());
        let (this, outcome_slot) = (self, &mut outcome);
        // SAFETY: the closure finds the names or nil and the list on the stack, and leaves nothing. What it owns is dropped when
        // the VM's errors unwind.
        unsafe {
            lua.exec_raw::<()>((names, &list), move |l| {
                ffi::luaL_checkstack(l, 10, std::ptr::null());
                let _pause = CollectorPause::for_message(l, text_bytes);
                let mut strings = RecentStrings::new(l, text_bytes);
                *outcome_slot = this.push_all(lua, l, &mut strings);
                ffi::lua_settop(l, 0);
            })?;
        }
        outcome.map(|()| list)
    }

    /// # Safety
    /// The names or nil are at 1, and the list at 2.
    unsafe fn push_all(&mut self, lua: &Lua, l: *mut lua_State, strings: &mut RecentStrings) -> Result<(), Trouble> {
        let mut count: c_int = 0;
        loop {
            self.batch.clear();
            while !self.batch.is_full() && self.next_record(lua)? {}
            if self.batch.len() == 0 {
                return Ok(());
            }
            for place in 0..self.batch.len() {
                count += 1;
                // SAFETY: as the caller promises.
                unsafe {
                    self.push_row(l, 1, place, strings);
                    ffi::lua_rawseti_(l, 2, count);
                }
            }
        }
    }

    /// Pushes a row of the batch.
    ///
    /// # Safety
    /// There are four free slots, and at `names` the list of names if there is one.
    unsafe fn push_row(&self, l: *mut lua_State, names: c_int, place: usize, strings: &mut RecentStrings) {
        let fields = self.batch.record(place);
        let count = fields.len() as c_int;
        // SAFETY: as the caller promises.
        unsafe {
            if self.names.is_none() {
                ffi::lua_createtable(l, count, 0);
                for (column, field) in fields.enumerate() {
                    self.push_field(l, column, field, strings);
                    ffi::lua_rawseti_(l, -2, column as c_int + 1);
                }
            } else {
                ffi::lua_createtable(l, 0, count);
                for (column, field) in fields.enumerate() {
                    ffi::lua_rawgeti_(l, names, column as c_int + 1);
                    self.push_field(l, column, field, strings);
                    ffi::lua_rawset(l, -3);
                }
            }
        }
    }

    #[inline]
    unsafe fn push_field(&self, l: *mut lua_State, column: usize, field: &[u8], strings: &mut RecentStrings) {
        let field = if self.settings.trim { field.trim_ascii() } else { field };
        let is_numeric = match &self.numeric {
            Numeric::None => false,
            Numeric::All => true,
            Numeric::Columns(columns) => columns.get(column).copied().unwrap_or(false),
        };
        // SAFETY: as for `push_row`.
        unsafe {
            match is_numeric.then(|| number::exact(field)).flatten() {
                Some(number) => ffi::lua_pushnumber(l, number),
                None => strings.push(l, field),
            }
        }
    }

    /// Appends a record to the batch, if it is as it should be; false at the end.
    fn next_record(&mut self, lua: &Lua) -> Result<bool, Trouble> {
        if !self.records.next(lua, &mut self.batch)? {
            return Ok(false);
        }
        if let Some(position) = self.records.open_quote() {
            return Err(Trouble::Malformed(format!("a quote that is never closed at {position}")));
        }
        if let Some((_, expected)) = self.names {
            let found = self.batch.record(self.batch.len() - 1).len();
            if found != expected {
                let position = self.records.position_of_field(expected.min(found));
                return Err(Trouble::Malformed(format!(
                    "a row has {found} fields, and the header {expected}, at {position}"
                )));
            }
        }
        Ok(true)
    }

    /// Reads the header, if there is one.
    fn begin(&mut self, lua: &Lua) -> Result<(), Trouble> {
        if let Some(begun) = &self.begun {
            return begun.clone();
        }
        let begun = self.read_header(lua);
        self.begun = Some(begun.clone());
        begun
    }

    fn read_header(&mut self, lua: &Lua) -> Result<(), Trouble> {
        // One string at a time: Rust can hold only some thousand values of the VM.
        let mut count = 0;
        let names = match &self.settings.header {
            Header::None => None,
            Header::Names(given) => {
                let names = lua.create_table()?;
                let mut seen = HashSet::new();
                for name in given.sequence_values::<LuaString>() {
                    let name = name?;
                    if !seen.insert(name.as_bytes().to_vec()) {
                        let name = name.to_string_lossy();
                        return Err(Trouble::Malformed(format!("a second column is named {name:?} in `header`")));
                    }
                    count += 1;
                    names.raw_set(count, name)?;
                }
                Some(names)
            }
            Header::FirstRow => {
                if !self.next_record(lua)? {
                    return Ok(());
                }
                let trim = self.settings.trim;
                let fields = self.batch.record(0);
                let names = lua.create_table_with_capacity(fields.len(), 0)?;
                let mut seen = HashSet::with_capacity(fields.len());
                for field in fields {
                    let name = if trim { field.trim_ascii() } else { field };
                    if !seen.insert(name) {
                        let position = self.records.position_of_field(count);
                        let name = String::from_utf8_lossy(name);
                        return Err(Trouble::Malformed(format!("a second column is named {name:?} at {position}")));
                    }
                    count += 1;
                    names.raw_set(count, lua.create_string(name)?)?;
                }
                Some(names)
            }
        };
        self.names = names.map(|names| (names, count));
        self.numeric = self.numeric()?;
        Ok(())
    }

    fn numeric(&self) -> Result<Numeric, Trouble> {
        let columns = match &self.settings.numbers {
            Numbers::None => return Ok(Numeric::None),
            Numbers::All => return Ok(Numeric::All),
            Numbers::Columns(columns) => columns,
        };
        let mut places = HashMap::new();
        for name in self.names().into_iter().flat_map(Table::sequence_values::<LuaString>) {
            places.insert(name?.as_bytes().to_vec(), places.len());
        }
        // Without a header, a row may have any number of columns.
        let count = self.names.as_ref().map_or(1 << 20, |(_, count)| *count);
        let mut numeric = Vec::new();
        for column in columns.sequence_values::<Value>() {
            let column = column?;
            let place = match &column {
                Value::String(name) => places.get(&name.as_bytes()[..]).copied(),
                other => other.as_usize().and_then(|place| place.checked_sub(1)).filter(|place| *place < count),
            };
            let Some(place) = place else {
                let column = crate::lua::options::show(&column);
                return Err(Raise::Message(format!(
                    "csv: option `numbers` names the column {column}, which is not there"
                ))
                .into());
            };
            numeric.resize(numeric.len().max(place + 1), false);
            numeric[place] = true;
        }
        Ok(Numeric::Columns(numeric))
    }
}
