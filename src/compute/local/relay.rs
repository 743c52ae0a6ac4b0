//! The local backend as a worker sees it: a call that starts jobs of its own has them run by the driver's pool.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Buf, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc;

use super::{FutureAddress, FutureAnswer, local_limits};
use crate::compute::{Compute, Invocation, Limits, Sink};
use crate::protocol::{RemoteError, kind};
use crate::storage::Scratch;

/// Request header: how many jobs contain the invocation.
pub(super) const DEPTH_HEADER: &str = "lithops-depth";
/// Request header: bytes of memory that the invocation may use.
pub(super) const MEMORY_HEADER: &str = "lithops-memory-bytes";

/// What the pieces of a relayed answer are. Each is this tag, a length (u32, little endian), and so many bytes.
mod tag {
    pub const DATA: u8 = 0;
    pub const REST: u8 = 1;
    pub const ENDED: u8 = 2;
    pub const LOST: u8 = 3;
}
const PIECE_HEADER_BYTES: usize = 5;

/// The driver's side of a relayed answer.
pub(super) struct RelaySink {
    pieces: mpsc::UnboundedSender<Bytes>,
}

impl RelaySink {
    pub fn new(pieces: mpsc::UnboundedSender<Bytes>) -> Self {
        Self { pieces }
    }

    pub fn end(self, result: Result<(), RemoteError>) {
        match result {
            Ok(()) => self.piece(tag::ENDED, &[]),
            Err(error) => self.piece(tag::LOST, &postcard::to_stdvec(&error).unwrap_or_default()),
        }
    }

    fn piece(&self, tag: u8, body: &[u8]) {
        let mut piece = BytesMut::with_capacity(PIECE_HEADER_BYTES + body.len());
        piece.extend_from_slice(&[tag]);
        piece.extend_from_slice(&(body.len() as u32).to_le_bytes());
        piece.extend_from_slice(body);
        // A receiver that is gone has lost interest.
        let _ = self.pieces.send(piece.freeze());
    }
}

impl Sink for RelaySink {
    fn data(&mut self, bytes: &[u8]) {
        self.piece(tag::DATA, bytes);
    }

    fn rest(&mut self, all_frames: &[u8]) {
        self.piece(tag::REST, all_frames);
    }
}

/// The driver's pool, reached over the API of this worker.
pub struct RelayCompute {
    api: String,
    max_workers: usize,
    scratch: Arc<Scratch>,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl RelayCompute {
    /// `api`: the address of this worker's API, with its scheme and path.
    pub fn new(api: &str, max_workers: usize, scratch: Arc<Scratch>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            api: api.to_owned(),
            max_workers,
            scratch,
            client: Client::builder(TokioExecutor::new()).build(connector),
        }
    }

    /// Waits for a future that the driver owns.
    pub async fn fetch_future(&self, future: &FutureAddress) -> FutureAnswer {
        let request = postcard::to_stdvec(future).unwrap_or_default();
        let answer = async {
            let body = self.post("future", request.into(), &[]).await?.into_body();
            let bytes = body.collect().await.map_err(unreachable)?.to_bytes();
            postcard::from_bytes(&bytes).map_err(unreachable)
        };
        answer.await.unwrap_or_else(FutureAnswer::Failed)
    }

    /// The driver's configuration as JSON.
    pub async fn fetch_config(&self) -> Result<Bytes, RemoteError> {
        let request = Request::get(format!("{}/lithops/config", self.api)).body(Full::default());
        let body = self.send(request.map_err(unreachable)?).await?.into_body();
        Ok(body.collect().await.map_err(unreachable)?.to_bytes())
    }

    async fn post(
        &self,
        what: &str,
        body: Bytes,
        headers: &[(&str, String)],
    ) -> Result<Response<Incoming>, RemoteError> {
        let mut request = Request::post(format!("{}/lithops/{what}", self.api));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        self.send(request.body(Full::new(body)).map_err(unreachable)?).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, RemoteError> {
        let response = self.client.request(request).await.map_err(unreachable)?;
        if response.status() == StatusCode::OK || response.status() == StatusCode::ACCEPTED {
            Ok(response)
        } else {
            Err(unreachable(format!("it answered {}", response.status())))
        }
    }
}

fn unreachable(error: impl std::fmt::Display) -> RemoteError {
    RemoteError::new(kind::WORKER_LOST, format!("the driver cannot be reached: {error}"))
}

#[async_trait]
impl Compute for RelayCompute {
    fn limits(&self) -> Limits {
        local_limits(self.max_workers)
    }

    fn scratch(&self) -> Arc<Scratch> {
        self.scratch.clone()
    }

    async fn invoke(&self, invocation: Invocation, sink: &mut dyn Sink) -> Result<(), RemoteError> {
        let mut headers = vec![(DEPTH_HEADER, invocation.depth.to_string())];
        headers.extend(invocation.memory_bytes.map(|bytes| (MEMORY_HEADER, bytes.to_string())));
        let mut body = self.post("invoke", invocation.payload, &headers).await?.into_body();
        let mut buffer = BytesMut::new();
        while let Some(frame) = body.frame().await {
            if let Ok(bytes) = frame.map_err(unreachable)?.into_data() {
                buffer.extend_from_slice(&bytes);
            }
            while let Some(header) = buffer.first_chunk::<PIECE_HEADER_BYTES>() {
                let [tag, length @ ..] = *header;
                let length = u32::from_le_bytes(length) as usize;
                if buffer.len() < PIECE_HEADER_BYTES + length {
                    break;
                }
                buffer.advance(PIECE_HEADER_BYTES);
                let piece = buffer.split_to(length);
                match tag {
                    tag::DATA => sink.data(&piece),
                    tag::REST => sink.rest(&piece),
                    tag::ENDED => return Ok(()),
                    _ => return Err(postcard::from_bytes(&piece).unwrap_or_else(unreachable)),
                }
            }
        }
        Err(unreachable("its answer broke off"))
    }

    fn give_place(&self) -> Box<dyn std::any::Any> {
        struct Place {
            client: Client<HttpConnector, Full<Bytes>>,
            api: String,
        }
        impl Place {
            fn tell(&self, what: &str) {
                // A driver that does not answer is gone, and so will this worker be.
                if let Ok(request) = Request::post(format!("{}/lithops/{what}", self.api)).body(Full::default()) {
                    let _ = crate::io::handle().block_on(self.client.request(request));
                }
            }
        }
        impl Drop for Place {
            fn drop(&mut self) {
                self.tell("resume");
            }
        }
        let place = Place { client: self.client.clone(), api: self.api.clone() };
        place.tell("wait");
        Box::new(place)
    }
}
