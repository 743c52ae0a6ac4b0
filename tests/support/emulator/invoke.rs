//! Invocations: in one piece, asynchronous, or with a streamed answer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, StreamBody};
use hyper::Response;
use hyper::body::Frame;
use hyper::header::HeaderMap;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::environment::{End, Event, FunctionError, Work};
use super::failure::Failure;
use super::faults::{CutAt, Faults};
use super::server::{Body, BoxError, Cut, empty, full};
use super::{Cloud, event_stream, pool};

type Answer = Result<Response<Body>, Failure>;
type Events = mpsc::UnboundedReceiver<Event>;

/// Longer pieces of an answer are several events.
const MAX_CHUNK_BYTES: usize = 1 << 20;
/// What was written before a cut goes out first: only a connection that is left alone for a moment sends it.
const CUT_AFTER: Duration = Duration::from_millis(5);
/// An asynchronous invocation that is throttled looks for room again after this time at the latest.
const EVENT_LOOK: Duration = Duration::from_millis(100);

/// What a request says besides its payload.
struct Request {
    payload: Bytes,
    client_context: Option<String>,
    with_log: bool,
    request_id: String,
}

impl Request {
    fn new(cloud: &Cloud, headers: &HeaderMap, payload: Bytes) -> Request {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Request {
            payload: if payload.is_empty() { Bytes::from_static(b"{}") } else { payload },
            client_context: header("x-amz-client-context").map(str::to_owned),
            with_log: header("x-amz-log-type") == Some("Tail"),
            request_id: cloud.new_id(),
        }
    }

    fn work(&self, kind: &'static str, faults: &Faults) -> (Work, Events) {
        let (events, receiver) = mpsc::unbounded_channel();
        let work = Work {
            request_id: self.request_id.clone(),
            kind,
            payload: self.payload.clone(),
            client_context: self.client_context.clone(),
            events,
            sabotage: faults.sabotage,
        };
        (work, receiver)
    }
}

/// `Invoke`.
pub async fn whole(cloud: &Arc<Cloud>, name: &str, headers: &HeaderMap, payload: Bytes) -> Result<Answer, Cut> {
    let kind = headers.get("x-amz-invocation-type").map_or("RequestResponse", |kind| kind.to_str().unwrap_or_default());
    let limits = cloud.knobs().clone();
    let refusal = match kind {
        "RequestResponse" => check_payload(&payload, || too_long(limits.payload_bytes, payload.len())),
        "Event" => check_payload(&payload, || too_long_event(limits.event_payload_bytes, payload.len())),
        "DryRun" => return Ok(cloud.lambda().function(cloud, name).map(|_| empty(204))),
        _ => {
            let constraint = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]";
            Err(Failure::validation(kind, "invocationType", constraint))
        }
    };
    let request = Request::new(cloud, headers, payload);
    tokio::time::sleep(Duration::from_millis(limits.latency_ms)).await;
    let faults = Faults::roll(cloud);
    if let Some(failure) = refusal.err().or(faults.refusal.clone()) {
        return Ok(Err(failure));
    }
    if kind == "Event" {
        return Ok(accept_event(cloud, name, request, faults));
    }
    let (work, events) = request.work("RequestResponse", &faults);
    if let Err(failure) = pool::start(cloud, name, work) {
        return Ok(Err(failure));
    }
    let (bytes, mut end) = collect(events).await;
    if faults.answer_lost {
        return Ok(Err(Failure::server()));
    }
    if faults.cut.is_some() {
        cloud.record().cut += 1;
        return Err(Cut);
    }
    if end.error.is_none() && bytes.len() > limits.answer_bytes {
        let code = "Function.ResponseSizeTooLarge";
        let size = limits.answer_bytes;
        let message = format!("Response payload size exceeded maximum allowed payload size ({size} bytes).");
        let details = json!({"errorType": code, "errorMessage": message}).to_string().into();
        end.error = Some(FunctionError { code: code.into(), details });
    }
    let mut response = Response::builder()
        .header("content-type", "application/json")
        .header("x-amzn-requestid", &request.request_id)
        .header("x-amz-executed-version", "$LATEST");
    if request.with_log {
        response = response.header("x-amz-log-result", BASE64.encode(&end.log_tail));
    }
    let body = match end.error {
        Some(error) => {
            response = response.header("x-amz-function-error", "Unhandled");
            error.details
        }
        None => bytes,
    };
    Ok(response.body(full(body)).map_err(|_| Failure::server()))
}

