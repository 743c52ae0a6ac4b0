//! Which elements of an input are stored objects, and where these are.

use std::path::PathBuf;

use bytes::Bytes;
use mlua::{Function, Lua, Table, UserData, Value};

use super::handle::ObjectHandle;
use super::options::ObjectOptions;
use crate::codec::EncodeOptions;
use crate::config::Config;
use crate::job::{ObjectInput, ObjectPlan};
use crate::lua::api::iterdata::{Encoding, length};
use crate::lua::bind::Raise;
use crate::lua::call_with_traceback;
use crate::lua::options::show;
use crate::lua::session::Session;
use crate::lua::userdata::type_name;
use crate::storage::{Address, CloudObject, Scheme, Selector};

/// `lithops.objects(addresses, opts)`: addresses that are opened whatever the function calls its parameter.
pub struct Objects {
    addresses: Value,
    options: ObjectOptions,
}

impl Objects {
    pub(super) fn new(lua: &Lua, addresses: Value, options: Option<Table>) -> Result<Objects, Raise> {
        let options = ObjectOptions::of_table(options)?;
        // A mistake is told here, not where it is used.
        for element in elements(lua, &addresses, 1)? {
            let element = element?;
            input(lua, &element.value, None, Wanted::Named).map_err(|why| element.refuse(1, &why))?;
        }
        Ok(Objects { addresses, options })
    }
}

impl UserData for Objects {
    fn add_methods<M: mlua::UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(mlua::MetaMethod::ToString, |_, _, ()| Ok("objects as input"));
    }
}

/// The input of a job, looked at.
pub enum Input {
    /// Stored objects.
    Objects(Box<ObjectPlan>),
    /// Values: what was passed, or an iterator that gives the same.
    Values(Value),
}

/// What a job reads: stored objects, or values.
pub fn read(
    lua: &Lua,
    function: &Function,
    data: Value,
    options: ObjectOptions,
    encoding: &Encoding,
    config: &Config,
) -> Result<Input, Raise> {
    let objects = data.as_userdata().and_then(|userdata| userdata.borrow::<Objects>().ok());
    let objects = objects.map(|objects| (objects.addresses.clone(), objects.options.or(options), Wanted::Named));
    let (addresses, options, wanted) = match objects {
        Some(objects) => objects,
        None if takes_object(lua, function) => match named(lua, data)? {
            Named::Addresses(addresses) => (addresses, options, Wanted::ByParameter),
            Named::Values(data) => return Ok(Input::Values(data)),
        },
        None => return Ok(Input::Values(data)),
    };
    let mut inputs = Vec::new();
    for element in elements(lua, &addresses, 2)? {
        let element = element?;
        let input = input(lua, &element.value, Some(encoding), wanted).map_err(|why| element.refuse(2, &why))?;
        if let Some(piece) = &input.piece
            && options.are_set()
        {
            let why = format!(
                "it is part {} of {} already, and options `obj_…` cut whole objects: pass its `url`",
                piece.part, piece.total_parts
            );
            return Err(element.refuse(2, &why));
        }
        if config.lithops.backend == "aws_lambda" && input.address.scheme.is_of_this_machine() {
            let why = format!("functions on AWS Lambda cannot read {}: put it into a bucket of S3", input.address);
            return Err(Raise::argument(2, why));
        }
        inputs.push(input);
    }
    let plan = ObjectPlan { inputs, cut: options.cut(), newline: options.newline(), config: config.clone() };
    Ok(Input::Objects(Box::new(plan)))
}

/// Whether the function's first parameter is `obj`: LuaJIT keeps the names.
fn takes_object(lua: &Lua, function: &Function) -> bool {
    let name = lua.globals().raw_get::<Table>("debug").and_then(|debug| {
        let get_local: Function = debug.raw_get("getlocal")?;
        get_local.call::<Option<String>>((function, 1))
    });
    matches!(name, Ok(Some(name)) if name == "obj")
}

/// What a function whose parameter is `obj` is called with.
enum Named {
    /// A list or one of them.
    Addresses(Value),
    Values(Value),
}

/// Looks at the first element: if it is an address or names an object, all must. Tables and numbers are plain values.
fn named(lua: &Lua, data: Value) -> Result<Named, Raise> {
    let is_named = match &data {
        Value::Function(next) => return named_by_iterator(lua, next),
        // An empty list is an empty list of addresses, too: then there is nothing to be done, whatever the options say.
        Value::Table(list) if !is_arguments(lua, list) => list.is_empty() || is_address(lua, &list.raw_get(1)?)?,
        other => is_address(lua, other)?,
    };
    Ok(if is_named { Named::Addresses(data) } else { Named::Values(data) })
}

