//! AWS Lambda as a backend: the function that runs this very program, invoked as often as a job needs.
//!
//! - `deploy`: finds or makes the function.
//! - `stream`: one invocation with a streamed answer.
//! - `objects`: one invocation whose answer comes through storage (`monitoring: storage`).
//! - [`relay`]: invocations that a function starts for the driver (`remote_invoker`).
//! - `pace`: how many at a time, what AWS's refusals teach, and when to try again.
//! - `failure`: what AWS says of an invocation that went wrong, in words.
//! - [`image`]: the same program as a container image.
//! - `report`: what an invocation used.

pub mod deploy;
mod failure;
pub mod image;
mod objects;
mod pace;
pub mod relay;
mod report;
mod stream;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use self::failure::Attempt;
use self::objects::ObjectAnswers;
use self::pace::Pace;
use super::{Compute, Invocation, Limits, Sink};
use crate::aws::Account;
use crate::config::{Config, Monitoring};
use crate::protocol::{RemoteError, Surroundings, kind};
use crate::storage::{JOBS_PREFIX, Scratch};

/// A function that is deleted while a job runs is made again, so often and no more.
const MAX_REMADE: u32 = 3;
/// How long the end of a driver may take to remove what its jobs left in storage.
const CLEAN_TIMEOUT: Duration = Duration::from_secs(30);
/// Beside the VM, a worker's process needs this much: its code, stacks, buffers, TLS (measured: 12 to 25 MB).
const WORKER_OVERHEAD_BYTES: u64 = 40 << 20;

/// Invocations of a function on AWS Lambda.
pub struct AwsLambdaCompute {
    config: Config,
    /// The function that this code runs in, if it does.
    inside: Option<Inside>,
    account: OnceCell<Account>,
    /// How often the function was found to be gone.
    generation: AtomicU32,
    scratch: Arc<Scratch>,
    scratch_prefix: String,
    worker_config: String,
    pace: Arc<Pace>,
    answers: Arc<ObjectAnswers>,
    /// The names of functions that are ready, by their memory.
    functions: Mutex<BTreeMap<u32, String>>,
    /// Set when the bucket is known to be there.
    bucket: OnceCell<()>,
    relays: OnceCell<relay::Relays>,
    /// The region does not stream answers.
    is_without_streams: AtomicBool,
}

/// The function that this process is an instance of.
struct Inside {
    function: String,
}

impl Inside {
    fn of_process() -> Option<Self> {
        // A local worker has these variables as well, from its driver.
        if std::env::var_os(super::local::JOURNAL_VARIABLE).is_some() {
            return None;
        }
        std::env::var_os("AWS_LAMBDA_RUNTIME_API")?;
        std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok().map(|function| Self { function })
    }
}

/// Where the driver's jobs keep their objects, in the function that runs its calls.
static DRIVERS_PREFIX: Mutex<Option<String>> = Mutex::new(None);

/// An invocation of the driver begins whose objects have this prefix. Jobs of its calls keep theirs below that, so that the
/// driver removes them with its own.
pub fn serve(scratch_prefix: &str) {
    *DRIVERS_PREFIX.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(scratch_prefix.to_owned());
}

/// In front of a random part: where a backend of this process keeps the objects of its jobs.
fn own_prefix(inside: Option<&Inside>) -> String {
    let drivers = DRIVERS_PREFIX.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    match (inside, &*drivers) {
        (Some(_), Some(prefix)) => format!("{prefix}/nested/"),
        _ => JOBS_PREFIX.to_owned(),
    }
}

/// All backends of this process, so that executors with the same settings share their limits and functions.
static OPENED: Mutex<Vec<Arc<AwsLambdaCompute>>> = Mutex::new(Vec::new());

