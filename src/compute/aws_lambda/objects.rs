//! One invocation whose answer comes through storage: the driver may have been away for a while, or be far away.
//!
//! The function is invoked as an event; the worker writes its answer as numbered objects, and one task of the driver
//! lists them for all invocations at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use aws_sdk_lambda::types::InvocationType;
use aws_smithy_types::Blob as AwsBlob;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::AwsLambdaCompute;
use super::failure::{self, Attempt};
use super::pace::Place;
use crate::aws::Account;
use crate::compute::Sink;
use crate::protocol::{BARE_PRELUDE, Blob, Event, ObjectAnswer, RemoteError, kind, sha256_hex};
use crate::storage::Scratch;

/// The most bytes of calls inside an event, which may have 1 MB (AWS Lambda quotas, "Invocation payload"): in base64, and
/// with the function and the rest beside them.
pub(super) const INLINE_WORK_BYTES: usize = 512 << 10;
/// The same for the function and for `extra_args`.
const INLINE_BLOB_BYTES: usize = 64 << 10;
/// The folder of answers in the scratch store.
const FOLDER: &str = "answers";
/// Answers that are read at the same time.
const PARALLEL_READS: usize = 32;
/// A worker writes a part at least every four intervals; after three times that, and some time for the
/// store and for a pause of the network, it is lost.
const LOST_INTERVALS: u32 = 12;
const LOST_SLACK: Duration = Duration::from_secs(5);
/// A listing may be on its way when an answer is missed.
const MISSED_AGAIN: Duration = Duration::from_secs(1);
/// AWS takes an event at once; the rest is for 1 MB on its way.
const ACCEPTED_WITHIN: Duration = Duration::from_secs(60);
/// AWS drops an event that it could not start within 6 hours (AWS Lambda, "Maximum age of event").
const NEVER_STARTED: Duration = Duration::from_secs(6 * 3600);

/// Starts an invocation as an event: AWS accepts it and answers nothing.
pub(super) async fn start_event(account: &Account, function: &str, payload: Vec<u8>) -> Attempt {
    let request = account.lambda().invoke().function_name(function).invocation_type(InvocationType::Event);
    match tokio::time::timeout(ACCEPTED_WITHIN, request.payload(AwsBlob::new(payload)).send()).await {
        Ok(Ok(_)) => Attempt::Done,
        Ok(Err(error)) => failure::refused(function, &error),
        Err(_) => failure::unanswered(function),
    }
}

/// Invokes the function as an event and gives its answer to `sink` as it is found in storage.
pub(super) async fn run(
    compute: &AwsLambdaCompute,
    function: &str,
    payload: &[u8],
    place: &mut Place<'_>,
    sink: &mut dyn Sink,
) -> Attempt {
    if let Err(error) = compute.bucket().await {
        return Attempt::Failed(error);
    }
    let mut answer = match compute.answers.expect() {
        Ok(answer) => answer,
        Err(error) => return Attempt::Failed(error),
    };
    let payload = match with_answer(payload, &compute.scratch, answer.target()).await {
        Ok(payload) => payload,
        Err(error) => return Attempt::Failed(error),
    };
    match compute.start_event(function, payload).await {
        Attempt::Done => place.started(),
        other => return other,
    }
    let timeout = compute.config.aws_lambda.runtime_timeout;
    let lost_after = compute.answers.interval * LOST_INTERVALS + LOST_SLACK;
    let started = Instant::now();
    let mut begun = None;
    let mut last_heard = started;
    let mut missed_at = started + timeout + LOST_SLACK;
    loop {
        let part = tokio::select! {
            part = answer.parts.recv() => part,
            () = tokio::time::sleep_until(missed_at) => {
                // Asked before the parts: whatever that listing showed is among them. Who cannot look hears nothing of a
                // worker that is well.
                let looked = compute.answers.state().looked.unwrap_or(started);
                let silent = looked.saturating_duration_since(last_heard);
                match (answer.parts.try_recv(), begun) {
                    (Ok(part), _) => Some(part),
                    (Err(_), Some(begun)) if silent >= lost_after => {
                        return Attempt::Ended(lost(function, timeout, last_heard.duration_since(begun), lost_after));
                    }
                    (Err(_), None) if silent >= NEVER_STARTED => {
                        let message = format!("AWS Lambda did not start function {function} within 6 hours");
                        return Attempt::Ended(RemoteError::new(kind::WORKER_LOST, message));
                    }
                    (Err(_), begun) => {
                        if begun.is_none() && silent >= timeout {
                            compute.answers.miss(function, silent);
                        }
                        missed_at = Instant::now() + compute.answers.interval.max(MISSED_AGAIN);
                        continue;
                    }
                }
            }
        };
        match part {
            Some(Ok(part)) => {
                if begun.is_none() {
                    begun = Some(Instant::now());
                    sink.data(BARE_PRELUDE);
                }
                last_heard = Instant::now();
                missed_at = last_heard + lost_after;
                let is_last = part.is_last;
                sink.data(&part.bytes);
                if is_last {
                    return Attempt::Done;
                }
            }
            Some(Err(error)) => return Attempt::Failed(error),
            None => return Attempt::Ended(RemoteError::new(kind::CANCELLED, "the job was ended")),
        }
    }
}

