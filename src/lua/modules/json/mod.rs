//! `json`: values as JSON and back.
//!
//! | file | |
//! |---|---|
//! | `decode` | text to values |
//! | `failure` | what is wrong with a text, and where |
//! | `encode` | values to text |
//! | `shape` | whether a table is an array or an object |
//! | `string` | strings as JSON writes them |
//! | `refusal` | what cannot be written, and the path to it |

mod decode;
mod encode;
mod failure;
mod refusal;
mod shape;
mod string;

use std::cell::RefCell;
use std::rc::Rc;

use mlua::{
    AnyUserData, BString, Function, Lua, LuaString, MetaMethod, Table, UserData, UserDataFields, UserDataMethods, Value,
};

use self::decode::{BigNumbers, decode};
use self::encode::{EncodeSettings, encode, encode_lines};
use super::position::byte_order_mark;
use super::source::{Lines, Source};
use crate::lua::bind::{Raise, bind};
use crate::lua::options::Options;

/// How deep arrays and objects may nest, both ways.
const MAX_DEPTH: usize = 1000;

/// The value of JSON's `null`.
struct Null;

impl UserData for Null {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "json.null");
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, _, ()| Ok("null"));
    }
}

/// The name of the value of `null` in the registry, for other formats.
const NULL: &str = "json.null";

/// `json.null`; nil if the module was never asked for.
pub(super) fn null(lua: &Lua) -> mlua::Result<Value> {
    lua.named_registry_value(NULL)
}

/// What raw code needs at hand, in a table.
#[derive(Clone)]
struct Kit(Table);

mod slot {
    use std::ffi::c_int;
    pub const NULL: c_int = 1;
    /// The metatable of what `json.array` marks.
    pub const ARRAY: c_int = 2;
    /// `ffi.istype` and two types of it; all nil without `ffi`.
    pub const IS_TYPE: c_int = 3;
    pub const INT64: c_int = 4;
    pub const UINT64: c_int = 5;
}

/// Where raw code finds what on its stack.
mod place {
    use std::ffi::c_int;
    pub const KIT: c_int = 1;
    pub const NULL: c_int = 2;
    pub const ARRAY: c_int = 3;
}

impl Kit {
    fn new(lua: &Lua, null: &AnyUserData, array: &Table) -> mlua::Result<Kit> {
        let kit = lua.create_table()?;
        kit.raw_set(slot::NULL, null)?;
        kit.raw_set(slot::ARRAY, array)?;
        let loaded: Table = lua.globals().raw_get::<Table>("package")?.raw_get("loaded")?;
        if let Some(ffi) = loaded.raw_get::<Option<Table>>("ffi")? {
            let type_of: Function = ffi.raw_get("typeof")?;
            kit.raw_set(slot::IS_TYPE, ffi.raw_get::<Function>("istype")?)?;
            kit.raw_set(slot::INT64, type_of.call::<Value>("int64_t")?)?;
            kit.raw_set(slot::UINT64, type_of.call::<Value>("uint64_t")?)?;
        }
        Ok(Kit(kit))
    }
}

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let null = lua.create_userdata(Null)?;
    let array = lua.create_table()?;
    array.raw_set("__name", "json.array")?;
    let kit = Kit::new(lua, &null, &array)?;
    lua.set_named_registry_value(NULL, &null)?;
    module.raw_set("null", null)?;
    module.raw_set("array_metatable", &array)?;
    module.raw_set("array", bind(lua, "json.array", move |lua, list: Option<Table>| mark(lua, list, &array))?)?;
    module.raw_set("decode", bind_decode(lua, kit.clone())?)?;
    module.raw_set("lines", bind_lines(lua, kit.clone())?)?;
    let of_one = kit.clone();
    let encode = bind(lua, "json.encode", move |lua, (value, options): (Value, Option<Table>)| {
        let settings = EncodeSettings::read(options, &["indent", "sort_keys"], "json.encode")?;
        encode(lua, &of_one, value, settings).map(BString::from)
    })?;
    module.raw_set("encode", encode)?;
    let encode_lines = bind(lua, "json.encode_lines", move |lua, (list, options): (Table, Option<Table>)| {
        let settings = EncodeSettings::read(options, &["sort_keys"], "json.encode_lines")?;
        encode_lines(lua, &kit, list, settings).map(BString::from)
    })?;
    module.raw_set("encode_lines", encode_lines)?;
    Ok(module)
}

fn mark(lua: &Lua, list: Option<Table>, array: &Table) -> Result<Table, Raise> {
    let list = list.map_or_else(|| lua.create_table(), Ok)?;
    match list.metatable() {
        Some(metatable) if metatable != *array => return Err(Raise::argument(1, "the table has a metatable already")),
        Some(_) => {}
        None => list.set_metatable(Some(array.clone()))?,
    }
    Ok(list)
}

fn big_numbers(options: Option<Table>, function: &'static str) -> Result<BigNumbers, Raise> {
    let choice = Options::new(options, &["big_numbers"], function)?.choice("big_numbers", &["string", "double"])?;
    Ok(match choice {
        Some("string") => BigNumbers::String,
        Some(_) => BigNumbers::Double,
        None => BigNumbers::Refused,
    })
}

fn bind_decode(lua: &Lua, kit: Kit) -> mlua::Result<Function> {
    bind(lua, "json.decode", move |lua, (text, options): (LuaString, Option<Table>)| {
        let big_numbers = big_numbers(options, "json.decode")?;
        let text = text.as_bytes();
        let start = byte_order_mark(&text);
        match decode(lua, &kit, &text[start..], big_numbers)? {
            Ok(value) => Ok((value, None)),
            Err(failure) => Ok((Value::Nil, Some(failure.describe(&text[start..], 0)))),
        }
    })
}

fn bind_lines(lua: &Lua, kit: Kit) -> mlua::Result<Function> {
    bind(lua, "json.lines", move |lua, (source, options): (Value, Option<Table>)| {
        let big_numbers = big_numbers(options, "json.lines")?;
        let lines = Rc::new(RefCell::new(Lines::new(Source::new(lua, source, "json.lines")?)));
        let kit = kit.clone();
        Ok(bind(lua, "json.lines", move |lua, ()| {
            let Ok(mut lines) = lines.try_borrow_mut() else {
                return Err(Raise::message("json.lines: the iterator is called while it reads"));
            };
            next_line(lua, &kit, &mut lines, big_numbers)
        })?)
    })
}

/// The value of the next line that is not blank; nil at the end.
fn next_line(lua: &Lua, kit: &Kit, lines: &mut Lines, big_numbers: BigNumbers) -> Result<Value, Raise> {
    while let Some(mut line) = lines.next(lua)? {
        let before = lines.count - 1;
        if before == 0 {
            line.start += byte_order_mark(&lines.text()[line.clone()]);
        }
        let text = &lines.text()[line];
        if text.trim_ascii().is_empty() {
            continue;
        }
        return decode(lua, kit, text, big_numbers)?
            .map_err(|failure| Raise::message(format!("json.lines: {}", failure.describe(text, before))));
    }
    Ok(Value::Nil)
}