impl AwsLambdaCompute {
    /// The backend that `config` describes. Nothing is asked of AWS before the first invocation.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn open(config: &Config) -> Result<Arc<Self>, RemoteError> {
        let worker_config = config.to_json_without_secrets().to_string();
        let inside = Inside::of_process();
        let prefix = own_prefix(inside.as_ref());
        let same = |other: &&Arc<Self>| other.worker_config == worker_config && other.config.aws == config.aws;
        let mut opened = OPENED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Those of another driver, whose calls ran in this function before, are of no more use.
        opened.retain(|other| other.scratch_prefix.starts_with(&prefix));
        if let Some(compute) = opened.iter().find(same) {
            return Ok(compute.clone());
        }
        let mut random = [0; 8];
        getrandom::fill(&mut random)
            .map_err(|error| RemoteError::new(kind::START_FAILED, format!("no random numbers: {error}")))?;
        let scratch_prefix = format!("{prefix}{:016x}", u64::from_le_bytes(random));
        let scratch = Arc::new(Scratch::in_storage(config.clone(), scratch_prefix.clone()));
        let lambda = &config.aws_lambda;
        let patience = if inside.is_some() { pace::PATIENCE_INSIDE } else { pace::PATIENCE };
        let compute = Arc::new(Self {
            inside,
            account: OnceCell::new(),
            generation: AtomicU32::new(0),
            answers: ObjectAnswers::new(scratch.clone(), config.lithops.monitoring_interval),
            scratch,
            scratch_prefix,
            worker_config,
            pace: Arc::new(Pace::new(lambda.max_workers, lambda.invoke_pool_threads, patience)),
            functions: Mutex::default(),
            bucket: OnceCell::new(),
            relays: OnceCell::new(),
            is_without_streams: AtomicBool::new(false),
            config: config.clone(),
        });
        opened.push(compute.clone());
        Ok(compute)
    }

    /// Whether answers come through storage.
    fn uses_objects(&self) -> bool {
        self.config.lithops.monitoring == Monitoring::Storage
            || self.config.aws_lambda.remote_invoker
            || self.is_without_streams.load(Ordering::Relaxed)
    }

    async fn account(&self) -> Result<&Account, RemoteError> {
        let account = self.account.get_or_try_init(|| Account::open(&self.config));
        account.await.map_err(|error| RemoteError::new(kind::START_FAILED, format!("failed to {error}")))
    }

    /// The name of the function with so much memory, which is there and ready.
    async fn function(&self, memory_mb: u32) -> Result<String, RemoteError> {
        if let Some(inside) = &self.inside {
            // Its own settings are the only ones that the role may be trusted to invoke.
            return Ok(inside.function.clone());
        }
        let account = self.account().await?;
        let name = deploy::ensure(account, &self.config, memory_mb).await.map_err(|error| {
            let remedy = error.aws_kind().map_or_else(String::new, |kind| account.remedy(kind));
            RemoteError::new(kind::START_FAILED, format!("failed to {error}{remedy}"))
        })?;
        self.functions().entry(memory_mb).or_insert_with(|| name.clone());
        Ok(name)
    }

    /// The bucket is there, so that workers can write their answers into it. They may have no right to make it.
    async fn bucket(&self) -> Result<(), RemoteError> {
        if self.inside.is_some() {
            return Ok(());
        }
        let made = self.bucket.get_or_try_init(|| deploy::ensure_bucket(&self.config));
        made.await.copied().map_err(|error| RemoteError::new(kind::STORAGE, format!("failed to {error}")))
    }

    /// A function of that generation is gone: it is to be made again. `false`: it was made too often.
    fn remake_function(&self, generation: u32, name: &str) -> bool {
        if self.inside.is_some() || generation >= MAX_REMADE {
            return false;
        }
        // Of all who notice, one sees to it.
        let next = generation + 1;
        if self.generation.compare_exchange(generation, next, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            tracing::warn!(function = name, "the function was deleted while a job ran; it is made again");
            deploy::forget(name);
        }
        true
    }

    /// Starts an invocation whose answer comes through storage. Its place is given back by whoever waits for the answer.
    async fn start_event(&self, function: &str, payload: Vec<u8>) -> Attempt {
        if self.config.aws_lambda.remote_invoker && self.inside.is_none() {
            let relays = self.relays.get_or_try_init(|| async {
                Ok::<_, RemoteError>(relay::Relays::start(self.account().await?.clone()))
            });
            return match relays.await {
                Ok(relays) => relays.start_event(function, payload).await,
                Err(error) => Attempt::Failed(error),
            };
        }
        match self.account().await {
            Ok(account) => objects::start_event(account, function, payload).await,
            Err(error) => Attempt::Failed(error),
        }
    }

    fn functions(&self) -> MutexGuard<'_, BTreeMap<u32, String>> {
        self.functions.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn memory_mb(&self, memory_bytes: Option<u64>) -> u32 {
        let bytes = memory_bytes.unwrap_or(u64::from(self.config.aws_lambda.runtime_memory_mb) << 20);
        u32::try_from(bytes >> 20).unwrap_or(u32::MAX)
    }

    /// The objects of this process's jobs, to be removed when it ends. Those of a function's are the driver's to remove.
    fn clean(&self) {
        if self.inside.is_some() || !self.config.lithops.data_cleaner {
            return;
        }
        let scratch = self.scratch.clone();
        let removing = async move { tokio::time::timeout(CLEAN_TIMEOUT, scratch.remove_all()).await };
        let why = match crate::io::handle().block_on(removing) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it takes more than {} s", CLEAN_TIMEOUT.as_secs()),
        };
        tracing::warn!("cannot remove the jobs' objects ({why}); `lithops-lua clean` does");
    }
}