/// `InvokeWithResponseStream`.
pub async fn streamed(cloud: &Arc<Cloud>, name: &str, headers: &HeaderMap, payload: Bytes) -> Result<Answer, Cut> {
    let limits = cloud.knobs().clone();
    if !limits.response_streaming {
        return Ok(Err(Failure::new(404, "UnknownOperationException", "")));
    }
    if headers.get("x-amz-invocation-type").is_some_and(|kind| kind == "DryRun") {
        return Ok(cloud.lambda().function(cloud, name).map(|_| empty(204)));
    }
    let refusal = check_payload(&payload, || too_long(limits.payload_bytes, payload.len()));
    let request = Request::new(cloud, headers, payload);
    tokio::time::sleep(Duration::from_millis(limits.latency_ms)).await;
    let faults = Faults::roll(cloud);
    if let Some(failure) = refusal.err().or(faults.refusal.clone()) {
        return Ok(Err(failure));
    }
    let (work, events) = request.work("ResponseStream", &faults);
    if let Err(failure) = pool::start(cloud, name, work) {
        return Ok(Err(failure));
    }
    if faults.answer_lost {
        collect(events).await;
        return Ok(Err(Failure::server()));
    }
    if faults.cut.is_some() {
        cloud.record().cut += 1;
    }
    if faults.cut == Some(CutAt::Nothing) {
        collect(events).await;
        return Err(Cut);
    }
    let stream = AnswerStream {
        events,
        with_log: request.with_log,
        cut: faults.cut,
        ready: VecDeque::new(),
        ended: false,
        broken: false,
    };
    let frames = futures_util::stream::unfold(stream, |mut stream| async move {
        let next = stream.next().await?;
        Some((next.map(Frame::data), stream))
    });
    Ok(Response::builder()
        .header("content-type", "application/vnd.amazon.eventstream")
        .header("x-amzn-requestid", &request.request_id)
        .header("x-amz-executed-version", "$LATEST")
        .body(StreamBody::new(frames).boxed_unsync())
        .map_err(|_| Failure::server()))
}

/// An answer on its way, event by event.
struct AnswerStream {
    events: Events,
    with_log: bool,
    cut: Option<CutAt>,
    ready: VecDeque<Bytes>,
    ended: bool,
    /// Half an event was sent, and that was all.
    broken: bool,
}

impl AnswerStream {
    async fn next(&mut self) -> Option<Result<Bytes, BoxError>> {
        if let Some(bytes) = self.ready.pop_front() {
            return Some(Ok(bytes));
        }
        if self.broken {
            return cut().await;
        }
        if self.ended {
            return None;
        }
        let event = self.events.recv().await;
        let ends = !matches!(event, Some(Event::Data(_)));
        match self.cut {
            Some(CutAt::Head) => return cut().await,
            Some(CutAt::End) if ends => return cut().await,
            _ => {}
        }
        match event {
            Some(Event::Data(mut bytes)) => {
                while !bytes.is_empty() {
                    let chunk = bytes.split_to(bytes.len().min(MAX_CHUNK_BYTES));
                    self.ready.push_back(event_stream::payload_chunk(chunk));
                }
            }
            Some(Event::Ended(end)) => {
                self.ready.push_back(event_stream::invoke_complete(&end, self.with_log));
                self.ended = true;
            }
            // The emulator is ending.
            None => return cut().await,
        }
        let mut bytes = self.ready.pop_front()?;
        if self.cut == Some(CutAt::Event) {
            bytes.truncate(bytes.len() / 2);
            self.ready.clear();
            self.broken = true;
        }
        Some(Ok(bytes))
    }
}

