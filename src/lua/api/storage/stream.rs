//! Objects that scripts read piece by piece, with the methods of Lua's files.

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use mlua::{
    AnyUserData, Lua, LuaString, MetaMethod, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value,
};

use super::arguments::type_name;
use super::raise;
use crate::lua::bind::{Raise, bind};
use crate::storage::{Body, ChunkSource, ObjectReader, StorageError};

/// An object that is being read. It holds one chunk of it.
pub struct ObjectStream {
    /// `None`: closed.
    source: Option<Source>,
}

struct Source {
    reader: ObjectReader,
    /// What was read and not given away.
    chunk: Bytes,
}

/// What is reserved before it is known that there is so much to read.
const MOST_RESERVED_BYTES: usize = 1 << 20;

/// What to read, as for Lua's files.
#[derive(Clone, Copy)]
enum Format {
    Bytes(u64),
    Line { keep_newline: bool },
    All,
}

impl ObjectStream {
    pub(super) fn new(reader: ObjectReader) -> ObjectStream {
        ObjectStream { source: Some(Source { reader, chunk: Bytes::new() }) }
    }

    /// All that is left, as a body; the stream is closed by it. `None` if it was closed before.
    pub(super) fn take_rest(&mut self) -> Option<Body> {
        self.source.take().map(|source| Body::Stream(Box::new(source)))
    }

    fn read(&mut self, lua: &Lua, format: Format) -> Result<Option<LuaString>, Raise> {
        let Some(source) = &mut self.source else {
            return Err(Raise::message("attempt to use a closed stream"));
        };
        match format {
            Format::Line { keep_newline } => source.line(lua, keep_newline),
            Format::Bytes(count) => source.bytes(lua, count),
            Format::All => Ok(Some(source.bytes(lua, u64::MAX)?.map_or_else(|| lua.create_string(""), Ok)?)),
        }
    }
}

impl Source {
    /// Makes sure that there is something to give; false at the end.
    fn fill(&mut self, lua: &Lua) -> Result<bool, Raise> {
        if self.chunk.is_empty() {
            match crate::io::handle().block_on(self.reader.next_chunk()) {
                Ok(Some(chunk)) => self.chunk = chunk,
                Ok(None) => return Ok(false),
                Err(error) => return Err(raise(lua, &error)),
            }
        }
        Ok(true)
    }

    fn line(&mut self, lua: &Lua, keep_newline: bool) -> Result<Option<LuaString>, Raise> {
        // What earlier chunks hold of the line.
        let mut begun: Option<Vec<u8>> = None;
        while self.fill(lua)? {
            let Some(newline) = self.chunk.iter().position(|&byte| byte == b'\n') else {
                begun.get_or_insert_default().extend_from_slice(&self.chunk);
                self.chunk.clear();
                continue;
            };
            let end = newline + usize::from(keep_newline);
            let line = match &mut begun {
                None => lua.create_string(&self.chunk[..end])?,
                Some(begun) => {
                    begun.extend_from_slice(&self.chunk[..end]);
                    lua.create_string(begun)?
                }
            };
            self.chunk.advance(newline + 1);
            return Ok(Some(line));
        }
        Ok(begun.map(|last| lua.create_string(last)).transpose()?)
    }

    /// Up to `count` bytes; `None` at the end.
    fn bytes(&mut self, lua: &Lua, count: u64) -> Result<Option<LuaString>, Raise> {
        if !self.fill(lua)? {
            return Ok(None);
        }
        if count <= self.chunk.len() as u64 {
            let piece = self.chunk.split_to(count as usize);
            return Ok(Some(lua.create_string(&piece)?));
        }
        // At once, since a vector that grows is copied again and again.
        let mut piece =
            Vec::with_capacity(usize::try_from(count).map_or(MOST_RESERVED_BYTES, |n| n.min(MOST_RESERVED_BYTES)));
        while (piece.len() as u64) < count && self.fill(lua)? {
            let wanted = count - piece.len() as u64;
            let taken =
                self.chunk.split_to(usize::try_from(wanted).map_or(self.chunk.len(), |n| n.min(self.chunk.len())));
            piece.extend_from_slice(&taken);
        }
        Ok(Some(lua.create_string(piece)?))
    }
}

#[async_trait]
impl ChunkSource for Source {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        if self.chunk.is_empty() {
            return self.reader.next_chunk().await;
        }
        Ok(Some(std::mem::take(&mut self.chunk)))
    }
}

const METHODS: &str = "lithops.stream.methods";

impl UserData for ObjectStream {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "stream");
        fields.add_meta_field_with(MetaMethod::Index, |lua| lua.named_registry_value::<Table>(METHODS));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(match &this.source {
                Some(source) => format!("stream of object {}", source.reader.info.key),
                None => "stream (closed)".into(),
            })
        });
    }
}

fn stream_of(value: &Value) -> Result<&AnyUserData, Raise> {
    match value.as_userdata().filter(|userdata| userdata.is::<ObjectStream>()) {
        Some(stream) => Ok(stream),
        None => Err(Raise::argument(1, format!("stream expected, got {}", type_name(value)))),
    }
}

/// The format that is the argument at `position`; nil is a line.
fn format(value: &Value, position: usize) -> Result<Format, Raise> {
    let invalid = || Err(Raise::argument(position, "invalid format"));
    let count = match value {
        Value::Nil => return Ok(Format::Line { keep_newline: false }),
        Value::String(text) => {
            let text = text.as_bytes();
            return match text.strip_prefix(b"*").unwrap_or(&text) {
                b"l" => Ok(Format::Line { keep_newline: false }),
                b"L" => Ok(Format::Line { keep_newline: true }),
                b"a" => Ok(Format::All),
                _ => invalid(),
            };
        }
        Value::Integer(count) => *count as f64,
        Value::Number(count) => *count,
        _ => return invalid(),
    };
    // What is more than any object has is all of it.
    if count >= 0.0 { Ok(Format::Bytes(count as u64)) } else { invalid() }
}

/// Makes the methods of streams.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let methods = lua.create_table()?;
    let read = bind(lua, "stream.read", |lua, mut formats: MultiValue| {
        let this = formats.pop_front().unwrap_or(Value::Nil);
        let mut stream = stream_of(&this)?.borrow_mut::<ObjectStream>()?;
        if formats.is_empty() {
            formats.push_back(Value::Nil);
        }
        let mut values = MultiValue::with_capacity(formats.len());
        for (index, wanted) in formats.iter().enumerate() {
            let piece = stream.read(lua, format(wanted, index + 2)?)?;
            let is_end = piece.is_none();
            values.push_back(piece.map_or(Value::Nil, Value::String));
            if is_end {
                break;
            }
        }
        Ok(values)
    })?;
    methods.raw_set("read", read)?;
    let lines = bind(lua, "stream.lines", |lua, (this, wanted): (Value, Value)| {
        let stream = stream_of(&this)?.clone();
        let format = format(&wanted, 2)?;
        let next = bind(lua, "stream.lines", move |lua, ()| stream.borrow_mut::<ObjectStream>()?.read(lua, format))?;
        Ok(next)
    })?;
    methods.raw_set("lines", lines)?;
    let close = bind(lua, "stream.close", |_, this: Value| {
        stream_of(&this)?.borrow_mut::<ObjectStream>()?.source = None;
        Ok(true)
    })?;
    methods.raw_set("close", close)?;
    lua.set_named_registry_value(METHODS, methods)
}