/// Removes the objects that the jobs of this process left in storage.
pub fn clean_all() {
    let opened = std::mem::take(&mut *OPENED.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    for compute in opened {
        compute.clean();
    }
}

#[async_trait]
impl Compute for AwsLambdaCompute {
    fn limits(&self) -> Limits {
        let lambda = &self.config.aws_lambda;
        let uses_objects = self.uses_objects();
        Limits {
            max_workers: lambda.max_workers,
            // An answer through storage is heard of late; then only what AWS has not accepted yet counts, in `Pace`.
            max_starting: if uses_objects { lambda.max_workers } else { lambda.invoke_pool_threads },
            parallel_calls: u32::try_from(lambda.worker_processes).unwrap_or(1),
            // In base64 all parts of a request must fit into AWS's limits: 1 MB for an event, 6 MB otherwise
            // (AWS Lambda quotas, "Invocation payload").
            inline_blob_bytes: if uses_objects { 64 << 10 } else { 256 << 10 },
            inline_work_bytes: if uses_objects { objects::INLINE_WORK_BYTES } else { 3 << 20 },
            inline_result_bytes: 4 << 20,
            // An invocation costs its request, some 50 ms on the way, and a millisecond of rounding.
            target_invocation_us: 1_000_000,
            least_invocation_us: 50_000,
            // A chunk of the user's is an invocation of its own: what it costs to start one hides nothing here.
            target_chunks_us: 0,
            keeps_last_words: false,
            worker_overhead_bytes: WORKER_OVERHEAD_BYTES,
        }
    }

    fn scratch(&self) -> Arc<Scratch> {
        self.scratch.clone()
    }

    async fn surroundings(&self) -> Result<Option<Surroundings>, RemoteError> {
        Ok(Some(Surroundings {
            config: self.worker_config.clone(),
            scratch_prefix: self.scratch_prefix.clone(),
            answer: None,
        }))
    }

    async fn invoke(&self, invocation: Invocation, sink: &mut dyn Sink) -> Result<(), RemoteError> {
        let memory_mb = self.memory_mb(invocation.memory_bytes);
        let mut attempts = 0;
        let (mut unreached, mut unreached_since) = (0, None);
        loop {
            let generation = self.generation.load(Ordering::Acquire);
            let function = self.function(memory_mb).await?;
            let mut place = self.pace.place().await;
            let account = self.account().await?;
            let uses_objects = self.uses_objects();
            let attempt = if uses_objects {
                objects::run(self, &function, &invocation.payload, &mut place, sink).await
            } else {
                let limits = failure::Settings {
                    memory_mb,
                    timeout: self.config.aws_lambda.runtime_timeout,
                    slack: stream::SLACK,
                    function: &function,
                };
                stream::run(account, &limits, invocation.payload.clone(), &mut place, sink).await
            };
            match attempt {
                Attempt::Done => {
                    self.pace.succeeded();
                    return Ok(());
                }
                Attempt::Ended(error) => {
                    // The platform did its part.
                    self.pace.succeeded();
                    return Err(error);
                }
                Attempt::Failed(error) => return Err(error),
                Attempt::Cut(error) => {
                    drop(place);
                    // No call is to blame, as long as this does not happen all the time.
                    let Some(pause) = self.pace.pause_after_cut() else { return Err(error) };
                    tokio::time::sleep(pause).await;
                    return Err(RemoteError::new(kind::CONNECTION_CUT, error.message));
                }
                Attempt::Throttled(said) => {
                    drop(place);
                    (unreached, unreached_since) = (0, None);
                    if let Some(waited) = self.pace.throttled() {
                        return Err(self.starved(&function, waited, &said));
                    }
                }
                Attempt::Retry(error) => {
                    drop(place);
                    attempts += 1;
                    let Some(pause) = self.pace.pause_before_retry(attempts) else { return Err(error) };
                    tracing::debug!(%error, ?pause, "an invocation is tried again");
                    tokio::time::sleep(pause).await;
                }
                Attempt::Unreached(error) => {
                    drop(place);
                    unreached += 1;
                    let since = *unreached_since.get_or_insert_with(Instant::now);
                    let Some(pause) = self.pace.pause_before_reconnect(unreached, since) else { return Err(error) };
                    tracing::debug!(%error, ?pause, "an invocation that did not reach AWS is tried again");
                    tokio::time::sleep(pause).await;
                }
                Attempt::Gone(error) => {
                    drop(place);
                    if !self.remake_function(generation, &function) {
                        return Err(error);
                    }
                }
                Attempt::WithoutStreams => {
                    if !self.is_without_streams.swap(true, Ordering::Relaxed) {
                        tracing::warn!(
                            region = account.region(),
                            "the region does not stream the answers of functions: they go through storage, as with \
                             `lithops.monitoring: storage`, which avoids this warning"
                        );
                    }
                }
            }
        }
    }

    fn function_name(&self, memory_bytes: Option<u64>) -> Option<String> {
        self.functions().get(&self.memory_mb(memory_bytes)).cloned()
    }

    fn region(&self) -> Option<String> {
        self.account.get().map(|account| account.region().to_owned())
    }

    fn shutdown(&self) {
        self.clean();
    }
}

impl AwsLambdaCompute {
    fn starved(&self, function: &str, waited: Duration, said: &str) -> RemoteError {
        let seconds = waited.as_secs();
        let remedy = if self.inside.is_some() {
            "a call that waits for a nested job keeps its own place: raise the account's or the function's concurrency, \
             or lower `max_workers` of the outer job"
        } else {
            "raise the account's or the function's concurrency, or wait until other functions of the account have ended"
        };
        let message = format!(
            "AWS Lambda has had no concurrency left for function {function} for {seconds} s ({said}): {remedy}"
        );
        RemoteError::new(kind::THROTTLED, message)
    }
}
