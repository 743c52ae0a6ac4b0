//! The jobs of this process by name, for workers that got a future as a value and ask for its result.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, Weak};

use async_trait::async_trait;

use super::job::Job;
use super::signal;
use super::spec::CallResult;
use crate::compute::local::{FetchFuture, FutureAddress, FutureAnswer};
use crate::protocol::{RemoteError, kind};

type Names = HashMap<(String, String), Weak<Job>>;

static JOBS: LazyLock<Mutex<Names>> = LazyLock::new(Mutex::default);

/// The jobs of this process.
pub struct Directory;

impl Directory {
    /// Makes a job findable as long as it lives.
    pub fn add(job: &Arc<Job>) {
        let name = (job.executor_id().to_owned(), job.job_id().to_owned());
        let mut jobs = JOBS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if jobs.len() % 256 == 255 {
            jobs.retain(|_, job| job.strong_count() > 0);
        }
        jobs.insert(name, Arc::downgrade(job));
    }
}

/// The job with this name, if it is one of this process and still known.
pub fn find(executor_id: &str, job_id: &str) -> Option<Arc<Job>> {
    let jobs = JOBS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    jobs.get(&(executor_id.to_owned(), job_id.to_owned()))?.upgrade()
}

/// All jobs of this process that are still known.
pub fn all() -> Vec<Arc<Job>> {
    let jobs = JOBS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    jobs.values().filter_map(Weak::upgrade).collect()
}

#[async_trait]
impl FetchFuture for Directory {
    async fn fetch(&self, future: FutureAddress) -> FutureAnswer {
        let Some(job) = find(&future.executor_id, &future.job_id) else {
            let message = format!("there is no job {} of executor {} here", future.job_id, future.executor_id);
            return FutureAnswer::Failed(RemoteError::new(kind::PROTOCOL, message));
        };
        match signal::until(|| job.result(future.call)).await {
            CallResult::Message(message) => FutureAnswer::Value(message.to_vec()),
            CallResult::Object { key, .. } => match job.compute().scratch().get(&key).await {
                Ok(message) => FutureAnswer::Value(message.to_vec()),
                Err(error) => FutureAnswer::Failed(RemoteError::new(kind::STORAGE, error)),
            },
            CallResult::Error(error) => FutureAnswer::Failed(error.as_ref().clone()),
        }
    }
}
