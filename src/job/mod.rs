//! Jobs: what is to be called, in which pieces it goes to workers, and what came back.
//!
//! A job holds opaque bytes for functions and values; only `lua` and `worker` know what is in them.
//!
//! - `input`: where the calls of a job get their elements from, planned as it goes.
//! - `objects`: stored objects as input: how they are found; `cut`: into which pieces they are cut.
//! - `chunks`: how many calls an invocation carries, from measured times.
//! - `slots`: what is known of each call, in a few bytes.
//! - `spec`: what goes into a job, and what is known of its calls; `job`: a job, and what can be asked of it.
//! - `state`: what changes in it, and what each frame of an answer does to it.
//! - `invocation`: one invocation from request to last frame, and what is run again.
//! - `ending`: calls that are cancelled, or failed by what is not their worker.
//! - `gather`: how results reach reducers.
//! - `signal`: how a thread waits for jobs.
//! - `tally`: sums over its calls; `account`: a job in few words.
//! - `directory`: jobs of this process by name, for workers that ask for a future.

mod account;
mod chunks;
mod cut;
mod directory;
mod ending;
mod gather;
mod input;
mod invocation;
#[allow(clippy::module_inception)]
mod job;
mod objects;
mod signal;
mod slots;
mod spec;
mod state;
mod tally;

pub use account::Account;
pub use cut::Cut;
pub use directory::{Directory, all, find};
pub use gather::{Spawning, gather};
pub use input::Source;
pub use job::Job;
pub use objects::{FoundObjects, ObjectInput, ObjectPlan};
pub use signal::{Eager, generation, give, wait};
pub use slots::State;
pub use spec::{CallResult, CallStats, JobSpec, LogSink, Progress};

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in microseconds since the Unix epoch.
pub fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}
