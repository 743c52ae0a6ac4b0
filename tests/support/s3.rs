//! An S3 server on loopback: `s3s-fs`, which others wrote, with buckets as folders; before it, what S3 does and it leaves
//! out, a record of the requests, and faults on demand.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

pub const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

#[path = "s3_manners.rs"]
mod manners;

use manners::Manners;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What becomes of a request that would have gone well.
#[derive(Clone)]
pub enum Fault {
    /// The error document of S3, and a header.
    Answer { status: u16, code: &'static str, message: &'static str, header: Option<(&'static str, &'static str)> },
    /// Nothing but a status and a body.
    Raw { status: u16, body: &'static str },
    /// The connection ends after so many bytes of the answer's body.
    Cut { after_bytes: usize },
}

impl Fault {
    pub fn answer(status: u16, code: &'static str, message: &'static str) -> Fault {
        Fault::Answer { status, code, message, header: None }
    }
}

type Applies = Box<dyn Fn(&Seen) -> bool + Send>;

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    faults: Vec<(Applies, usize, Fault)>,
    /// Requests that are answered when enough of their kind are there.
    gatherings: Vec<(Applies, Gathering)>,
}

/// Holds requests back until so many have come.
#[derive(Clone)]
struct Gathering {
    wanted: usize,
    come: watch::Sender<usize>,
}

impl Gathering {
    async fn join(&self) {
        let mut come = self.come.subscribe();
        self.come.send_modify(|come| *come += 1);
        let _ = come.wait_for(|&come| come >= self.wanted).await;
    }
}

/// The server. It ends when it is dropped.
pub struct S3Server {
    folder: TempDir,
    address: String,
    state: Arc<Mutex<State>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl S3Server {
    pub fn start() -> S3Server {
        let folder = tempfile::tempdir().unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
        builder.set_access(Manners::new(folder.path()));
        let service = builder.build();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let (stop, stopped) = oneshot::channel();
        let shared = state.clone();
        // A thread of its own, so that tests may block.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, service, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        S3Server { folder, address, state, stop: Some(stop), thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file of an object, which the server knows whoever wrote it.
    pub fn object_file(&self, bucket: &str, key: &str) -> PathBuf {
        self.folder.path().join(bucket).join(key)
    }

    /// Parts of uploads that were neither completed nor aborted.
    pub fn parts_left(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(".upload")).count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// How many requests are of this kind.
    pub fn count(&self, is: impl Fn(&Seen) -> bool) -> usize {
        self.state().seen.iter().filter(|seen| is(seen)).count()
    }

    /// The next `times` requests of this kind fail.
    pub fn fail(&self, times: usize, applies: impl Fn(&Seen) -> bool + Send + 'static, fault: Fault) {
        self.state().faults.push((Box::new(applies), times, fault));
    }

    /// Requests of this kind are answered when `wanted` of them are there at once: a client that sends one after the other waits for
    /// ever.
    pub fn gather(&self, wanted: usize, applies: impl Fn(&Seen) -> bool + Send + 'static) {
        self.state().gatherings.push((Box::new(applies), Gathering { wanted, come: watch::Sender::new(0) }));
    }

    pub fn forgive(&self) {
        self.state().faults.clear();
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, service: S3Service, state: Arc<Mutex<State>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (service, state) = (service.clone(), state.clone());
        tokio::spawn(async move {
            let answering = service_fn(|request| {
                let (service, state) = (service.clone(), state.clone());
                async move { Ok::<_, Infallible>(answer(service, state, request).await) }
            });
            // A client that goes away is no concern of the server's.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answering).await;
        });
    }
}

async fn answer(service: S3Service, state: Arc<Mutex<State>>, request: Request<Incoming>) -> Response<Body> {
    let seen = Seen {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request.headers().clone(),
    };
    let (fault, gathering) = {
        let mut state = state.lock().unwrap();
        state.seen.push(seen.clone());
        let gathering = state.gatherings.iter().find(|(applies, _)| applies(&seen)).map(|(_, all)| all.clone());
        let due = state.faults.iter_mut().find(|(applies, times, _)| *times > 0 && applies(&seen));
        let fault = due.map(|(_, times, fault)| {
            *times -= 1;
            fault.clone()
        });
        (fault, gathering)
    };
    if let Some(gathering) = gathering {
        gathering.join().await;
    }
    let cut = match fault {
        Some(Fault::Answer { status, code, message, header }) => {
            // Read to its end first: S3 does, and a client that is still sending sees the answer.
            let _ = request.into_body().collect().await;
            let text = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
                 <RequestId>4442587FB7D0A2F9</RequestId></Error>"
            );
            let body = if seen.method == "HEAD" { String::new() } else { text };
            let mut response = respond(status, body);
            if let Some((name, value)) = header {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            return response;
        }
        Some(Fault::Raw { status, body }) => {
            let _ = request.into_body().collect().await;
            return respond(status, body.into());
        }
        Some(Fault::Cut { after_bytes }) => Some(after_bytes),
        None => None,
    };
    let response = match service.call(request.map(s3s::Body::from)).await {
        Ok(response) => response,
        Err(error) => return respond(500, format!("{error:?}")),
    };
    response.map(|body| match cut {
        None => body.boxed_unsync(),
        Some(after_bytes) => {
            let frames =
                futures_util::stream::unfold((BodyStream::new(body), after_bytes), |(mut body, left)| async move {
                    match body.next().await {
                        Some(Ok(frame)) if left > 0 => {
                            let data = frame.into_data().unwrap_or_default();
                            let data = data.slice(..data.len().min(left));
                            let left = left - data.len();
                            Some((Ok(Frame::data(data)), (body, left)))
                        }
                        _ => {
                            // Pending once, so that what was written goes out before the connection ends.
                            tokio::time::sleep(Duration::from_millis(5)).await;
                            Some((Err(io::Error::other("cut").into()), (body, 0)))
                        }
                    }
                });
            StreamBody::new(frames).boxed_unsync()
        }
    })
}

fn respond(status: u16, body: String) -> Response<Body> {
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}
