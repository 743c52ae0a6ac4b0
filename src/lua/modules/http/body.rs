//! Bodies: what a script sends, and what it reads.

use std::future::Future;
use std::io;

use bytes::Bytes;
use mlua::Lua;
use reqwest::{Body, RequestBuilder, Response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::Request;
use crate::http::HttpError;
use crate::lua::api::errors;
use crate::lua::bind::Raise;
use crate::lua::stream::{self, Pull};
use crate::lua::userdata::type_name;

/// Pieces on their way from the script's thread to the connection.
const PIECES_AHEAD: usize = 2;

/// Does `work` with the request and its body, and waits for it.
pub(super) fn send<T, W>(
    lua: &Lua,
    request: &Request,
    builder: RequestBuilder,
    work: impl FnOnce(RequestBuilder) -> W,
) -> Result<T, Raise>
where
    T: Send + 'static,
    W: Future<Output = T> + Send + 'static,
{
    if request.body.is_nil() {
        return Ok(crate::io::handle().block_on(work(builder)));
    }
    if let Some(text) = lua.coerce_string(request.body.clone())? {
        return Ok(crate::io::handle().block_on(work(builder.body(text.as_bytes().to_vec()))));
    }
    let Some(mut source) = stream::pull(lua, &request.body, "body")? else {
        let given = type_name(&request.body);
        return Err(Raise::Message(format!("option `body` must be a string, stream or open file, not a {given}")));
    };
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(PIECES_AHEAD);
    let working = crate::io::handle().spawn(work(builder.body(Body::wrap_stream(ReceiverStream::new(receiver)))));
    let read = loop {
        match source.next_chunk(lua) {
            // A server that answered, or a connection that broke, takes no more.
            Ok(Some(piece)) => {
                if sender.blocking_send(Ok(piece)).is_err() {
                    break Ok(());
                }
            }
            Ok(None) => break Ok(()),
            Err(raise) => {
                // The request must not look complete.
                let _ = sender.blocking_send(Err(io::Error::other("the body's reader failed")));
                break Err(raise);
            }
        }
    };
    drop(sender);
    let worked = crate::io::handle().block_on(working);
    read?;
    worked.map_err(|stopped| Raise::Message(stopped.to_string()))
}

/// The body of an answer, as it comes.
pub(super) struct Incoming {
    /// `None`: all was read.
    response: Option<Response>,
    action: String,
}

impl Incoming {
    pub fn new(response: Response, action: &str) -> Incoming {
        Incoming { response: Some(response), action: action.to_owned() }
    }
}

impl Pull for Incoming {
    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise> {
        let Some(response) = &mut self.response else {
            return Ok(None);
        };
        loop {
            match crate::io::handle().block_on(response.chunk()) {
                Ok(Some(piece)) if piece.is_empty() => {}
                Ok(Some(piece)) => return Ok(Some(piece)),
                Ok(None) => {
                    self.response = None;
                    return Ok(None);
                }
                Err(error) => {
                    let error = HttpError::of(&*self.action, &error);
                    return Err(errors::raise(lua, error.kind.as_str(), &format!("failed to {error}")));
                }
            }
        }
    }
}
