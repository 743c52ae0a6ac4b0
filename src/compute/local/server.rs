//! The HTTP side of the local backend, on loopback: the Lambda Runtime API for each worker, and beside it
//! what AWS would offer to a function by other means (invoking, waiting, results of others).
//!
//! Each worker's API lies under a path that is a random token, so nobody else on the machine can take or forge work.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame as BodyFrame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::pool::{Event, Pool};
use super::prompt_stream::PromptStream;
use super::relay::{DEPTH_HEADER, MEMORY_HEADER, RelaySink};
use crate::compute::Invocation;
use crate::protocol::{RemoteError, kind};

/// Bits of a token: as many as a 128-bit key, so that trying them all is out of the question.
const TOKEN_BYTES: usize = 16;
/// The deadline of an invocation that has none: Lambda's header cannot be absent.
const NO_DEADLINE: Duration = Duration::from_secs(86_400 * 365);

type ResponseBody = UnsyncBoxBody<Bytes, Infallible>;

/// Names a future: whose it is, and which call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FutureAddress {
    /// The executor that owns it.
    pub executor_id: String,
    /// Its job.
    pub job_id: String,
    /// Its call, from 0.
    pub call: u64,
}

/// What becomes of a future that a worker asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FutureAnswer {
    /// Its result, as a message of the codec.
    Value(Vec<u8>),
    /// It failed.
    Failed(RemoteError),
}

/// Gives the values of futures that this process owns, when they are there.
#[async_trait]
pub trait FetchFuture: Send + Sync {
    /// Waits for the future and gives its result.
    async fn fetch(&self, future: FutureAddress) -> FutureAnswer;
}

/// A new path for a worker's API.
pub(super) fn new_token() -> Result<String, String> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random numbers: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Serves `pool` on a free port of loopback; gives host and port.
pub(super) fn listen(pool: Arc<Pool>) -> std::io::Result<String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let listener = TcpListener::from_std(listener)?;
    tokio::spawn(async move {
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, for example: others will be closed.
                    tracing::warn!(%error, "cannot accept a worker's connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let pool = pool.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let pool = pool.clone();
                    async move { Ok::<_, Infallible>(route(pool, request).await) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(PromptStream::new(stream)), service);
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a worker's connection ended");
                }
            });
        }
    });
    Ok(address.to_string())
}

async fn route(pool: Arc<Pool>, request: Request<Incoming>) -> Response<ResponseBody> {
    let path = request.uri().path().to_owned();
    let mut parts = path.splitn(3, '/').skip(1);
    let (Some(token), Some(rest)) = (parts.next(), parts.next()) else {
        return empty(StatusCode::FORBIDDEN);
    };
    if !pool.knows(token) {
        return empty(StatusCode::FORBIDDEN);
    }
    let steps: Vec<&str> = rest.split('/').collect();
    match (request.method(), steps.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => next(&pool, token).await,
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
            answer(&pool, token, id, request.into_body()).await
        }
        (&Method::POST, ["2018-06-01", "runtime", "invocation", _, "error"]) => {
            let error = diagnostic(request.into_body()).await;
            pool.answered(token, Event::Lost(error, Vec::new()));
            empty(StatusCode::ACCEPTED)
        }
        (&Method::POST, ["lithops", "invoke"]) => invoke(pool, request).await,
        (&Method::POST, ["lithops", "wait"]) => {
            pool.give_place(token);
            empty(StatusCode::ACCEPTED)
        }
        (&Method::POST, ["lithops", "resume"]) => {
            // A closed channel means that the pool is shutting down; then nothing matters any more.
            let _ = pool.take_place(token).await;
            empty(StatusCode::ACCEPTED)
        }
        (&Method::GET, ["lithops", "config"]) => config(&pool),
        (&Method::POST, ["lithops", "future"]) => future(&pool, request.into_body()).await,
        _ => empty(StatusCode::NOT_FOUND),
    }
}

