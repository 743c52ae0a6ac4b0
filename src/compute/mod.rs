//! Where invocations run: the [`Compute`] trait, and its backends, one folder each.

pub mod aws_lambda;
pub mod local;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::protocol::RemoteError;
use crate::storage::Scratch;

/// What a backend can take. The driver plans within it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Invocations that run at the same time.
    pub max_workers: usize,
    /// The most bytes of a blob that travel inside a request; longer ones go to the scratch store.
    pub inline_blob_bytes: usize,
    /// The most bytes of a result that travel inside a frame; longer ones go to the scratch store.
    pub inline_result_bytes: usize,
    /// How long the calls of one invocation should take together, so that the cost of an invocation is small beside it.
    pub target_invocation_us: u64,
    /// The same where the user set a `chunksize`: several chunks share an invocation only if they take less together.
    /// 0: each chunk is an invocation of its own.
    pub target_chunks_us: u64,
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
}

/// A backend. One of it serves all jobs of an executor, and often of several.
#[async_trait]
pub trait Compute: Send + Sync {
    /// What it can take.
    fn limits(&self) -> Limits;

    /// Where large blobs and results are put for a while.
    fn scratch(&self) -> Arc<Scratch>;

    /// Runs one invocation to the end of its answer. An error says what became of the worker; whatever it
    /// had said before has been given to `sink`. Dropping the future cancels the invocation and ends its worker.
    async fn invoke(&self, invocation: Invocation, sink: &mut dyn Sink) -> Result<(), RemoteError>;

    /// The calling thread, which runs a call on this backend, is about to wait for other calls:
    /// its place is free for them until the guard is dropped.
    fn give_place(&self) -> Box<dyn std::any::Any> {
        Box::new(())
    }

    /// Ends all workers at once. Invocations under way fail.
    fn shutdown(&self) {}
}