fn lost(function: &str, timeout: Duration, ran: Duration, silent: Duration) -> RemoteError {
    // The last part may be up to some intervals older than the end.
    if ran + silent >= timeout {
        let message = format!(
            "the invocation ran past `aws_lambda.runtime_timeout`, {} s: raise it (up to 900)",
            timeout.as_secs()
        );
        return RemoteError::new(kind::TIMEOUT, message);
    }
    let message = format!(
        "the worker has written nothing for {} s: it crashed, or was ended for want of memory; its log is in the group \
         /aws/lambda/{function} of CloudWatch",
        silent.as_secs()
    );
    RemoteError::new(kind::WORKER_LOST, message)
}

/// The request with the place of its answer in it, and what is too large for an event moved to the store.
async fn with_answer(payload: &[u8], scratch: &Scratch, target: ObjectAnswer) -> Result<Vec<u8>, RemoteError> {
    let malformed =
        |error: serde_json::Error| RemoteError::new(kind::PROTOCOL, format!("cannot change the request: {error}"));
    let mut event: Event = serde_json::from_slice(payload).map_err(malformed)?;
    if let Event::Run(request) = &mut event {
        if let Some(surroundings) = &mut request.surroundings {
            surroundings.answer = Some(target);
        }
        outline(&mut request.function, "functions", INLINE_BLOB_BYTES, scratch).await?;
        outline(&mut request.work, "work", INLINE_WORK_BYTES, scratch).await?;
        if let Some(extra_args) = &mut request.extra_args {
            outline(extra_args, "data", INLINE_BLOB_BYTES, scratch).await?;
        }
    }
    serde_json::to_vec(&event).map_err(malformed)
}

async fn outline(blob: &mut Blob, folder: &str, limit: usize, scratch: &Scratch) -> Result<(), RemoteError> {
    let Some(bytes) = blob.inline.as_ref().filter(|bytes| bytes.len() > limit).cloned() else { return Ok(()) };
    let sha256 = sha256_hex(&bytes);
    let key = format!("{folder}/{sha256}");
    scratch.put(&key, bytes).await.map_err(|error| RemoteError::new(kind::STORAGE, error))?;
    *blob = Blob::object(sha256, key);
    Ok(())
}

/// One part of an answer.
pub(super) struct Part {
    bytes: Bytes,
    is_last: bool,
}

/// Where the parts of one answer go.
struct Waiting {
    parts: mpsc::UnboundedSender<Result<Part, RemoteError>>,
    next: u64,
}

/// Finds the answers of all invocations.
pub(super) struct ObjectAnswers {
    scratch: Arc<Scratch>,
    interval: Duration,
    state: Mutex<State>,
    this: Weak<Self>,
}

#[derive(Default)]
struct State {
    waiting: HashMap<String, Waiting>,
    /// Parts that have been read, to be removed together.
    read: Vec<String>,
    is_polling: bool,
    /// When the last look began whose listing came; what that showed has been delivered.
    looked: Option<Instant>,
    /// The user knows of invocations that nothing is heard of.
    is_miss_told: bool,
}

/// The parts of one answer as they come.
pub(super) struct Expected {
    answers: Arc<ObjectAnswers>,
    id: String,
    parts: mpsc::UnboundedReceiver<Result<Part, RemoteError>>,
}

