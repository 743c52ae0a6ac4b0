//! A web server on loopback, whose answers a test decides.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The server. It ends when it is dropped.
pub struct WebServer {
    address: String,
    connections: Arc<Mutex<usize>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl WebServer {
    pub fn start(answer: impl Fn(&Asked) -> Response<Body> + Send + Sync + 'static) -> WebServer {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let connections = Arc::new(Mutex::new(0));
        let (answer, counted) = (Arc::new(answer), connections.clone());
        // A thread of its own, so that tests may block.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, answer, counted) => {}
                    _ = stopped => {}
                }
            });
        });
        WebServer { address, connections, stop: Some(stop), thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

type Answer = dyn Fn(&Asked) -> Response<Body> + Send + Sync;

async fn serve(listener: TcpListener, answer: Arc<Answer>, connections: Arc<Mutex<usize>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        *connections.lock().unwrap() += 1;
        let answer = answer.clone();
        tokio::spawn(async move {
            let answering = service_fn(|request: Request<Incoming>| {
                let answer = answer.clone();
                async move { Ok::<_, Infallible>(answer(&read(request).await)) }
            });
            // A client that goes away is no concern of the server's.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answering).await;
        });
    }
}

async fn read(request: Request<Incoming>) -> Asked {
    let (parts, body) = request.into_parts();
    Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.collect().await.map(|body| body.to_bytes()).unwrap_or_default(),
    }
}

/// An answer with this body.
pub fn whole(status: u16, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    Response::builder().status(status).body(body).unwrap()
}

/// An answer whose body comes in these pieces; `Err` breaks the connection there.
pub fn pieces(pieces: Vec<Result<Bytes, std::io::Error>>) -> Response<Body> {
    let frames = stream::unfold(pieces.into_iter(), |mut rest| async move {
        let piece = rest.next()?;
        if piece.is_err() {
            // What came before goes out first.
            tokio::task::yield_now().await;
        }
        Some((piece.map(Frame::data), rest))
    });
    Response::new(StreamBody::new(frames).boxed_unsync())
}

/// An answer whose body begins, and never goes on.
pub fn stuck(start: &'static str) -> Response<Body> {
    let begun = stream::iter([Ok(Frame::data(Bytes::from(start)))]);
    let frames = futures_util::StreamExt::chain(begun, stream::pending());
    Response::new(StreamBody::new(frames).boxed_unsync())
}
