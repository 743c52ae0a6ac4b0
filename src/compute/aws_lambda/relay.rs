//! Invocations that a function starts for the driver, from inside the region (`remote_invoker`): the driver sends many
//! requests in one, so its own line to AWS hardly matters.

use std::time::Duration;

use aws_sdk_lambda::types::InvocationType;
use aws_smithy_types::Blob;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};

use super::failure::{self, Attempt};
use super::objects;
use crate::aws::Account;
use crate::protocol::{Event, Relay, RemoteError, VERSION, kind};

/// Payloads of one relay, together: AWS takes 6 MB (AWS Lambda quotas, "Invocation payload").
const MAX_BYTES: usize = 5 << 20;
/// Payloads of one relay: more would be started one after the other anyway.
const MAX_PAYLOADS: usize = 500;
/// Invocations that a relay starts at the same time.
const PARALLEL_STARTS: usize = 64;

/// AWS Lambda runs no function for more than 15 minutes (AWS Lambda quotas, "Function timeout"); the rest is for the way.
const RELAYED_WITHIN: Duration = Duration::from_secs(16 * 60);

/// What became of one payload of a relay.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Started,
    Throttled(String),
    /// Kind and message.
    Failed(String, String),
    /// The same, and worth another attempt.
    Retry(String, String),
    /// The same, as AWS could not be reached.
    Unreached(String, String),
    Gone(String, String),
}

/// The worker's side: starts all invocations of a relay, and gives what became of each, in order, as JSON.
pub async fn start_all(relay: Relay) -> String {
    let region = std::env::var("AWS_REGION").ok();
    let account = Account::in_region(&crate::config::Aws::default(), region.as_deref()).await;
    let outcomes: Vec<Outcome> = match account {
        Err(error) => {
            relay.payloads.iter().map(|_| Outcome::Failed(kind::START_FAILED.into(), error.to_string())).collect()
        }
        Ok(account) => {
            let starts = relay.payloads.into_iter().map(|payload| {
                let (account, function) = (&account, &relay.function);
                async move { objects::start_event(account, function, payload.get().as_bytes().to_vec()).await.into() }
            });
            stream::iter(starts).buffered(PARALLEL_STARTS).collect().await
        }
    };
    // Plain data: serialization has no way to fail.
    serde_json::to_string(&outcomes).unwrap_or_default()
}

impl From<Attempt> for Outcome {
    fn from(attempt: Attempt) -> Self {
        match attempt {
            Attempt::Done => Self::Started,
            Attempt::Throttled(said) => Self::Throttled(said),
            Attempt::Retry(error) | Attempt::Cut(error) => Self::Retry(error.kind, error.message),
            Attempt::Unreached(error) => Self::Unreached(error.kind, error.message),
            Attempt::Gone(error) => Self::Gone(error.kind, error.message),
            Attempt::Ended(error) | Attempt::Failed(error) => Self::Failed(error.kind, error.message),
            Attempt::WithoutStreams => Self::Failed(kind::START_FAILED.into(), "the region takes no events".into()),
        }
    }
}

impl From<Outcome> for Attempt {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Started => Self::Done,
            Outcome::Throttled(said) => Self::Throttled(said),
            Outcome::Failed(kind, message) => Self::Failed(RemoteError::new(&kind, message)),
            Outcome::Retry(kind, message) => Self::Retry(RemoteError::new(&kind, message)),
            Outcome::Unreached(kind, message) => Self::Unreached(RemoteError::new(&kind, message)),
            Outcome::Gone(kind, message) => Self::Gone(RemoteError::new(&kind, message)),
        }
    }
}

struct Pending {
    function: String,
    payload: Box<RawValue>,
    outcome: oneshot::Sender<Attempt>,
}

/// The driver's side: puts payloads together and has them started.
pub(super) struct Relays {
    pending: mpsc::UnboundedSender<Pending>,
}

