//! What tests choose about the emulated AWS. The defaults are AWS's own figures, without faults and without waiting.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The choices. Over HTTP, `POST /emulator/knobs` takes a JSON object with those that are to change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// The region of all services. Requests that are signed for another one are refused.
    pub region: String,
    /// The twelve digits of the account.
    pub account_id: String,
    /// Begins the dice that decide about faults.
    pub seed: u64,

    /// Milliseconds that are added to each invocation before it begins.
    pub latency_ms: u64,
    /// Milliseconds before the process of a new execution environment is started.
    pub cold_start_ms: u64,
    /// Milliseconds that a new function is `Pending`.
    pub pending_ms: u64,
    /// Milliseconds that an update of a function is `InProgress`.
    pub update_ms: u64,
    /// Functions that are made end as `Failed` with this reason code, `SubnetOutOfIPAddresses` for example.
    pub creation_fails: Option<String>,
    /// So many attempts to use a role fail because it cannot be assumed yet.
    pub role_not_ready: u32,
    /// Names of roles that do not exist.
    pub missing_roles: Vec<String>,
    /// Names of roles that Lambda may not assume.
    pub untrusting_roles: Vec<String>,
    /// Container images: their URIs, and the executable that is the entry point of each.
    pub images: BTreeMap<String, PathBuf>,

    /// Probability that an invocation is refused with 429.
    pub throttle: f64,
    /// Probability that an invocation is answered with 500 and does not run.
    pub server_error: f64,
    /// Probability that an invocation runs and is answered with 500 nevertheless.
    pub server_error_after_run: f64,
    /// Probability that the connection is closed in the middle of an invocation's answer.
    pub cut_answer: f64,
    /// Probability that the process that runs an invocation is killed.
    pub kill_worker: f64,
    /// Probability that S3 refuses a request with 503.
    pub s3_error: f64,
    /// Whether the region knows `InvokeWithResponseStream`.
    pub response_streaming: bool,
    /// Seconds that the clock of AWS is ahead of this machine's.
    pub clock_offset_s: i64,
    /// Whether the user's credentials have expired.
    pub credentials_expired: bool,
    /// Actions that nobody may do, `lambda:CreateFunction` for example.
    pub denied: Vec<String>,
    /// The only policy of the user; `None`: everything is allowed.
    pub user_policy: Option<Value>,
    /// The only policy of functions' role; `None`: everything is allowed.
    pub role_policy: Option<Value>,
    /// Buckets that belong to somebody else.
    pub foreign_buckets: Vec<String>,

    /// Invocations that the account may have running.
    pub account_concurrency: usize,
    /// Execution environments that may be started for one function in 10 s.
    pub scaling_per_10_s: usize,
    /// The most megabytes of memory that a function may have: 3,008 in new accounts.
    pub max_memory_mb: u64,
    /// The longest payload of a synchronous invocation, in bytes.
    pub payload_bytes: usize,
    /// The longest payload of an asynchronous invocation, in bytes.
    pub event_payload_bytes: usize,
    /// The longest answer in one piece, in bytes.
    pub answer_bytes: usize,
    /// The longest streamed answer, in bytes.
    pub stream_bytes: usize,
    /// The longest request that carries a zip, in bytes: 50 MB of zip as base64.
    pub upload_bytes: usize,
    /// The most bytes of an unpacked zip.
    pub unpacked_bytes: u64,
    /// Milliseconds before the first repetition of an asynchronous invocation that failed; the second one waits twice as long.
    pub event_retry_ms: u64,
    /// Milliseconds that a process may take to its first request for work. More than AWS's 10 s: a thousand start at once here.
    pub init_timeout_ms: u64,
    /// Whether processes stand still while they have nothing to do, as they do on AWS.
    pub freeze: bool,
    /// Whether the record keeps payloads.
    pub keep_payloads: bool,
}

impl Default for Knobs {
    fn default() -> Knobs {
        Knobs {
            region: "us-east-1".into(),
            account_id: "123456789012".into(),
            seed: 0,
            latency_ms: 0,
            cold_start_ms: 0,
            pending_ms: 0,
            update_ms: 0,
            creation_fails: None,
            role_not_ready: 0,
            missing_roles: Vec::new(),
            untrusting_roles: Vec::new(),
            images: BTreeMap::new(),
            throttle: 0.0,
            server_error: 0.0,
            server_error_after_run: 0.0,
            cut_answer: 0.0,
            kill_worker: 0.0,
            s3_error: 0.0,
            response_streaming: true,
            clock_offset_s: 0,
            credentials_expired: false,
            denied: Vec::new(),
            user_policy: None,
            role_policy: None,
            foreign_buckets: Vec::new(),
            account_concurrency: 1000,
            scaling_per_10_s: 1000,
            max_memory_mb: 10_240,
            payload_bytes: 6 << 20,
            event_payload_bytes: 1 << 20,
            answer_bytes: (6 << 20) + 100,
            stream_bytes: 200 << 20,
            upload_bytes: 70_167_211,
            unpacked_bytes: 262_144_000,
            event_retry_ms: 60_000,
            init_timeout_ms: 120_000,
            freeze: true,
            keep_payloads: true,
        }
    }
}