impl Expected {
    fn target(&self) -> ObjectAnswer {
        ObjectAnswer {
            key: format!("{FOLDER}/{}", self.id),
            interval_ms: u64::try_from(self.answers.interval.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.answers.state().waiting.remove(&self.id);
    }
}

impl ObjectAnswers {
    pub fn new(scratch: Arc<Scratch>, interval: Duration) -> Arc<Self> {
        Arc::new_cyclic(|this| Self { scratch, interval, state: Mutex::default(), this: this.clone() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// A place for an answer. Must be called on the I/O runtime.
    fn expect(&self) -> Result<Expected, RemoteError> {
        let gone = || RemoteError::new(kind::CANCELLED, "the job was ended");
        let answers = self.this.upgrade().ok_or_else(gone)?;
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| RemoteError::new(kind::START_FAILED, format!("no random numbers: {error}")))?;
        let id = format!("{:032x}", u128::from_le_bytes(random));
        let (sender, parts) = mpsc::unbounded_channel();
        self.scratch.expect_values();
        let mut state = self.state();
        state.waiting.insert(id.clone(), Waiting { parts: sender, next: 0 });
        if !std::mem::replace(&mut state.is_polling, true) {
            tokio::spawn(poll(answers.clone()));
        }
        drop(state);
        Ok(Expected { answers, id, parts })
    }

    /// The parts in a listing that are the next ones of answers that somebody waits for. Those of others are removed: their
    /// worker was given up, and lives.
    fn next_parts(&self, keys: impl Iterator<Item = String>) -> Vec<Found> {
        let mut state = self.state();
        let mut found: Vec<Found> = keys.filter_map(Found::of).collect();
        found.sort_by(|a, b| (&a.id, a.number).cmp(&(&b.id, b.number)));
        let State { waiting, read, .. } = &mut *state;
        found.retain(|part| match waiting.get_mut(&part.id) {
            Some(waiting) if waiting.next == part.number => {
                waiting.next += 1;
                true
            }
            Some(_) => false,
            None => {
                read.push(part.key.clone());
                false
            }
        });
        found
    }

    /// Nothing is heard of an invocation that should have ended by now, had it begun. The user is told once.
    fn miss(&self, function: &str, silent: Duration) {
        let mut state = self.state();
        if std::mem::replace(&mut state.is_miss_told, true) {
            return;
        }
        let count = state.waiting.values().filter(|waiting| waiting.next == 0).count();
        drop(state);
        tracing::warn!(
            "after {} s nothing is heard of {count} of the invocations of function {function}: AWS Lambda has no concurrency left \
             for them, or their workers end early or cannot write to the bucket, which is told in the log group \
             /aws/lambda/{function} of CloudWatch; waiting on",
            silent.as_secs()
        );
    }

    fn deliver(&self, found: Found, part: Result<Bytes, RemoteError>) {
        let mut state = self.state();
        if let Some(waiting) = state.waiting.get(&found.id) {
            let part = part.map(|bytes| Part { is_last: found.is_last, bytes });
            // A receiver that is gone has lost interest.
            let _ = waiting.parts.send(part);
        }
        state.read.push(found.key);
    }
}

/// A part in a listing.
struct Found {
    id: String,
    number: u64,
    is_last: bool,
    key: String,
}

impl Found {
    fn of(key: String) -> Option<Self> {
        let mut steps = key.rsplit('/');
        let name = steps.next()?;
        let (digits, is_last) = name.strip_suffix(ObjectAnswer::LAST).map_or((name, false), |digits| (digits, true));
        let number = digits.parse().ok()?;
        let id = steps.next()?.to_owned();
        Some(Self { id, number, is_last, key })
    }
}

/// Looks for parts until nobody waits for any.
async fn poll(answers: Arc<ObjectAnswers>) {
    let mut is_blind = false;
    loop {
        tokio::time::sleep(answers.interval).await;
        {
            let mut state = answers.state();
            if state.waiting.is_empty() && state.read.is_empty() {
                state.is_polling = false;
                return;
            }
        }
        let read = std::mem::take(&mut answers.state().read);
        if !read.is_empty()
            && let Err(error) = answers.scratch.delete_all(&read).await
        {
            tracing::debug!(%error, "cannot remove parts of answers; they go with the job's other objects");
        }
        let looked = Instant::now();
        let listed = match answers.scratch.list(&format!("{FOLDER}/")).await {
            Ok(listed) => listed,
            Err(error) => {
                if std::mem::replace(&mut is_blind, true) {
                    tracing::debug!(%error, "cannot look for answers in storage");
                } else {
                    tracing::warn!(%error, "cannot look for answers in storage; trying again");
                }
                continue;
            }
        };
        is_blind = false;
        let next = answers.next_parts(listed.into_iter().map(|entry| entry.key));
        // In order for each answer: the parts of one are neighbours, and `buffered` keeps the order.
        let mut parts = stream::iter(next)
            .map(|found| {
                let scratch = answers.scratch.clone();
                async move {
                    let part = scratch.get(&found.key).await;
                    (found, part.map_err(|error| RemoteError::new(kind::STORAGE, error)))
                }
            })
            .buffered(PARALLEL_READS);
        while let Some((found, part)) = parts.next().await {
            answers.deliver(found, part);
        }
        answers.state().looked = Some(looked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_their_order_and_those_that_nobody_waits_for_are_removed() {
        let answers = ObjectAnswers::new(Arc::new(Scratch::local("/nowhere".into())), Duration::from_secs(1));
        let (parts, _received) = mpsc::unbounded_channel();
        answers.state().waiting.insert("a".into(), Waiting { parts, next: 1 });
        let keys = ["answers/a/00000000", "answers/a/00000002.end", "answers/a/00000001", "answers/b/00000000"];
        let next = answers.next_parts(keys.into_iter().map(str::to_owned));
        let next: Vec<_> = next.iter().map(|found| (found.number, found.is_last)).collect();
        assert_eq!(next, [(1, false), (2, true)]);
        assert_eq!(answers.state().read, ["answers/b/00000000"]);
    }
}
