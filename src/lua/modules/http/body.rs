//! Bodies: what a script sends, and what it reads.

use std::future::Future;
use std::io;
use std::time::Instant;

use bytes::Bytes;
use futures_util::Stream;
use mlua::Lua;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, Method, RequestBuilder, Response};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use super::{Answer, Request};
use crate::http::{HttpError, HttpErrorKind, READ_TIMEOUT};
use crate::lua::api::errors;
use crate::lua::bind::Raise;
use crate::lua::stream::{self, Pull};
use crate::lua::userdata::type_name;

/// Pieces on their way from the script's thread to the connection.
const PIECES_AHEAD: usize = 2;

/// What a request came to.
type Outcome = Result<Answer, HttpError>;

/// Takes the pieces of a body, of which one without bytes is the end. Dropped before, it breaks the connection, so that
/// the request never looks complete.
pub(super) type Pieces = mpsc::Sender<Bytes>;

/// Does `work` with the request and its body, and waits for it.
pub(super) fn send<W>(
    lua: &Lua,
    request: &Request,
    builder: RequestBuilder,
    work: impl FnOnce(RequestBuilder) -> W,
) -> Result<Outcome, Raise>
where
    W: Future<Output = Outcome> + Send + 'static,
{
    // Methods that have a body say that it is empty, too: some servers refuse them otherwise.
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(&request.method);
    let empty = |builder: RequestBuilder| if has_body { builder.header(CONTENT_LENGTH, 0) } else { builder };
    if request.body.is_nil() {
        return Ok(crate::io::block_on(work(empty(builder)))?);
    }
    if let Some(text) = lua.coerce_string(request.body.clone())? {
        let bytes = text.as_bytes().to_vec();
        return Ok(crate::io::block_on(work(if bytes.is_empty() { empty(builder) } else { builder.body(bytes) }))?);
    }
    let Some(mut source) = stream::pull(lua, &request.body, "body")? else {
        let given = type_name(&request.body);
        return Err(Raise::Message(format!("option `body` must be a string, stream or open file, not a {given}")));
    };
    let (pieces, receiver) = mpsc::channel(PIECES_AHEAD);
    let working = crate::io::handle().spawn(work(builder.body(Body::wrap_stream(outgoing(receiver)))));
    let mut sending = Sending { request, began: Instant::now(), pieces, working, outcome: None };
    let all_sent = loop {
        let piece = match source.next_chunk(lua) {
            Ok(piece) => piece.unwrap_or_default(),
            Err(raise) => {
                sending.working.abort();
                return Err(raise);
            }
        };
        let is_last = piece.is_empty();
        if !crate::io::block_on(sending.send(piece))? {
            break false;
        }
        if is_last {
            break true;
        }
    };
    let outcome = match sending.outcome {
        Some(outcome) => outcome,
        None => crate::io::block_on(sending.working)?,
    };
    let mut outcome = outcome.map_err(|stopped| Raise::Message(stopped.to_string()))?;
    if !all_sent && let Ok(answer) = &mut outcome {
        answer.head.unsent = Some(sending.pieces);
    }
    Ok(outcome)
}

/// The body as the connection takes it.
fn outgoing(receiver: mpsc::Receiver<Bytes>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    futures_util::stream::unfold(receiver, |mut receiver| async move {
        match receiver.recv().await {
            Some(piece) if piece.is_empty() => None,
            Some(piece) => Some((Ok(piece), receiver)),
            None => Some((Err(io::Error::other("the body was not sent to its end")), receiver)),
        }
    })
}

/// A request whose body is on its way.
struct Sending<'r> {
    request: &'r Request,
    began: Instant,
    pieces: Pieces,
    working: JoinHandle<Outcome>,
    /// What `working` gave.
    outcome: Option<Result<Outcome, JoinError>>,
}

impl Sending<'_> {
    /// Sends one more piece; false where no more is wanted, or the time is over.
    async fn send(&mut self, piece: Bytes) -> bool {
        if self.outcome.is_none() {
            tokio::select! {
                biased;
                ended = &mut self.working => self.outcome = Some(ended),
                room = self.pieces.reserve() => return room.map(|room| room.send(piece)).is_ok(),
            }
        }
        // A server may answer first and read the rest all the same; one that refuses does not want it.
        let Some(Ok(Ok(answer))) = &self.outcome else { return false };
        let status = answer.head.status;
        if !(200..300).contains(&status) {
            return false;
        }
        // With `stream`, the timeout ended when the answer began.
        let timeout = self.request.timeout.filter(|_| !self.request.stream);
        let patience = timeout.map_or(READ_TIMEOUT, |all| all.saturating_sub(self.began.elapsed()).min(READ_TIMEOUT));
        if !patience.is_zero()
            && let Ok(room) = tokio::time::timeout(patience, self.pieces.reserve()).await
        {
            return room.map(|room| room.send(piece)).is_ok();
        }
        let action = crate::http::action(&self.request.method, &self.request.url);
        let reason = format!("the server answered {status}, but did not take all of the body in time");
        self.outcome = Some(Ok(Err(HttpError::new(HttpErrorKind::Timeout, action, reason))));
        false
    }
}

/// The body of an answer, as it comes.
pub(super) struct Incoming {
    /// `None`: all was read. Until then, what was not sent of the request keeps the connection.
    response: Option<(Response, Option<Pieces>)>,
    action: String,
}

impl Incoming {
    pub fn new(response: Response, unsent: Option<Pieces>, action: &str) -> Incoming {
        Incoming { response: Some((response, unsent)), action: action.to_owned() }
    }
}

impl Pull for Incoming {
    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise> {
        let Some((response, _)) = &mut self.response else {
            return Ok(None);
        };
        loop {
            match crate::io::block_on(response.chunk())? {
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
