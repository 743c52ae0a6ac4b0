//! The messages between driver and worker: a request as JSON, the answer as a stream of frames.
//!
//! An invocation carries one [`Request`]. Its answer is a byte stream: what `lambda_runtime` puts in
//! front (a JSON prelude and eight NUL bytes), then [`Frame`]s, each with its length and its number, the
//! last one [`Frame::End`]. A stream without that end mark is a lost worker, never a short result.

mod frame;
mod gather;
mod request;

pub use frame::{
    BARE_PRELUDE, Frame, FrameDecoder, FrameEncoder, FrameError, MAX_FRAME_BYTES, Outcome, RemoteError, whole_answer,
};
pub use gather::{Gathered, GatheredBatch, GatheredPart, GatheredRest, GatheredValue};
pub use request::{
    Blob, BlobError, CallSpan, Event, Input, MessageForm, ObjectAnswer, ObjectMessage, Relay, Request, Surroundings,
    VERSION, Work, sha256_hex,
};

/// The kinds of failure that scripts can tell apart, as `err.kind` gives them.
pub mod kind {
    /// The function raised an error.
    pub const LUA_ERROR: &str = "lua_error";
    /// The call ran past its `timeout`, or the invocation past `runtime_timeout`.
    pub const TIMEOUT: &str = "timeout";
    /// The call needed more than `runtime_memory`.
    pub const OUT_OF_MEMORY: &str = "out_of_memory";
    /// The worker ended while it ran the call.
    pub const WORKER_LOST: &str = "worker_lost";
    /// The platform takes no more invocations.
    pub const THROTTLED: &str = "throttled";
    /// The connection to the platform was cut while an answer came: nobody knows what became of the worker.
    pub const CONNECTION_CUT: &str = "connection_cut";
    /// No worker could be started.
    pub const START_FAILED: &str = "start_failed";
    /// The result cannot be sent back.
    pub const UNSENDABLE: &str = "unsendable";
    /// The call was cancelled.
    pub const CANCELLED: &str = "cancelled";
    /// The store failed.
    pub const STORAGE: &str = "storage";
    /// Driver and worker did not understand each other.
    pub const PROTOCOL: &str = "protocol";
}
