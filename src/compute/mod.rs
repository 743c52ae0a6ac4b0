//! Where invocations run: the [`Compute`] trait, and its backends, one folder each.

pub mod aws_lambda;
pub mod local;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::protocol::{RemoteError, Surroundings};
use crate::storage::Scratch;

/// What a backend can take. The driver plans within it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Invocations that run at the same time.
    pub max_workers: usize,
    /// Invocations among them that are on their way: sent, and not heard of yet.
    pub max_starting: usize,
    /// Calls that one worker runs at the same time.
    pub parallel_calls: u32,
    /// The most bytes of a blob that travel inside a request; longer ones go to the scratch store.
    pub inline_blob_bytes: usize,
    /// The same for the calls of an invocation with their elements.
    pub inline_work_bytes: usize,
    /// The most bytes of a result that travel inside a frame; longer ones go to the scratch store.
    pub inline_result_bytes: usize,
    /// How long the calls of one invocation should take together, so that the cost of an invocation is small beside it.
    pub target_invocation_us: u64,
    /// Calls that take less than this together are not split further only to give every worker some.
    pub least_invocation_us: u64,
    /// The same where the user set a `chunksize`: several chunks share an invocation only if they take less together.
    /// 0: each chunk is an invocation of its own.
    pub target_chunks_us: u64,
    /// Whether everything that a worker said before it died is known.
    pub keeps_last_words: bool,
    /// Bytes of a worker's memory that its VM must leave free for everything else in the process.
    pub worker_overhead_bytes: u64,
}

/// One request on its way to a worker.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The [`Request`](crate::protocol::Request) as JSON.
    pub payload: Bytes,
    /// How many jobs contain this one. Inner jobs go first: somebody waits for them.
    pub depth: u32,
    /// Bytes of memory that the worker's process may use.
    pub memory_bytes: Option<u64>,
}

/// What takes in an answer as it arrives.
pub trait Sink: Send {
    /// The next bytes of the stream, prelude included.
    fn data(&mut self, bytes: &[u8]);
    /// The rest of the stream from another source: a copy of all frames, without the prelude.
    fn rest(&mut self, all_frames: &[u8]);
    /// What the platform charges for the invocation.
    fn usage(&mut self, _usage: Usage) {}
    /// The end of what the platform logged of an invocation that failed.
    fn log_tail(&mut self, _tail: &str) {}
}

/// What one invocation used, as the platform reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Milliseconds that are paid for.
    pub billed_ms: u32,
    /// Megabytes of memory at its peak.
    pub max_memory_mb: u32,
    /// Milliseconds of a cold start before the handler; 0 for a warm one.
    pub init_ms: u32,
}

/// A backend. One of it serves all jobs of an executor, and often of several.
#[async_trait]
pub trait Compute: Send + Sync {
    /// What it can take.
    fn limits(&self) -> Limits;

    /// Where large blobs and results are put for a while.
    fn scratch(&self) -> Arc<Scratch>;

    /// What a worker has to know of its driver, where it cannot ask for it. `Err`: the store cannot be used.
    async fn surroundings(&self) -> Result<Option<Surroundings>, RemoteError> {
        Ok(None)
    }

    /// Runs one invocation to the end of its answer. An error says what became of the worker; whatever it
    /// had said before has been given to `sink`. Dropping the future cancels the invocation and ends its worker.
    async fn invoke(&self, invocation: Invocation, sink: &mut dyn Sink) -> Result<(), RemoteError>;

    /// What runs invocations with so much memory, where it has a name: a function on AWS. `None` before it is known.
    fn function_name(&self, _memory_bytes: Option<u64>) -> Option<String> {
        None
    }

    /// The region that it uses, once it does.
    fn region(&self) -> Option<String> {
        None
    }

    /// The calling thread, which runs a call on this backend, is about to wait for other calls:
    /// its place is free for them until the guard is dropped.
    fn give_place(&self) -> Box<dyn std::any::Any> {
        Box::new(())
    }

    /// Ends all workers at once. Invocations under way fail.
    fn shutdown(&self) {}
}