impl Relays {
    /// Must be called on the I/O runtime.
    pub fn start(account: Account) -> Self {
        let (pending, mut inbox) = mpsc::unbounded_channel::<Pending>();
        tokio::spawn(async move {
            let mut left: Option<Pending> = None;
            loop {
                let Some(first) = (match left.take() {
                    Some(pending) => Some(pending),
                    None => inbox.recv().await,
                }) else {
                    return;
                };
                // Whoever has a payload ready by now goes along.
                tokio::task::yield_now().await;
                let mut bytes = first.payload.get().len();
                let mut together = vec![first];
                while together.len() < MAX_PAYLOADS {
                    let Ok(next) = inbox.try_recv() else { break };
                    bytes += next.payload.get().len();
                    if bytes > MAX_BYTES || next.function != together[0].function {
                        left = Some(next);
                        break;
                    }
                    together.push(next);
                }
                tokio::spawn(send(account.clone(), together));
            }
        });
        Self { pending }
    }

    /// Has an invocation started. Its answer comes through storage.
    pub async fn start_event(&self, function: &str, payload: Vec<u8>) -> Attempt {
        let malformed = || Attempt::Failed(RemoteError::new(kind::PROTOCOL, "the request is not JSON"));
        let Ok(payload) =
            String::from_utf8(payload).map_err(|_| ()).and_then(|text| RawValue::from_string(text).map_err(|_| ()))
        else {
            return malformed();
        };
        let (outcome, told) = oneshot::channel();
        let pending = Pending { function: function.to_owned(), payload, outcome };
        let ended = || Attempt::Failed(RemoteError::new(kind::CANCELLED, "the job was ended"));
        if self.pending.send(pending).is_err() {
            return ended();
        }
        told.await.unwrap_or_else(|_| ended())
    }
}

/// Sends one relay, and tells everybody in it what became of theirs.
async fn send(account: Account, together: Vec<Pending>) {
    let function = together[0].function.clone();
    let (payloads, tell): (Vec<_>, Vec<_>) =
        together.into_iter().map(|pending| (pending.payload, pending.outcome)).unzip();
    let count = payloads.len();
    let failed = match ask(&account, Relay { version: VERSION, function, payloads }).await {
        Ok(outcomes) if outcomes.len() == count => {
            for (outcome, told) in outcomes.into_iter().zip(tell) {
                let _ = told.send(outcome.into());
            }
            return;
        }
        Ok(_) => Attempt::Failed(RemoteError::new(kind::PROTOCOL, "the relay's answer is incomplete")),
        Err(attempt) => attempt,
    };
    // The same for everybody.
    let outcome = serde_json::to_string(&Outcome::from(failed)).unwrap_or_default();
    for told in tell {
        if let Ok(outcome) = serde_json::from_str::<Outcome>(&outcome) {
            let _ = told.send(outcome.into());
        }
    }
}

async fn ask(account: &Account, relay: Relay) -> Result<Vec<Outcome>, Attempt> {
    let protocol = |message: String| Attempt::Failed(RemoteError::new(kind::PROTOCOL, message));
    let function = relay.function.clone();
    let payload = serde_json::to_vec(&Event::Relay(relay)).map_err(|error| protocol(error.to_string()))?;
    let request = account.lambda().invoke().function_name(&function).invocation_type(InvocationType::RequestResponse);
    let answer = tokio::time::timeout(RELAYED_WITHIN, request.payload(Blob::new(payload)).send()).await;
    let answer = answer.map_err(|_| failure::unanswered(&function))?;
    let answer = answer.map_err(|error| failure::refused(&function, &error))?;
    let body = answer.payload().map(AsRef::as_ref).unwrap_or_default();
    if let Some(error) = answer.function_error() {
        let message = format!("the relay failed ({error}): {}", String::from_utf8_lossy(body));
        return Err(Attempt::Retry(RemoteError::new(kind::WORKER_LOST, message)));
    }
    // A JSON string, as all answers in one piece.
    let text: String =
        serde_json::from_slice(body).map_err(|error| protocol(format!("the relay's answer: {error}")))?;
    serde_json::from_str(&text).map_err(|error| protocol(format!("the relay's answer: {error}")))
}
