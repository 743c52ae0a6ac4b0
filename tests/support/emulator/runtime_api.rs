//! The Lambda Runtime API, which the process in an environment talks to, at an address of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Cloud;
use super::environment::{Assignment, Event, FunctionError, Phase};
use super::faults::Sabotage;
use super::pool;
use super::server::{Body, TooLong, collect, empty, full, json as answer_json};

/// An error report is a few lines; AWS cuts longer ones.
const MAX_REPORT_BYTES: usize = 1 << 20;

/// Serves the environment with this token; gives the address, and the task to end it by.
pub fn listen(cloud: Arc<Cloud>, token: String) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let listener = TcpListener::from_std(listener)?;
    let served = tokio::spawn(async move {
        // Without file descriptors the environment can do nothing but run into its time limit.
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let (cloud, token) = (cloud.clone(), token.clone());
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let (cloud, token) = (cloud.clone(), token.clone());
                    async move { Ok::<_, Infallible>(serve(cloud, &token, request).await) }
                });
                // A process that dies leaves its connection behind; its end is told elsewhere.
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok((address, served))
}

async fn serve(cloud: Arc<Cloud>, token: &str, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let Some(path) = path.strip_prefix("/2018-06-01/runtime/") else { return empty(404) };
    let steps: Vec<&str> = path.split('/').collect();
    let method = request.method().clone();
    match (&method, steps.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => next(&cloud, token).await,
        (&Method::POST, ["invocation", id, "response"]) => answer(&cloud, token, id, request).await,
        (&Method::POST, ["invocation", id, "error"]) => {
            let details = collect(request.into_body(), MAX_REPORT_BYTES).await.unwrap_or_default();
            let error = FunctionError { code: "Unhandled".into(), details };
            complete(&cloud, token, id, Some(error))
        }
        (&Method::POST, ["init", "error"]) => {
            let details = collect(request.into_body(), MAX_REPORT_BYTES).await.unwrap_or_default();
            init_error(&cloud, token, details)
        }
        _ => empty(404),
    }
}

async fn next(cloud: &Arc<Cloud>, token: &str) -> Response<Body> {
    let waiting = {
        let mut lambda = cloud.lambda();
        let Some(environment) = lambda.environments.get_mut(token) else { return empty(403) };
        match std::mem::replace(&mut environment.phase, Phase::Gone) {
            Phase::Starting(work) => return give(environment.begin_first(cloud, token, work)),
            Phase::Busy(run) => {
                let request_id = run.work.request_id.clone();
                let unanswered = (!run.answered).then(|| {
                    FunctionError::platform(&request_id, "Runtime.Unknown", "Runtime asked for work before it answered")
                });
                environment.phase = Phase::Busy(run);
                pool::finish(cloud, &mut lambda, token, unanswered);
            }
            Phase::Idle(_) => {}
            Phase::Gone => return empty(410),
        }
        if !pool::rest(&mut lambda, token) {
            return empty(410);
        }
        let Some(environment) = lambda.environments.get_mut(token) else { return empty(410) };
        let (sender, waiting) = oneshot::channel();
        environment.phase = Phase::Idle(sender);
        environment.freeze();
        waiting
    };
    match waiting.await {
        Ok(assignment) => give(assignment),
        Err(_) => empty(410),
    }
}

fn give(assignment: Assignment) -> Response<Body> {
    let mut response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", &assignment.request_id)
        .header("lambda-runtime-deadline-ms", assignment.deadline_ms.to_string())
        .header("lambda-runtime-invoked-function-arn", &assignment.arn)
        .header("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0");
    if let Some(json) = assignment.client_context.and_then(|context| BASE64.decode(context).ok()) {
        response = response.header("lambda-runtime-client-context", json);
    }
    response.body(full(assignment.payload)).unwrap_or_else(|_| empty(500))
}

