//! The listener, and who gets a request.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::auth::{self, Caller};
use super::failure::{Failure, Protocol};
use super::{Cloud, control, credentials, identity, pool, s3, steering};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A body whose error closes the connection.
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

/// What a client sees of a connection that broke: nothing.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose")]
pub struct Cut;

/// What is sent is more than the service takes.
#[derive(Debug, thiserror::Error)]
#[error("the body is too long")]
pub struct TooLong;

pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

pub fn json(status: u16, value: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(full(value.to_string()));
    set_status(&mut response, status);
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

pub fn empty(status: u16) -> Response<Body> {
    let mut response = Response::new(full(""));
    set_status(&mut response, status);
    response
}

fn set_status(response: &mut Response<Body>, status: u16) {
    if let Ok(status) = hyper::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
}

/// Serves until it is dropped.
pub async fn serve(cloud: Arc<Cloud>, listener: std::net::TcpListener) {
    let listener = TcpListener::from_std(listener).expect("a listener of this runtime");
    let s3 = s3::service(&cloud);
    tokio::spawn(pool::watch_memory(cloud.clone()));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                eprintln!("emulator: cannot accept a connection: {error}");
                // Out of file descriptors, for example: others will be closed.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (cloud, s3) = (cloud.clone(), s3.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| route(cloud.clone(), s3.clone(), request));
            // Clients see how a connection ended; here it does not matter.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn route(
    cloud: Arc<Cloud>,
    s3: s3s::service::S3Service,
    request: Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/emulator/") {
        let rest = rest.to_owned();
        return Ok(steering::serve(&cloud, &rest, request).await);
    }
    let (parts, body) = request.into_parts();
    if let Some(response) = credentials::serve(&cloud, &parts) {
        return Ok(response);
    }
    let mut response = match auth::authenticate(&cloud, &parts) {
        Err((protocol, failure)) => failure.response(&cloud, protocol),
        Ok(caller) if caller.service == "s3" => s3::serve(&cloud, s3, parts, body).await,
        Ok(caller) if caller.service == "lambda" => lambda(&cloud, &caller, parts, body).await?,
        Ok(caller) => match collect(body, 1 << 20).await {
            Ok(body) => identity::serve(&cloud, &caller, &body),
            Err(_) => empty(413),
        },
    };
    if let Ok(date) = HeaderValue::from_str(&cloud.http_date()) {
        response.headers_mut().insert("date", date);
    }
    Ok(response)
}

async fn lambda(cloud: &Arc<Cloud>, caller: &Caller, parts: Parts, body: Incoming) -> Result<Response<Body>, Cut> {
    let limit = cloud.knobs().upload_bytes;
    let answered = match collect(body, limit).await {
        Ok(body) => control::serve(cloud, caller, &parts, body).await?,
        Err(_) => {
            let message = format!("Request must be smaller than {limit} bytes for the CreateFunction operation");
            Err(Failure::new(413, "RequestEntityTooLargeException", message))
        }
    };
    Ok(answered.unwrap_or_else(|failure| failure.response(cloud, Protocol::Json)))
}

/// The whole body, if it is no longer than `limit` bytes. A longer one is read to its end all the same: a client that is
/// still sending would not see the answer.
pub async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, BoxError> {
    let mut bytes = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        if length <= limit {
            bytes.extend_from_slice(&data);
        }
    }
    if length > limit { Err(TooLong.into()) } else { Ok(bytes.freeze()) }
}
