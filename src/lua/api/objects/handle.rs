//! `obj`: an object, or a piece of one, in the hands of the function that reads it.

use mlua::{AnyUserData, IntoLua, Lua, MetaMethod, MultiValue, Table, UserData, UserDataFields, Value};

use crate::lua::api::storage::{ObjectStream, raise};
use crate::lua::bind::{Raise, bind};
use crate::lua::call_with_traceback;
use crate::lua::session::Session;
use crate::lua::stream::{self, read_all};
use crate::storage::{ObjectSource, Piece, UNKNOWN_SIZE};

/// A piece of an object. It is opened when it is first read.
pub struct ObjectHandle(Piece);

impl ObjectHandle {
    /// What it is a piece of, and which.
    pub fn piece(&self) -> &Piece {
        &self.0
    }
}

/// `obj` for a piece.
pub fn make(lua: &Lua, piece: Piece) -> mlua::Result<AnyUserData> {
    lua.create_userdata(ObjectHandle(piece))
}

pub(in crate::lua::api) const METHODS: &str = "lithops.object.methods";

impl UserData for ObjectHandle {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "object");
        fields.add_meta_field_with(MetaMethod::Index, |lua| bind(lua, "object.__index", index));
    }

    fn add_methods<M: mlua::UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, ObjectHandle(piece), ()| {
            let part = match piece.total_parts {
                1 => String::new(),
                total => format!(", part {} of {total}", piece.part),
            };
            Ok(format!("object {}{part}", piece.url()))
        });
    }
}

fn index(lua: &Lua, (this, key): (AnyUserData, Value)) -> Result<Value, Raise> {
    let Value::String(name) = &key else { return Ok(Value::Nil) };
    let handle = this.borrow::<ObjectHandle>()?;
    let piece = &handle.0;
    let number = |number: u64| Ok(Value::Number(number as f64));
    match name.as_bytes().as_ref() {
        b"bucket" if !piece.bucket.is_empty() => Ok(piece.bucket.as_str().into_lua(lua)?),
        b"key" => Ok(piece.key.as_str().into_lua(lua)?),
        b"url" => Ok(piece.url().into_lua(lua)?),
        b"path" => {
            let config = Session::of(lua).config()?.clone();
            let path = ObjectSource::path(piece.scheme, &piece.bucket, &piece.key, &config);
            Ok(path.map(|path| path.to_string_lossy().into_owned()).into_lua(lua)?)
        }
        b"size" if piece.size_bytes != UNKNOWN_SIZE => number(piece.size_bytes),
        b"etag" if !piece.etag.is_empty() => Ok(piece.etag.as_str().into_lua(lua)?),
        b"part" => number(piece.part),
        b"total_parts" => number(piece.total_parts),
        b"chunk_size" => piece.chunk_size_bytes.map_or(Ok(Value::Nil), number),
        b"data_byte_range" if piece.end > piece.first && piece.end != UNKNOWN_SIZE => {
            let range = lua.create_sequence_from([piece.first as f64, (piece.end - 1) as f64])?;
            Ok(Value::Table(range))
        }
        b"data_stream" => {
            drop(handle);
            Ok(Value::UserData(stream_of(lua, &this)?))
        }
        _ => Ok(lua.named_registry_value::<Table>(METHODS)?.raw_get(key)?),
    }
}

/// The stream of the piece, which is opened by whoever asks first.
fn stream_of(lua: &Lua, this: &AnyUserData) -> Result<AnyUserData, Raise> {
    if let Some(stream) = this.user_value::<Option<AnyUserData>>()? {
        return Ok(stream);
    }
    let piece = this.borrow::<ObjectHandle>()?.0.clone();
    let session = Session::of(lua);
    let source = session.object_source(piece.scheme)?.map_err(|error| raise(lua, &error))?;
    let reader = crate::io::block_on(piece.open(&source))?.map_err(|error| raise(lua, &error))?;
    let stream = lua.create_userdata(ObjectStream::with_newline(reader, piece.newline.unwrap_or(b'\n')))?;
    this.set_user_value(&stream)?;
    Ok(stream)
}

fn object_of(value: &Value) -> Result<&AnyUserData, Raise> {
    match value.as_userdata().filter(|userdata| userdata.is::<ObjectHandle>()) {
        Some(object) => Ok(object),
        None => Err(Raise::argument(1, format!("object expected, got {}", value.type_name()))),
    }
}

/// The methods, which are those of the stream: what one has read the other does not give again.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let methods = lua.create_table()?;
    let read = bind(lua, "object.read", |lua, mut formats: MultiValue| {
        let this = formats.pop_front().unwrap_or(Value::Nil);
        let stream = stream_of(lua, object_of(&this)?)?;
        if formats.is_empty() {
            // The whole piece is what most want.
            formats.push_back("*a".into_lua(lua)?);
        }
        read_all(lua, &mut *stream.borrow_mut::<ObjectStream>()?, formats)
    })?;
    methods.raw_set("read", read)?;
    let lines = bind(lua, "object.lines", |lua, (this, format): (Value, Value)| {
        let stream = Value::UserData(stream_of(lua, object_of(&this)?)?);
        let lines = stream::method(lua, &stream, "lines")?.ok_or_else(|| Raise::message("the stream has no lines"))?;
        Ok(call_with_traceback(lua, &lines, (stream, format))?)
    })?;
    methods.raw_set("lines", lines)?;
    lua.set_named_registry_value(METHODS, methods)
}