/// Reads an iterator of addresses to its end. Of others it gives one that still has the first value.
fn named_by_iterator(lua: &Lua, next: &Function) -> Result<Named, Raise> {
    let pull = |state: Value| -> Result<Value, Raise> {
        let mut values = call_with_traceback(lua, next, (Value::Nil, state))?;
        Ok(values.pop_front().unwrap_or(Value::Nil))
    };
    let mut value = pull(Value::Nil)?;
    if value.is_nil() || is_address(lua, &value)? {
        let list = lua.create_table()?;
        while !value.is_nil() {
            list.raw_push(&value)?;
            value = pull(value)?;
        }
        return Ok(Named::Addresses(Value::Table(list)));
    }
    let again = "local first, next = ... return function(...) local value = first if value ~= nil then first = nil return value end \
                 return next(...) end";
    Ok(Named::Values(lua.load(again).set_name("=lithops").call((value, next))?))
}

fn is_address(lua: &Lua, value: &Value) -> Result<bool, Raise> {
    Ok(match value {
        Value::String(_) => true,
        Value::UserData(userdata) => userdata.is::<CloudObject>() || userdata.is::<ObjectHandle>(),
        Value::Table(table) => is_arguments(lua, table) && is_address(lua, &table.raw_get(1)?)?,
        _ => false,
    })
}

fn is_arguments(lua: &Lua, table: &Table) -> bool {
    let session = Session::of(lua);
    let arguments = session.args_metatable.get();
    arguments.is_some() && table.metatable().as_ref() == arguments
}

/// An element and where it is, if it is in a list.
struct Element {
    value: Value,
    index: Option<usize>,
}

impl Element {
    fn refuse(&self, position: usize, why: &str) -> Raise {
        let place = self.index.map_or_else(String::new, |index| format!("element {index}, {}: ", show(&self.value)));
        Raise::argument(position, format!("{place}{why}"))
    }
}

/// One address, or the elements of a list. The argument has this position.
fn elements(
    lua: &Lua,
    addresses: &Value,
    position: usize,
) -> Result<impl Iterator<Item = mlua::Result<Element>> + use<>, Raise> {
    let (list, single, count) = match addresses {
        Value::Table(table) if !is_arguments(lua, table) => (Some(table.clone()), None, length(lua, table)?),
        Value::String(_) | Value::UserData(_) | Value::Table(_) => (None, Some(addresses.clone()), 0),
        other => {
            let text = format!("address or list of addresses expected, got {}", type_name(other));
            return Err(Raise::argument(position, text));
        }
    };
    let single = single.map(|value| Ok(Element { value, index: None }));
    let listed = (1..=count).filter_map(move |index| {
        let value = list.as_ref()?.raw_get(index);
        Some(value.map(|value| Element { value, index: Some(index) }))
    });
    Ok(single.into_iter().chain(listed))
}

/// Why elements are taken for addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// They were passed to `lithops.objects`.
    Named,
    /// The function's first parameter is `obj`.
    ByParameter,
}

/// The object, or objects, that an element stands for. Without an `encoding` only the address is looked at.
fn input(lua: &Lua, element: &Value, encoding: Option<&Encoding>, wanted: Wanted) -> Result<ObjectInput, String> {
    let (named, further) = match element {
        Value::Table(table) if is_arguments(lua, table) => {
            let read = |index| table.raw_get::<Value>(index).map_err(|error| error.to_string());
            let count: usize = table.raw_get("n").map_err(|error| error.to_string())?;
            (read(1)?, (2..=count).map(read).collect::<Result<Vec<_>, _>>()?)
        }
        other => (other.clone(), Vec::new()),
    };
    let address = address(&named, wanted)?;
    let piece = named.as_userdata().and_then(|userdata| userdata.borrow::<ObjectHandle>().ok());
    let piece = piece.map(|object| object.piece().clone()).filter(|piece| !piece.is_whole());
    let arguments = match encoding {
        Some(encoding) if !further.is_empty() => {
            let options = EncodeOptions { include_modules: &[], ..encoding.options("the input") };
            let encoded = Session::of(lua).codec().encode(lua, &further, &options);
            Bytes::from(encoded.map_err(|error| error.to_string())?.bytes)
        }
        _ => Bytes::new(),
    };
    Ok(ObjectInput { address, piece, arguments })
}

fn address(named: &Value, wanted: Wanted) -> Result<Address, String> {
    if let Value::String(text) = named {
        let text = text.to_str().map_err(|_| "addresses are UTF-8, and this string is not".to_owned())?;
        let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        return Address::parse(&text, &folder).map_err(|why| match wanted {
            Wanted::Named => why,
            Wanted::ByParameter => {
                format!("{why}; if the function takes plain strings, call its parameter something else than `obj`")
            }
        });
    }
    let userdata = named.as_userdata();
    if let Some(object) = userdata.and_then(|userdata| userdata.borrow::<CloudObject>().ok()) {
        let scheme = if object.backend == "localhost" { Scheme::Local } else { Scheme::S3 };
        let selector = Selector::Key(object.key.clone());
        return Ok(Address { scheme, bucket: object.bucket.clone(), selector });
    }
    if let Some(object) = userdata.and_then(|userdata| userdata.borrow::<ObjectHandle>().ok()) {
        let piece = object.piece();
        let selector = Selector::Key(piece.key.clone());
        return Ok(Address { scheme: piece.scheme, bucket: piece.bucket.clone(), selector });
    }
    Err(format!("address, cloud object or `obj` expected, got {}", type_name(named)))
}
