//! An invocation: what a function is given, and what comes of it.

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;

use super::faults::Sabotage;

/// An invocation on its way to an environment.
pub struct Work {
    pub request_id: String,
    /// `RequestResponse`, `Event`, or `ResponseStream`.
    pub kind: &'static str,
    pub payload: Bytes,
    /// The client context, as the header carries it: base64.
    pub client_context: Option<String>,
    /// Where the answer goes.
    pub events: mpsc::UnboundedSender<Event>,
    /// Whether, and how, its process is to be killed.
    pub sabotage: Option<Sabotage>,
}

/// What becomes of an invocation.
pub enum Event {
    /// The next bytes of the answer.
    Data(Bytes),
    /// Nothing follows.
    Ended(End),
}

/// How an invocation ended.
pub struct End {
    pub error: Option<FunctionError>,
    /// The last 4 KB of its log.
    pub log_tail: Vec<u8>,
}

/// The failure of a function, told by its runtime or by the platform.
#[derive(Clone, Debug)]
pub struct FunctionError {
    /// `Unhandled` if the runtime told it, else the platform's word.
    pub code: String,
    /// JSON with `errorType` and `errorMessage`.
    pub details: Bytes,
}

impl FunctionError {
    /// An error of the platform.
    pub fn platform(request_id: &str, code: &str, message: &str) -> FunctionError {
        let message = format!("RequestId: {request_id} Error: {message}");
        let details = json!({"errorType": code, "errorMessage": message});
        FunctionError { code: code.into(), details: details.to_string().into() }
    }
}

/// What the process gets for its request for work.
pub struct Assignment {
    pub request_id: String,
    pub payload: Bytes,
    pub client_context: Option<String>,
    pub deadline_ms: u128,
    pub arn: String,
}