async fn answer(cloud: &Cloud, token: &str, id: &str, request: Request<Incoming>) -> Response<Body> {
    let mode = request.headers().get("lambda-runtime-function-response-mode");
    let streams = mode.is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"streaming"));
    let limit = if streams { cloud.knobs().stream_bytes } else { cloud.knobs().answer_bytes };
    if !streams {
        return match collect(request.into_body(), limit).await {
            Ok(bytes) => match forward(cloud, token, id, bytes, limit) {
                Ok(()) => complete(cloud, token, id, None),
                Err(refused) => *refused,
            },
            // The process has died, which is told elsewhere, or its answer is too long.
            Err(error) if error.is::<TooLong>() => too_long(cloud, token, id, limit),
            Err(_) => empty(400),
        };
    }
    let mut body = request.into_body();
    let mut error = None;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return empty(400) };
        match frame.into_data() {
            Ok(bytes) => {
                if let Err(refused) = forward(cloud, token, id, bytes, limit) {
                    return *refused;
                }
            }
            Err(frame) => error = frame.into_trailers().ok().and_then(|trailers| error_in(&trailers)),
        }
    }
    complete(cloud, token, id, error)
}

/// An error after the beginning of a stream, as runtimes report it.
fn error_in(trailers: &HeaderMap) -> Option<FunctionError> {
    let text = |name: &str| trailers.get(name).and_then(|value| value.to_str().ok());
    let error_type = text("lambda-runtime-function-error-type")?;
    let body = text("lambda-runtime-function-error-body").and_then(|body| BASE64.decode(body).ok());
    let details = body.unwrap_or_else(|| json!({"errorType": error_type}).to_string().into());
    Some(FunctionError { code: error_type.to_owned(), details: details.into() })
}

/// Passes some of the answer on.
fn forward(cloud: &Cloud, token: &str, id: &str, mut bytes: Bytes, limit: usize) -> Result<(), Box<Response<Body>>> {
    let mut lambda = cloud.lambda();
    let unknown = || answer_json(400, &json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}));
    let environment = lambda.environments.get_mut(token).ok_or_else(|| Box::new(unknown()))?;
    let Some(run) = environment.run(id).filter(|run| !run.answered) else { return Err(Box::new(unknown())) };
    run.answer_bytes += bytes.len() as u64;
    if run.answer_bytes > limit as u64 {
        drop(lambda);
        return Err(Box::new(too_long(cloud, token, id, limit)));
    }
    let killed = matches!(run.work.sabotage, Some(Sabotage::InAnswer));
    if killed {
        bytes.truncate(bytes.len() / 2);
    }
    if !bytes.is_empty() {
        let _ = run.work.events.send(Event::Data(bytes));
    }
    if killed {
        cloud.record().killed += 1;
        environment.end();
        return Err(Box::new(empty(500)));
    }
    Ok(())
}

/// The answer is complete; the invocation ends with the next request for work.
fn complete(cloud: &Cloud, token: &str, id: &str, error: Option<FunctionError>) -> Response<Body> {
    let mut lambda = cloud.lambda();
    let Some(run) = lambda.environments.get_mut(token).and_then(|environment| environment.run(id)) else {
        return answer_json(400, &json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}));
    };
    run.answered = true;
    // A verdict of the platform stands.
    run.error = run.error.take().or(error);
    answer_json(202, &json!({"status": "OK"}))
}

fn too_long(cloud: &Cloud, token: &str, id: &str, limit: usize) -> Response<Body> {
    let message = format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).");
    let code = "Function.ResponseSizeTooLarge";
    let details = json!({"errorType": code, "errorMessage": message}).to_string();
    let _ = complete(cloud, token, id, Some(FunctionError { code: code.into(), details: details.into() }));
    answer_json(413, &json!({"errorType": "RequestEntityTooLarge", "errorMessage": message}))
}

fn init_error(cloud: &Cloud, token: &str, details: Bytes) -> Response<Body> {
    let mut lambda = cloud.lambda();
    let Some(environment) = lambda.environments.get_mut(token) else { return empty(403) };
    environment.init_error = Some(FunctionError { code: "Unhandled".into(), details });
    // Runtimes end themselves after this report; AWS does not rely on it either.
    environment.end();
    answer_json(202, &json!({"status": "OK"}))
}
