//! Debian's `docker-registry` on loopback, and a gate in front of it that asks for tokens as the large registries do.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tempfile::TempDir;

/// `me` with the password `pass:word`, as htpasswd has it.
const USERS: &str = "me:$2b$05$abcdefghijklmnopqrstuuDIEddBSuRWBBEY6g5zv60IAP5bSSfki\n";
/// The same in the form of HTTP.
pub const AUTH: &str = "bWU6cGFzczp3b3Jk";
const TOKEN: &str = "a-token-for-five-minutes";

/// A running registry; it ends when this is dropped.
pub struct Registry {
    process: Child,
    pub address: SocketAddr,
    _folder: TempDir,
}

impl Registry {
    pub fn start(with_users: bool) -> Registry {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let users = folder.path().join("users");
        std::fs::write(&users, USERS).unwrap();
        let auth = match with_users {
            true => format!("auth:\n  htpasswd:\n    realm: here\n    path: {}\n", users.display()),
            false => String::new(),
        };
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {address}\n{auth}",
            folder.path().join("data").display()
        );
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("docker-registry, of Debian's package of that name");
        let begin = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(60), "docker-registry does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Registry { process, address, _folder: folder }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server that lets through who has a token, and gives one to who has the password. Lives as long as the test.
pub fn gate(registry: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let pass = move |request| async move { Ok::<_, Infallible>(pass(request, address, registry).await) };
                let served =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(pass));
                tokio::spawn(served);
            }
        });
    });
    address
}

async fn pass(request: Request<Incoming>, own: SocketAddr, registry: SocketAddr) -> Response<Full<Bytes>> {
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if request.uri().path() == "/token" {
        let wanted = "scope=repository:team/lithops:pull,push&service=the%20gate";
        let right = authorization == Some(&format!("Basic {AUTH}")) && request.uri().query() == Some(wanted);
        let (status, body) = if right { (200, format!(r#"{{"token": "{TOKEN}"}}"#)) } else { (401, String::new()) };
        return Response::builder().status(status).body(body.into()).unwrap();
    }
    if authorization != Some(&format!("Bearer {TOKEN}")) {
        let challenge = format!(
            r#"Bearer realm="http://{own}/token",service="the gate",scope="repository:team/lithops:pull,push""#
        );
        let answer = Response::builder().status(401).header("www-authenticate", challenge);
        return answer.body(Full::default()).unwrap();
    }
    let (mut parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().unwrap().to_string();
    parts.uri = format!("http://{registry}{target}").parse().unwrap();
    parts.headers.remove("authorization");
    let body = Full::new(body.collect().await.unwrap().to_bytes());
    let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(HttpConnector::new());
    let (parts, body) = client.request(Request::from_parts(parts, body)).await.unwrap().into_parts();
    Response::from_parts(parts, Full::new(body.collect().await.unwrap().to_bytes()))
}
