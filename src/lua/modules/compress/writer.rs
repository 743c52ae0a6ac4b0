//! `compress.writer`: compresses what is written to it, and writes that to something else.

use mlua::{Function, Lua, LuaString, MetaMethod, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value};

use super::encoder::{Encoder, level};
use super::format_of;
use crate::lua::bind::{Raise, bind};
use crate::lua::call_with_traceback;
use crate::lua::options::Options;
use crate::lua::stream::method;
use crate::lua::userdata::{borrow_mut, type_name};
use crate::storage::CHUNK_BYTES;
use crate::storage::compression::Compression;

const METHODS: &str = "lithops.compress.writer";

struct Writer {
    /// `None`: closed.
    encoder: Option<Encoder>,
    /// What has a method `write`, and that method.
    out: Value,
    write: Function,
}

impl UserData for Writer {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "compressing writer");
        fields.add_meta_field_with(MetaMethod::Index, |lua| lua.named_registry_value::<Table>(METHODS));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(if this.encoder.is_some() { "compressing writer" } else { "compressing writer (closed)" })
        });
    }
}

pub(super) fn function(lua: &Lua) -> mlua::Result<Function> {
    lua.set_named_registry_value(METHODS, methods(lua)?)?;
    bind(lua, "compress.writer", |lua, (out, options): (Value, Option<Table>)| {
        let options = Options::new(options, &["format", "level"], "writer")?;
        let format = format_of(&options)?.unwrap_or(Compression::Gzip);
        let Some(write) = method(lua, &out, "write")? else {
            return Err(Raise::argument(1, format!("open file expected, got {}", type_name(&out))));
        };
        Ok(Writer { encoder: Some(Encoder::new(format, level(&options, format)?)?), out, write })
    })
}

fn methods(lua: &Lua) -> mlua::Result<Table> {
    let methods = lua.create_table()?;
    let write = bind(lua, "writer.write", |lua, mut pieces: MultiValue| {
        let this = pieces.pop_front().unwrap_or(Value::Nil);
        let mut writer = borrow_mut::<Writer>(&this, "compressing writer")?;
        for (index, piece) in pieces.into_iter().enumerate() {
            let Some(text) = lua.coerce_string(piece.clone())? else {
                return Err(Raise::argument(index + 2, format!("string expected, got {}", type_name(&piece))));
            };
            writer.write(lua, &text)?;
        }
        drop(writer);
        Ok(this)
    })?;
    methods.raw_set("write", write)?;
    let close = bind(lua, "writer.close", |lua, this: Value| {
        let mut writer = borrow_mut::<Writer>(&this, "compressing writer")?;
        if let Some(encoder) = writer.encoder.take() {
            let rest = encoder.finish()?;
            write_to(lua, &writer.write, &writer.out, &rest)?;
        }
        Ok(true)
    })?;
    methods.raw_set("close", close)?;
    Ok(methods)
}

impl Writer {
    fn write(&mut self, lua: &Lua, text: &LuaString) -> Result<(), Raise> {
        let Some(encoder) = &mut self.encoder else {
            return Err(Raise::message("attempt to use a closed writer"));
        };
        // In pieces, so that what came out does not pile up.
        for piece in text.as_bytes().chunks(CHUNK_BYTES) {
            encoder.write(piece)?;
            if encoder.ready().len() >= CHUNK_BYTES {
                let ready = std::mem::take(encoder.ready());
                write_to(lua, &self.write, &self.out, &ready)?;
            }
        }
        Ok(())
    }
}

fn write_to(lua: &Lua, write: &Function, out: &Value, bytes: &[u8]) -> Result<(), Raise> {
    let mut values = call_with_traceback(lua, write, (out, lua.create_string(bytes)?))?;
    // As Lua's files do: what is not nil or false is success, and so is nothing at all.
    match (values.pop_front(), values.pop_front()) {
        (Some(Value::Nil | Value::Boolean(false)), Some(Value::String(text))) => {
            Err(Raise::Message(text.to_string_lossy()))
        }
        (Some(Value::Nil | Value::Boolean(false)), Some(error)) if !error.is_nil() => Err(Raise::Value(error)),
        (Some(Value::Boolean(false)), _) => Err(Raise::message("what the writer writes to takes no more")),
        _ => Ok(()),
    }
}
