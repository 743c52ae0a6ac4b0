//! Objects that scripts read piece by piece, with the methods of Lua's files.

use async_trait::async_trait;
use bytes::Bytes;
use mlua::{Lua, LuaString, MetaMethod, UserData, UserDataFields, UserDataMethods};

use super::raise;
use crate::lua::bind::Raise;
use crate::lua::stream::{self, Buffer, Format, Pull, Readable};
use crate::storage::{Body, ChunkSource, ObjectReader, StorageError};

/// An object that is being read. What its storage reads ahead of large ones is bounded there.
pub struct ObjectStream {
    /// `None`: closed.
    source: Option<Source>,
}

struct Source {
    reader: ObjectReader,
    buffer: Buffer,
}

impl ObjectStream {
    pub(super) fn new(reader: ObjectReader) -> ObjectStream {
        ObjectStream::with_newline(reader, b'\n')
    }

    /// A stream whose lines end with this byte.
    pub fn with_newline(reader: ObjectReader, newline: u8) -> ObjectStream {
        ObjectStream { source: Some(Source { reader, buffer: Buffer::with_newline(newline) }) }
    }

    /// All that is left, as a body; the stream is closed by it. `None` if it was closed before.
    pub(super) fn take_rest(&mut self) -> Option<Body> {
        let Source { reader, buffer } = self.source.take()?;
        Some(Body::Stream(Box::new(Rest { ahead: buffer.take(), reader })))
    }
}

impl Readable for ObjectStream {
    fn read(&mut self, lua: &Lua, format: Format) -> Result<Option<LuaString>, Raise> {
        let source = self.source.as_mut().ok_or_else(stream::closed)?;
        source.buffer.read(lua, &mut source.reader, format)
    }

    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise> {
        let source = self.source.as_mut().ok_or_else(stream::closed)?;
        source.buffer.next_chunk(lua, &mut source.reader)
    }

    fn close(&mut self) {
        if let Some(source) = self.source.take() {
            source.buffer.take();
        }
    }

    fn buffer(&self) -> Option<&Buffer> {
        self.source.as_ref().map(|source| &source.buffer)
    }
}

impl Pull for ObjectReader {
    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise> {
        crate::io::block_on(ObjectReader::next_chunk(self))?.map_err(|error| raise(lua, &error))
    }
}

/// What is left of a stream.
struct Rest {
    ahead: Option<Bytes>,
    reader: ObjectReader,
}

#[async_trait]
impl ChunkSource for Rest {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        match self.ahead.take() {
            Some(chunk) => Ok(Some(chunk)),
            None => self.reader.next_chunk().await,
        }
    }
}

impl UserData for ObjectStream {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "stream");
        fields.add_meta_field_with(MetaMethod::Index, stream::methods::<ObjectStream>);
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
