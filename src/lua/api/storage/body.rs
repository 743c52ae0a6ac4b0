//! What scripts hand in to be stored: strings, streams, and anything that has a method `read`.

use std::future::Future;

use async_trait::async_trait;
use bytes::Bytes;
use mlua::{AnyUserData, Lua};
use tokio::sync::mpsc::{self, Receiver};

use super::arguments::Arguments;
use super::raise;
use super::stream::ObjectStream;
use crate::lua::bind::Raise;
use crate::lua::stream::LuaReader;
use crate::storage::{Body, CHUNK_BYTES, ChunkSource, StorageError, StorageErrorKind};

/// Pieces on their way from the script's thread to the store's.
const PIECES_AHEAD: usize = 2;

pub(super) enum Content {
    Here(Body),
    /// Bytes that only the script's thread can get.
    Reader(LuaReader),
}

impl Content {
    pub fn of(arguments: &Arguments, position: usize) -> Result<Content, Raise> {
        let value = arguments.value(position);
        if let Some(text) = arguments.lua.coerce_string(value.clone())? {
            return Ok(Content::Here(Body::Bytes(Bytes::copy_from_slice(&text.as_bytes()))));
        }
        if let Some(stream) = value.as_userdata().filter(|userdata| userdata.is::<ObjectStream>()) {
            return rest_of(stream).map(Content::Here).map_err(|text| arguments.refuse(position, text));
        }
        match LuaReader::of(arguments.lua, &value)? {
            Some(reader) => Ok(Content::Reader(reader)),
            None => Err(arguments.refuse_body(position)),
        }
    }

    /// Does `work` with the body, and waits for it.
    pub fn send<T, W>(self, lua: &Lua, work: impl FnOnce(Body) -> W) -> Result<T, Raise>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, StorageError>> + Send + 'static,
    {
        let reader = match self {
            Content::Here(body) => {
                return crate::io::block_on(work(body))?.map_err(|error| raise(lua, &error));
            }
            Content::Reader(reader) => reader,
        };
        let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
        let working = crate::io::handle().spawn(work(Body::Stream(Box::new(Pieces(receiver)))));
        let read = loop {
            match reader.next_piece(lua, CHUNK_BYTES, "body") {
                // A store that failed takes no more; its error is told below.
                Ok(piece) => {
                    let is_last = piece.is_none();
                    match crate::io::block_on(sender.send(piece)) {
                        Ok(Ok(())) if !is_last => {}
                        Ok(_) => break Ok(()),
                        Err(interrupted) => break Err(interrupted.into()),
                    }
                }
                Err(raise) => break Err(raise),
            }
        };
        drop(sender);
        let worked = crate::io::block_on(working);
        read?;
        let worked = worked?;
        worked.map_err(|stopped| Raise::Message(stopped.to_string()))?.map_err(|error| raise(lua, &error))
    }
}

/// What is left of a stream, which gives nothing more itself.
fn rest_of(stream: &AnyUserData) -> Result<Body, String> {
    let rest = stream.borrow_mut::<ObjectStream>().ok().and_then(|mut stream| stream.take_rest());
    rest.ok_or_else(|| "the stream is closed".into())
}

/// The pieces that a script's thread sends; `None` is the end, and an end without it a failure.
struct Pieces(Receiver<Option<Bytes>>);

#[async_trait]
impl ChunkSource for Pieces {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        self.0.recv().await.ok_or_else(|| StorageError::new(StorageErrorKind::Io, "read the body", "its reader failed"))
    }
}
