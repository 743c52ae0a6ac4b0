//! `csv`: tables as comma-separated values, and back.
//!
//! | file | |
//! |---|---|
//! | `dialect` | separators and quotes |
//! | `records` | text to records of fields, a piece at a time |
//! | `scan` | where in a record something is, for messages |
//! | `rows` | records to tables |
//! | `columns` | options that are lists of columns |
//! | `number` | which fields are numbers |
//! | `write` | tables to text |
//! | `keys` | the keys of rows |
//! | `writer` | the object that `csv.writer` gives |

mod columns;
mod dialect;
mod keys;
mod number;
mod records;
mod rows;
mod scan;
mod write;
mod writer;

use std::cell::RefCell;
use std::rc::Rc;

use mlua::{BString, Function, Lua, LuaString, Table, Value};

use self::rows::{ReadSettings, Rows, Trouble};
use self::write::RowWriter;
use super::source::Source;
use crate::lua::bind::{Raise, bind};

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    module.raw_set("decode", bind_decode(lua)?)?;
    module.raw_set("rows", bind_rows(lua)?)?;
    let encode = bind(lua, "csv.encode", |lua, (rows, options): (Table, Option<Table>)| {
        let mut writer = RowWriter::new(options, "csv.encode")?;
        let mut text = Vec::new();
        writer.write_all(lua, &rows, &mut text)?;
        Ok(BString::from(text))
    })?;
    module.raw_set("encode", encode)?;
    writer::install(lua)?;
    let make = bind(lua, "csv.writer", |lua, (out, options): (Value, Option<Table>)| {
        writer::Writer::create(lua, out, RowWriter::new(options, "csv.writer")?)
    })?;
    module.raw_set("writer", make)?;
    Ok(module)
}

fn bind_decode(lua: &Lua) -> mlua::Result<Function> {
    bind(lua, "csv.decode", |lua, (text, options): (LuaString, Option<Table>)| {
        let settings = ReadSettings::read(options, "csv.decode")?;
        let bytes = text.as_bytes().len();
        let mut rows = Rows::new(Source::new(lua, Value::String(text), "csv.decode")?, settings);
        match rows.all(lua, bytes) {
            Ok(list) => Ok((Value::Table(list), rows.names().map_or(Value::Nil, |names| Value::Table(names.clone())))),
            Err(Trouble::Malformed(error)) => Ok((Value::Nil, Value::String(lua.create_string(error)?))),
            Err(Trouble::Raised(raise)) => Err(raise),
        }
    })
}

fn bind_rows(lua: &Lua) -> mlua::Result<Function> {
    bind(lua, "csv.rows", |lua, (source, options): (Value, Option<Table>)| {
        let settings = ReadSettings::read(options, "csv.rows")?;
        let rows = Rc::new(RefCell::new(Rows::new(Source::new(lua, source, "csv.rows")?, settings)));
        Ok(bind(lua, "csv.rows", move |lua, ()| {
            let Ok(mut rows) = rows.try_borrow_mut() else {
                return Err(Raise::message("csv.rows: the iterator is called while it reads"));
            };
            rows.next(lua).map_err(|trouble| match trouble {
                Trouble::Malformed(error) => Raise::message(format!("csv.rows: {error}")),
                Trouble::Raised(raise) => raise,
            })
        })?)
    })
}
