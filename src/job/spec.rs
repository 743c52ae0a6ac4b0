//! What goes into a job, and what is known of its calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::input::Source;
use crate::compute::Usage;
use crate::protocol::RemoteError;

/// Takes what functions print while they run: job, call, text.
pub type LogSink = Arc<dyn Fn(&str, u64, &[u8]) + Send + Sync>;

/// What a job is made of.
pub struct JobSpec {
    /// Its executor.
    pub executor_id: String,
    /// Its name in the executor: `M000`, `A001`, `R002`.
    pub job_id: String,
    /// What its function is called, for people; empty where nothing held it.
    pub function_name: String,
    /// Where its function begins, as `pipeline.lua:12`.
    pub function_source: String,
    /// How many jobs contain it.
    pub depth: u32,
    /// The function and its captures, as a message of the codec.
    pub function: Bytes,
    /// What follows each element, as a message of the codec.
    pub extra_args: Option<Bytes>,
    /// The elements.
    pub source: Source,
    /// Environment variables for the function.
    pub env: BTreeMap<String, String>,
    /// How long one call may take.
    pub timeout: Option<Duration>,
    /// Further attempts after the function raised or ran out of its time.
    pub retries: u32,
    /// Further attempts after the platform failed.
    pub platform_retries: u32,
    /// Calls in an invocation, `None`: from measured times.
    pub chunksize: Option<u64>,
    /// Invocations at a time, within the backend's own limit.
    pub max_workers: Option<usize>,
    /// Memory of a worker.
    pub memory_bytes: Option<u64>,
    /// Results above so many bytes go to the scratch store, if that is less than the backend's own limit.
    pub inline_result_bytes: Option<usize>,
    /// Where prints go as they happen, if anywhere.
    pub logs: Option<LogSink>,
}

/// How a call ended.
#[derive(Clone, Debug)]
pub enum CallResult {
    /// All its values, as a message of the codec.
    Message(Bytes),
    /// Such a message in the scratch store.
    Object {
        /// Its key.
        key: String,
        /// Its hash.
        sha256: String,
    },
    /// It failed.
    Error(Arc<RemoteError>),
}

/// When each step of a call happened, in microseconds since the Unix epoch, 0 for steps that did not happen.
#[derive(Clone, Debug, Default)]
pub struct CallStats {
    /// The job was made.
    pub job_created_us: u64,
    /// Its invocation was submitted.
    pub submitted_us: u64,
    /// The invocation reached the worker.
    pub worker_start_us: u64,
    /// The function began.
    pub start_us: u64,
    /// The function ended.
    pub end_us: u64,
    /// The worker was done with the whole invocation.
    pub worker_end_us: u64,
    /// The driver knew that the call had ended.
    pub known_us: u64,
    /// The worker process.
    pub worker: Option<Arc<str>>,
    /// 1 for a first attempt.
    pub attempt: u32,
    /// The end of what the call printed.
    pub logs: Bytes,
    /// What the whole invocation used, where the platform reports it.
    pub usage: Usage,
}

/// Counts of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Calls in all, `None` while that is not known.
    pub total: Option<u64>,
    /// Calls that ended, in whatever way.
    pub ended: u64,
    /// Calls among them that failed or were cancelled.
    pub failed: u64,
    /// Calls among those that were cancelled.
    pub cancelled: u64,
}