/// The end of a connection in the middle of an answer.
async fn cut() -> Option<Result<Bytes, BoxError>> {
    tokio::time::sleep(CUT_AFTER).await;
    Some(Err(Cut.into()))
}

/// The whole answer.
async fn collect(mut events: Events) -> (Bytes, End) {
    let mut bytes = BytesMut::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Data(more) => bytes.extend_from_slice(&more),
            Event::Ended(end) => return (bytes.freeze(), end),
        }
    }
    let error = FunctionError::platform("", "Sandbox.Failure", "The emulator is ending");
    (bytes.freeze(), End { error: Some(error), log_tail: Vec::new() })
}

/// Accepts an asynchronous invocation, and sees to it that it runs.
fn accept_event(cloud: &Arc<Cloud>, name: &str, request: Request, faults: Faults) -> Answer {
    let (id, config) = {
        let mut lambda = cloud.lambda();
        let function = lambda.function(cloud, name)?;
        function.check_can_run()?;
        (function.id, function.event_invoke.clone())
    };
    if faults.answer_lost {
        return Err(Failure::server());
    }
    let request_id = request.request_id.clone();
    let (retries, max_age_s) = config.map_or((2, 21_600), |config| (config.retries, config.max_age_s));
    let event = QueuedEvent { function: name.to_owned(), function_id: id, request, retries, max_age_s };
    tokio::spawn(event.run(cloud.clone(), faults));
    Response::builder().status(202).header("x-amzn-requestid", request_id).body(full("")).map_err(|_| Failure::server())
}

/// An asynchronous invocation in AWS's queue.
struct QueuedEvent {
    function: String,
    function_id: u64,
    request: Request,
    retries: u64,
    max_age_s: u64,
}

impl QueuedEvent {
    async fn run(self, cloud: Arc<Cloud>, mut faults: Faults) {
        let end = Instant::now() + Duration::from_secs(self.max_age_s);
        for attempt in 0..=self.retries {
            let Some(events) = self.start(&cloud, &faults, end).await else { return };
            if collect(events).await.1.error.is_none() {
                return;
            }
            let pause = cloud.knobs().event_retry_ms << attempt;
            tokio::time::sleep(Duration::from_millis(pause)).await;
            faults = Faults::roll(&cloud);
        }
    }

    /// Starts one attempt as soon as there is room for it. `None`: the function is gone, or the event too old.
    async fn start(&self, cloud: &Arc<Cloud>, faults: &Faults, end: Instant) -> Option<Events> {
        loop {
            let freed = cloud.freed.notified();
            let (work, events) = self.request.work("Event", faults);
            let same = cloud.lambda().functions.get(&self.function).is_some_and(|found| found.id == self.function_id);
            if !same || Instant::now() > end {
                return None;
            }
            match pool::start(cloud, &self.function, work) {
                Ok(()) => return Some(events),
                // Throttled ones go back to the queue.
                Err(_) => {
                    let _ = tokio::time::timeout(EVENT_LOOK, freed).await;
                }
            }
        }
    }
}

/// Lambda takes JSON only, and not too much of it.
fn check_payload(payload: &[u8], refusal: impl Fn() -> Option<Failure>) -> Result<(), Failure> {
    if let Some(failure) = refusal() {
        return Err(failure);
    }
    if payload.is_empty() {
        return Ok(());
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(payload) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(
            400,
            "InvalidRequestContentException",
            format!("Could not parse request body into json: Could not parse payload into json: {error}"),
        )),
    }
}

fn too_long(limit: usize, length: usize) -> Option<Failure> {
    let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
    (length > limit).then(|| Failure::new(413, "RequestTooLargeException", message))
}

fn too_long_event(limit: usize, length: usize) -> Option<Failure> {
    let message = format!("{length} byte payload is too large for the Event invocation type (limit {limit} bytes)");
    (length > limit).then(|| Failure::new(413, "RequestEntityTooLargeException", message))
}
