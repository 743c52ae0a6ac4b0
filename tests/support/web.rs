//! A web server on loopback, with documents, ranges or none, and faults on demand.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What is at a path.
#[derive(Clone, Default)]
pub struct Document {
    pub content: Vec<u8>,
    pub etag: Option<String>,
    pub has_ranges: bool,
    /// Without it, HEAD is answered with 405.
    pub has_head: bool,
    /// Its answers do not say how long they are.
    pub is_chunked: bool,
    /// It is elsewhere.
    pub redirect: Option<String>,
    /// So many answers are a status instead.
    pub refusals: Vec<u16>,
    /// So many answers end after half of their bytes.
    pub cuts: usize,
}

impl Document {
    pub fn new(content: impl Into<Vec<u8>>) -> Document {
        Document {
            content: content.into(),
            etag: Some("\"1\"".into()),
            has_ranges: true,
            has_head: true,
            ..Document::default()
        }
    }
}

#[derive(Default)]
struct State {
    documents: HashMap<String, Document>,
    requests: Vec<String>,
}

/// The server. It ends when it is dropped.
pub struct WebServer {
    address: String,
    state: Arc<Mutex<State>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl WebServer {
    pub fn start() -> WebServer {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::<Mutex<State>>::default();
        let (stop, stopped) = oneshot::channel();
        let shared = state.clone();
        // A thread of its own, so that tests may block.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        WebServer { address, state, stop: Some(stop), thread: Some(thread) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn put(&self, path: &str, document: Document) {
        self.state().documents.insert(path.into(), document);
    }

    /// All requests so far: method, path, range.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().unwrap().join();
    }
}

async fn serve(listener: tokio::net::TcpListener, state: Arc<Mutex<State>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let state = state.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&state, &request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Half of the bytes, and then nothing more.
fn cut(bytes: Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let frames = vec![Ok(Frame::data(half)), Err(std::io::Error::other("cut"))];
    StreamBody::new(futures_util::stream::iter(frames).boxed()).boxed_unsync()
}

fn answer(state: &Mutex<State>, request: &Request<Incoming>) -> Response<Body> {
    let mut state = state.lock().unwrap();
    let path = request.uri().path().to_owned();
    let range = request.headers().get("range").and_then(|range| range.to_str().ok()).map(str::to_owned);
    state.requests.push(format!("{} {path} {}", request.method(), range.as_deref().unwrap_or("-")));
    let status = |status: u16| Response::builder().status(status).body(whole("")).unwrap();
    let Some(document) = state.documents.get_mut(&path) else { return status(404) };
    if let Some(refusal) = document.refusals.pop() {
        return status(refusal);
    }
    if let Some(to) = &document.redirect {
        return Response::builder().status(302).header("location", to).body(whole("")).unwrap();
    }
    if request.method() == Method::HEAD && !document.has_head {
        return status(405);
    }
    let content = Bytes::from(document.content.clone());
    let mut answer = Response::builder();
    if let Some(etag) = &document.etag {
        answer = answer.header("etag", etag);
    }
    if document.has_ranges {
        answer = answer.header("accept-ranges", "bytes");
    }
    let wanted = range.filter(|_| document.has_ranges).map(|range| {
        let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let last = last.parse().unwrap_or(usize::MAX).min(content.len().saturating_sub(1));
        (first.parse::<usize>().unwrap(), last)
    });
    let bytes = match wanted {
        None => content,
        Some((first, _)) if first >= content.len() => return status(416),
        Some((first, last)) => {
            let range = format!("bytes {first}-{last}/{}", content.len());
            answer = answer.status(StatusCode::PARTIAL_CONTENT).header("content-range", range);
            content.slice(first..=last)
        }
    };
    if !document.is_chunked {
        answer = answer.header("content-length", bytes.len());
    }
    if request.method() == Method::HEAD {
        return answer.body(whole("")).unwrap();
    }
    let is_cut = document.cuts > 0;
    document.cuts = document.cuts.saturating_sub(1);
    let body = match (is_cut, document.is_chunked) {
        (true, _) => cut(bytes),
        (false, false) => whole(bytes),
        (false, true) => StreamBody::new(futures_util::stream::iter([Ok(Frame::data(bytes))])).boxed_unsync(),
    };
    answer.body(body).unwrap()
}
