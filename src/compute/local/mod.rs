//! This machine as a backend: warm child processes of the same binary, which take their work from a
//! Lambda Runtime API that the driver serves on loopback.
//!
//! - `pool`: which workers there are, what waits, who gets what.
//! - `journal`: what a worker that is lost had said.
//! - `process`: one worker process: its start, its memory, its end.
//! - `server`: the HTTP side: the Runtime API, and what nested jobs need besides.
//! - `prompt_stream`: its connections.
//! - `run_folder`: where the files of running jobs are.
//! - `relay`: the same backend, seen from inside a worker.

mod journal;
mod pool;
mod process;
mod prompt_stream;
mod relay;
mod run_folder;
mod server;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

pub use relay::RelayCompute;
pub use server::{FetchFuture, FutureAddress, FutureAnswer};

use self::pool::Pool;
use super::{Compute, Invocation, Limits, Sink};
use crate::config::Config;
use crate::protocol::{RemoteError, kind};
use crate::storage::Scratch;

/// Environment variable of a worker: the file that holds a copy of the frames of its invocation.
pub const JOURNAL_VARIABLE: &str = "LITHOPS_LOCAL_JOURNAL";
/// Environment variable of a worker: the folder of the scratch store.
pub const SCRATCH_VARIABLE: &str = "LITHOPS_LOCAL_SCRATCH";
/// Environment variable of a worker: how many workers the driver runs at a time.
pub const WORKERS_VARIABLE: &str = "LITHOPS_LOCAL_WORKERS";

/// How the workers of this machine are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The executable of the workers: normally this one.
    pub executable: PathBuf,
    /// Where `executable` was set, for messages about it.
    pub executable_origin: String,
    /// How many workers run at a time.
    pub max_workers: usize,
    /// How long one invocation may take.
    pub invocation_timeout: Option<Duration>,
    /// The configuration that nested executors and `lithops.storage` see in a worker.
    pub worker_config: WorkerConfig,
}

/// A whole configuration as JSON, secrets included. It stays in memory: a worker asks for it over its own API, when a
/// function first needs it. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkerConfig(String);

impl WorkerConfig {
    /// What a worker of `config` is to see.
    pub fn of(config: &Config) -> WorkerConfig {
        WorkerConfig(config.to_json_with_secrets().to_string())
    }
}

impl fmt::Debug for WorkerConfig {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("WorkerConfig(…)")
    }
}

/// Invocations in child processes of this one.
pub struct LocalCompute {
    pool: Arc<Pool>,
}

/// All pools of this process, so that executors with the same settings share their workers.
static POOLS: Mutex<Vec<Arc<Pool>>> = Mutex::new(Vec::new());

impl LocalCompute {
    /// The backend with these settings. Nothing is started before the first invocation.
    pub fn open(settings: Settings) -> Result<Self, RemoteError> {
        let mut pools = POOLS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(pool) = pools.iter().find(|pool| pool.settings == settings && !pool.is_closed()) {
            return Ok(Self { pool: pool.clone() });
        }
        let pool = Pool::new(settings).map_err(|error| RemoteError::new(kind::START_FAILED, error.to_string()))?;
        pools.push(pool.clone());
        Ok(Self { pool })
    }

    /// Gives workers a way to ask for the value of a future that this process owns.
    pub fn serve_futures(&self, fetch: Arc<dyn FetchFuture>) {
        self.pool.serve_futures(fetch);
    }
}

/// Ends the workers of all pools of this process and removes their files.
pub fn shutdown_all() {
    let pools = std::mem::take(&mut *POOLS.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    for pool in pools {
        pool.shutdown();
    }
}

#[async_trait]
impl Compute for LocalCompute {
    fn limits(&self) -> Limits {
        local_limits(self.pool.settings.max_workers)
    }

    fn scratch(&self) -> Arc<Scratch> {
        self.pool.scratch.clone()
    }

    async fn invoke(&self, invocation: Invocation, sink: &mut dyn Sink) -> Result<(), RemoteError> {
        self.pool.invoke(invocation, sink).await
    }

    fn shutdown(&self) {
        self.pool.shutdown();
    }
}

fn local_limits(max_workers: usize) -> Limits {
    Limits {
        max_workers,
        max_starting: usize::MAX,
        parallel_calls: 1,
        // Above these sizes a file is faster than base64 in JSON, and is written once for all workers.
        inline_blob_bytes: 8 << 10,
        inline_work_bytes: 1 << 20,
        inline_result_bytes: 4 << 20,
        // An invocation costs about 0.2 ms here; 20 ms make that 1%.
        target_invocation_us: 20_000,
        least_invocation_us: 0,
        // Too short for anybody to notice that a chunk waited for another one.
        target_chunks_us: 1_000,
        // They are in its journal.
        keeps_last_words: true,
        worker_overhead_bytes: 0,
    }
}
