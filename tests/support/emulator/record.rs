//! What happened, for assertions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use serde::Serialize;

/// Everything that was asked of the emulator since it began, or since it was told to forget.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Record {
    /// Requests by `service:Operation`, refused ones too.
    pub requests: BTreeMap<String, u64>,
    /// Errors that were answered, by code.
    pub errors: BTreeMap<String, u64>,
    /// Who did what that needs a permission, `user lambda:CreateFunction` for example.
    pub allowed: BTreeSet<String>,
    /// Invocations that began, in that order; each repetition of an asynchronous one is one.
    pub invocations: Vec<Invoked>,
    /// The most invocations that ran at the same time.
    pub max_concurrent: usize,
    /// The most invocations that were on their way at the same time: asked for, their answers not begun.
    pub max_starting: usize,
    /// Execution environments that were started.
    pub environments_started: u64,
    /// Answers whose connection was closed on purpose.
    pub cut: u64,
    /// Processes that were killed on purpose while they ran an invocation.
    pub killed: u64,
    /// Log streams of environments that have ended, and what is in them.
    #[serde(skip)]
    pub ended_logs: Vec<(String, String)>,
    #[serde(skip)]
    in_flight: usize,
    #[serde(skip)]
    starting: usize,
    /// Places in `invocations`, by request id.
    #[serde(skip)]
    running: HashMap<String, usize>,
}

/// One invocation.
#[derive(Clone, Debug, Serialize)]
pub struct Invoked {
    /// The function's name.
    pub function: String,
    /// AWS's id of the request.
    pub request_id: String,
    /// `RequestResponse`, `Event`, or `ResponseStream`.
    pub kind: &'static str,
    /// Length of the payload.
    pub payload_bytes: usize,
    /// The payload, unless the knob says otherwise.
    #[serde(skip)]
    pub payload: Bytes,
    /// Whether a new environment was started for it.
    pub cold: bool,
    /// The type of its error; `None` while it runs, and after success.
    pub error: Option<String>,
    /// Bytes of its answer.
    pub answer_bytes: u64,
    /// Whether it has ended.
    pub ended: bool,
}

impl Record {
    /// How often an operation was asked for: `lambda:Invoke`, for example.
    pub fn count(&self, operation: &str) -> u64 {
        self.requests.get(operation).copied().unwrap_or(0)
    }

    /// How many requests a service had.
    pub fn of_service(&self, service: &str) -> u64 {
        let named = self.requests.iter().filter(|(name, _)| name.split(':').next() == Some(service));
        named.map(|(_, count)| count).sum()
    }

    pub(super) fn request(&mut self, service: &str, operation: &str) {
        *self.requests.entry(format!("{service}:{operation}")).or_default() += 1;
    }

    pub(super) fn failure(&mut self, code: &str) {
        *self.errors.entry(code.to_owned()).or_default() += 1;
    }

    pub(super) fn asked_for_invocation(&mut self) {
        self.starting += 1;
        self.max_starting = self.max_starting.max(self.starting);
    }

    pub(super) fn answers_invocation(&mut self) {
        self.starting = self.starting.saturating_sub(1);
    }

    pub(super) fn begin(&mut self, invoked: Invoked) {
        self.in_flight += 1;
        self.max_concurrent = self.max_concurrent.max(self.in_flight);
        self.running.insert(invoked.request_id.clone(), self.invocations.len());
        self.invocations.push(invoked);
    }

    pub(super) fn end(&mut self, request_id: &str, error: Option<String>, answer_bytes: u64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let Some(invoked) = self.running.remove(request_id).and_then(|place| self.invocations.get_mut(place)) else {
            return;
        };
        invoked.ended = true;
        invoked.error = error;
        invoked.answer_bytes = answer_bytes;
    }

    /// Forgets all but what still runs.
    pub(super) fn forget(&mut self) {
        *self = Record { in_flight: self.in_flight, starting: self.starting, ..Record::default() };
    }
}