async fn next(pool: &Arc<Pool>, token: &str) -> Response<ResponseBody> {
    let Some(work) = pool.next(token) else {
        return empty(StatusCode::FORBIDDEN);
    };
    let Ok(assignment) = work.await else {
        return empty(StatusCode::GONE);
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let deadline = now + assignment.deadline.unwrap_or(NO_DEADLINE);
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", assignment.invocation.to_string())
        .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:local:000000000000:function:lithops-lua")
        .body(full(assignment.payload))
        .unwrap_or_else(|_| empty(StatusCode::INTERNAL_SERVER_ERROR))
}

async fn answer(pool: &Arc<Pool>, token: &str, id: &str, mut body: Incoming) -> Response<ResponseBody> {
    let Some(events) = id.parse().ok().and_then(|id| pool.answer(token, id)) else {
        return empty(StatusCode::GONE);
    };
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                if let Ok(bytes) = frame.into_data() {
                    let _ = events.send(Event::Data(bytes));
                }
            }
            // The worker is dying; the pool hears of it when the process has ended, and then knows why.
            Err(_) => return empty(StatusCode::BAD_REQUEST),
        }
    }
    pool.answered(token, Event::Ended);
    empty(StatusCode::ACCEPTED)
}

/// What the runtime reports when its handler failed: `{"errorType": …, "errorMessage": …}`.
async fn diagnostic(body: Incoming) -> RemoteError {
    #[derive(Deserialize)]
    struct Diagnostic {
        #[serde(rename = "errorMessage")]
        message: String,
    }
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let message = serde_json::from_slice::<Diagnostic>(&bytes)
        .map_or_else(|_| String::from_utf8_lossy(&bytes).into_owned(), |diagnostic| diagnostic.message);
    RemoteError::new(kind::PROTOCOL, format!("the worker refused the invocation: {message}"))
}

async fn invoke(pool: Arc<Pool>, request: Request<Incoming>) -> Response<ResponseBody> {
    let number = |name: &str| request.headers().get(name)?.to_str().ok()?.parse::<u64>().ok();
    let depth = number(DEPTH_HEADER).unwrap_or(1) as u32;
    let memory_bytes = number(MEMORY_HEADER);
    let Ok(body) = request.into_body().collect().await else {
        return empty(StatusCode::BAD_REQUEST);
    };
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let invocation = Invocation { payload: body.to_bytes(), depth, memory_bytes };
        let mut sink = RelaySink::new(sender.clone());
        // A caller that is gone takes its invocation along.
        let result = tokio::select! {
            result = pool.invoke(invocation, &mut sink) => result,
            () = sender.closed() => return,
        };
        sink.end(result);
    });
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|bytes| (Ok(BodyFrame::data(bytes)), receiver))
    });
    Response::new(StreamBody::new(stream).boxed_unsync())
}

/// The configuration, secrets included: only who knows the worker's token gets here, and that is the worker.
fn config(pool: &Pool) -> Response<ResponseBody> {
    Response::new(full(pool.settings.worker_config.0.clone().into()))
}

async fn future(pool: &Arc<Pool>, body: Incoming) -> Response<ResponseBody> {
    let Ok(body) = body.collect().await else {
        return empty(StatusCode::BAD_REQUEST);
    };
    let Ok(address) = postcard::from_bytes::<FutureAddress>(&body.to_bytes()) else {
        return empty(StatusCode::BAD_REQUEST);
    };
    let answer = match pool.futures() {
        Some(futures) => futures.fetch(address).await,
        None => FutureAnswer::Failed(RemoteError::new(kind::PROTOCOL, "no futures are served here")),
    };
    postcard::to_stdvec(&answer)
        .map_or_else(|_| empty(StatusCode::INTERNAL_SERVER_ERROR), |bytes| Response::new(full(bytes.into())))
}

fn full(bytes: Bytes) -> ResponseBody {
    Full::new(bytes).boxed_unsync()
}

fn empty(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = status;
    response
}
