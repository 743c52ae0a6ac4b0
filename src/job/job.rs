//! The state of a job, and what each frame of an answer does to it.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, OnceCell};

use super::chunks::Chunker;
use super::input::{Again, Source};
use super::slots::{Large, Slots, State};
use super::{now_us, signal};
use crate::compute::Compute;
use crate::protocol::{Blob, Frame, Outcome, RemoteError, Work, kind};

/// Takes what functions print while they run: job, call, text.
pub type LogSink = Arc<dyn Fn(&str, u64, &[u8]) + Send + Sync>;

/// What a job is made of.
pub struct JobSpec {
    /// Its executor.
    pub executor_id: String,
    /// Its name in the executor: `M000`, `A001`, `R002`.
    pub job_id: String,
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
}

/// One invocation, for the statistics of its calls.
pub(super) struct InvocationRecord {
    pub submitted_us: u64,
    pub worker_start_us: u64,
    pub worker_end_us: u64,
    pub worker: Option<Arc<str>>,
    pub abort: Arc<Notify>,
}

pub(super) struct JobState {
    pub source: Source,
    pub next: u64,
    pub again: VecDeque<Again>,
    pub slots: Slots,
    pub ended: u64,
    pub failed: u64,
    pub in_flight: usize,
    pub chunker: Chunker,
    pub invocations: Vec<InvocationRecord>,
    /// Attempts that the platform spoiled, by call.
    pub spoiled: HashMap<u64, u32>,
    /// Invocations that were lost one after the other before any call began.
    pub lost_idle: u32,
    /// Failed as a whole: whatever is left ends with this.
    pub doom: Option<Arc<RemoteError>>,
    /// Jobs that take a result of this one as an element.
    dependents: HashMap<u64, Vec<(Weak<Job>, u64)>>,
    /// Calls to be cancelled as soon as they begin.
    cancelling: HashSet<u64>,
}

/// Calls of one function: running, or done.
pub struct Job {
    pub(super) spec: JobSpec,
    pub(super) compute: Arc<dyn Compute>,
    pub(super) created_us: u64,
    /// The function as workers get it, put into the scratch store at most once.
    pub(super) function_blob: OnceCell<Blob>,
    pub(super) extra_blob: OnceCell<Blob>,
    max_in_flight: usize,
    state: Mutex<JobState>,
}

impl Job {
    /// Makes the job and starts it. `depends`: for a source of results, the calls whose results are its elements.
    pub fn start(mut spec: JobSpec, compute: Arc<dyn Compute>, depends: &[(Arc<Job>, u64)]) -> Arc<Self> {
        let limits = compute.limits();
        let max_in_flight = spec.max_workers.unwrap_or(usize::MAX).min(limits.max_workers).max(1);
        let source = std::mem::replace(&mut spec.source, Source::Range { start: 0.0, step: 0.0, count: 0 });
        let state = JobState {
            source,
            next: 0,
            again: VecDeque::new(),
            slots: Slots::default(),
            ended: 0,
            failed: 0,
            in_flight: 0,
            chunker: Chunker::new(spec.chunksize, &limits, max_in_flight),
            invocations: Vec::new(),
            spoiled: HashMap::new(),
            lost_idle: 0,
            doom: None,
            dependents: HashMap::new(),
            cancelling: HashSet::new(),
        };
        let job = Arc::new(Self {
            spec,
            compute,
            created_us: now_us(),
            function_blob: OnceCell::new(),
            extra_blob: OnceCell::new(),
            max_in_flight,
            state: Mutex::new(state),
        });
        for (call, (upstream, of)) in depends.iter().enumerate() {
            upstream.notify_when_ended(*of, &job, call as u64);
        }
        job.pump_soon();
        job
    }

    pub(super) fn state(&self) -> MutexGuard<'_, JobState> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Its executor's id.
    pub fn executor_id(&self) -> &str {
        &self.spec.executor_id
    }

    /// Its id in the executor.
    pub fn job_id(&self) -> &str {
        &self.spec.job_id
    }

    /// The backend that runs it.
    pub fn compute(&self) -> &Arc<dyn Compute> {
        &self.compute
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let state = self.state();
        Progress { total: state.source.total(), ended: state.ended, failed: state.failed }
    }

    /// Whether all calls have ended.
    pub fn is_ended(&self) -> bool {
        let progress = self.progress();
        progress.total == Some(progress.ended)
    }

    /// Waits until all calls have ended.
    pub async fn ended(&self) {
        signal::until(|| self.is_ended().then_some(())).await;
    }

    /// Removes results, and with `functions` the function too, from the scratch store.
    pub async fn remove_objects(&self, functions: bool) {
        let mut keys = self.state().slots.take_object_keys();
        if functions {
            keys.extend(self.function_blob.get().and_then(|blob| blob.key.clone()));
        }
        for key in keys {
            if let Err(error) = self.compute.scratch().delete(&key).await {
                tracing::warn!(key, %error, "cannot remove an object");
            }
        }
    }

    /// Where a call stands.
    pub fn call_state(&self, call: u64) -> State {
        self.state().slots.get(call).state
    }

    /// What a call gave, `None` before its end.
    pub fn result(&self, call: u64) -> Option<CallResult> {
        self.state().result(call)
    }

    /// Appends the messages of calls `from..to` to `out`, and where each ends to `ends`. Stops before the first
    /// call whose message is not at hand (failed, in the store, or not ended), and gives its number.
    pub fn copy_messages(&self, from: u64, to: u64, out: &mut Vec<u8>, ends: &mut Vec<usize>) -> u64 {
        let state = self.state();
        for call in from..to {
            if state.slots.get(call).state != State::Done || !state.slots.append_message(call, out) {
                return call;
            }
            ends.push(out.len());
        }
        to
    }

    /// When each step of a call happened.
    pub fn stats(&self, call: u64) -> CallStats {
        let state = self.state();
        let slot = state.slots.get(call);
        let mut stats = CallStats {
            job_created_us: self.created_us,
            attempt: u32::from(slot.attempt),
            logs: state.slots.logs.get(&call).cloned().unwrap_or_default(),
            ..CallStats::default()
        };
        if let Some(invocation) = state.invocations.get(slot.invocation as usize) {
            let at = |seconds: f32| {
                if seconds == 0.0 { 0 } else { invocation.submitted_us + (f64::from(seconds) * 1e6) as u64 }
            };
            stats.submitted_us = invocation.submitted_us;
            stats.worker_start_us = invocation.worker_start_us;
            stats.worker_end_us = invocation.worker_end_us;
            stats.worker = invocation.worker.clone();
            stats.start_us = at(slot.start_s);
            stats.end_us = at(slot.end_s);
            stats.known_us = at(slot.known_s);
        }
        stats
    }

    /// How many more elements the job would like to have handed in now: enough to keep all workers busy, no more.
    pub fn wanted_elements(&self) -> usize {
        let mut state = self.state();
        if state.source.total().is_some() || state.doom.is_some() {
            return 0;
        }
        let chunk = state.chunker.next(None) as usize;
        let window = (4 * chunk * self.max_in_flight).max(64);
        window.saturating_sub(state.source.waiting())
    }

    /// Hands in elements, the first of which is that of call `first`.
    pub fn push_elements(self: &Arc<Self>, first: u64, messages: impl Iterator<Item = Bytes>) {
        let mut state = self.state();
        for (offset, message) in messages.enumerate() {
            state.source.push(first + offset as u64, message);
        }
        drop(state);
        self.pump_soon();
    }

    /// No more elements follow: there were `total`.
    pub fn close_input(self: &Arc<Self>, total: u64) {
        self.state().source.close(total);
        self.pump_soon();
        signal::give();
    }

    /// Ends a call that has not ended. A call that runs is ended with its worker. Gives whether there was anything to end.
    pub fn cancel(self: &Arc<Self>, call: u64) -> bool {
        let mut state = self.state();
        let slot = state.slots.get(call);
        if slot.state.is_final() {
            return false;
        }
        let running = slot.state == State::Running;
        let error = RemoteError::new(kind::CANCELLED, "the call was cancelled");
        let told = state.fail(call, error, State::Cancelled);
        if running {
            state.abort_invocation_of(call);
        } else if slot.state == State::Invoked {
            state.cancelling.insert(call);
        }
        drop(state);
        self.tell(told);
        signal::give();
        self.pump_soon();
        true
    }

    /// Fails all calls that have not ended, and takes no more.
    pub(super) fn fail_rest(self: &Arc<Self>, error: &RemoteError) {
        let mut state = self.state();
        state.doom = Some(Arc::new(error.clone()));
        state.again.clear();
        let known = state.next + state.source.waiting() as u64;
        let total = state.source.total().unwrap_or(known);
        state.source.close(total);
        state.source.discard_waiting();
        state.next = total;
        let mut told = Vec::new();
        for call in 0..total {
            if !state.slots.get(call).state.is_final() {
                told.extend(state.fail(call, error.clone(), State::Failed));
            }
        }
        drop(state);
        self.tell(told);
        signal::give();
    }

    /// Starts as many invocations as the backend takes and there is work for.
    pub(super) fn pump(self: &Arc<Self>) {
        let mut state = self.state();
        while state.in_flight < self.max_in_flight
            && let Some(work) = state.plan()
        {
            let invocation = state.invocations.len() as u32;
            let abort = Arc::new(Notify::new());
            state.invocations.push(InvocationRecord {
                submitted_us: now_us(),
                worker_start_us: 0,
                worker_end_us: 0,
                worker: None,
                abort: abort.clone(),
            });
            for span in &work.spans {
                for call in span.first..span.first + u64::from(span.count) {
                    let slot = state.slots.get_mut(call);
                    slot.state = State::Invoked;
                    slot.invocation = invocation;
                    slot.attempt = span.attempt.min(u32::from(u8::MAX)) as u8;
                }
            }
            state.in_flight += 1;
            let budget_us = state.chunker.budget_us();
            tokio::spawn(super::invocation::run(self.clone(), invocation, work, budget_us, abort));
        }
    }

    /// [`pump`](Self::pump), from a thread that is not the I/O runtime's.
    pub(super) fn pump_soon(self: &Arc<Self>) {
        let job = self.clone();
        crate::io::handle().spawn(async move { job.pump() });
    }

    /// Gives `job` the result of `of` as the element of its `call`, now or when it is there.
    fn notify_when_ended(&self, of: u64, job: &Arc<Job>, call: u64) {
        let mut state = self.state();
        if let Some(result) = state.result(of) {
            drop(state);
            job.take_dependency(call, result);
        } else {
            state.dependents.entry(of).or_default().push((Arc::downgrade(job), call));
        }
    }

    /// The result that `call` waited for.
    fn take_dependency(self: &Arc<Self>, call: u64, result: CallResult) {
        match result {
            CallResult::Message(message) => self.push_elements(call, std::iter::once(message)),
            CallResult::Object { key, .. } => {
                let job = self.clone();
                crate::io::handle().spawn(async move {
                    match job.compute.scratch().get(&key).await {
                        Ok(message) => job.push_elements(call, std::iter::once(message)),
                        Err(error) => job.fail_call(call, RemoteError::new(kind::STORAGE, error)),
                    }
                });
            }
            CallResult::Error(error) => self.fail_dependent(call, &error),
        }
    }

    /// The result that `call` waited for will not come.
    pub fn fail_dependent(self: &Arc<Self>, call: u64, error: &RemoteError) {
        let message = format!("the future it was to be called with failed: {}", error.message);
        self.fail_call(call, RemoteError { message, ..error.clone() });
    }

    /// Hands in the messages that the one call of a reducer gets as a list.
    pub fn gather(self: &Arc<Self>, data: Bytes, ends: Vec<u64>) {
        self.state().source = Source::Gathered { data, ends };
        self.pump_soon();
    }

    /// Ends a call with `error` unless it has ended.
    pub fn fail_call(self: &Arc<Self>, call: u64, error: RemoteError) {
        let told = self.state().fail(call, error, State::Failed);
        self.tell(told);
        signal::give();
    }

    /// Tells the jobs that waited for results.
    pub(super) fn tell(&self, told: Vec<Told>) {
        for (job, call, result) in told {
            if let Some(job) = job.upgrade() {
                job.take_dependency(call, result);
            }
        }
    }
}

/// A job that waited for a result, its call, and the result.
pub(super) type Told = (Weak<Job>, u64, CallResult);

impl JobState {
    pub fn is_ended(&self) -> bool {
        self.source.total() == Some(self.ended)
    }

    fn plan(&mut self) -> Option<Work> {
        loop {
            let remaining = self.source.total().map(|total| total.saturating_sub(self.next) + self.again.len() as u64);
            if self.again.is_empty() && remaining == Some(0) {
                return None;
            }
            let size = self.chunker.next(remaining);
            let work = if self.again.is_empty() {
                let work = self.source.take(&mut self.next, size)?;
                self.without_ended(work)
            } else {
                let count = (size as usize).min(self.again.len());
                let slots = &self.slots;
                let calls = self.again.drain(..count).filter(|again| !slots.get(again.call).state.is_final());
                self.source.work_again(calls.collect())
            };
            // `None`: all of them were cancelled meanwhile.
            if work.is_some() {
                return work;
            }
        }
    }

    /// Leaves out the calls that were cancelled before they were planned.
    fn without_ended(&self, work: Work) -> Option<Work> {
        let calls = || work.spans.iter().flat_map(|span| span.first..span.first + u64::from(span.count));
        let is_ended = |call| self.slots.get(call).state.is_final();
        if self.failed == 0 || !calls().any(is_ended) {
            return Some(work);
        }
        let left = calls().enumerate().filter(|(_, call)| !is_ended(*call));
        let left = left.map(|(at, call)| Again { call, attempt: 1, message: self.source.message_of(&work, at) });
        self.source.work_again(left.collect())
    }

    fn result(&self, call: u64) -> Option<CallResult> {
        if !self.slots.get(call).state.is_final() {
            return None;
        }
        Some(match self.slots.result(call) {
            Ok(message) => CallResult::Message(message),
            Err(Some(Large::Message(message))) => CallResult::Message(message.clone()),
            Err(Some(Large::Object { key, sha256 })) => CallResult::Object { key: key.clone(), sha256: sha256.clone() },
            Err(Some(Large::Error(error))) => CallResult::Error(error.clone()),
            Err(None) => CallResult::Error(Arc::new(RemoteError::new(kind::PROTOCOL, "the result was lost"))),
        })
    }

    /// Records the end of a call; gives whom to tell.
    fn end(&mut self, call: u64, state: State) -> Vec<Told> {
        self.slots.get_mut(call).state = state;
        self.ended += 1;
        if state != State::Done {
            self.failed += 1;
        }
        if self.dependents.is_empty() {
            return Vec::new();
        }
        let waiting = self.dependents.remove(&call).unwrap_or_default();
        let Some(result) = self.result(call) else {
            return Vec::new();
        };
        waiting.into_iter().map(|(job, theirs)| (job, theirs, result.clone())).collect()
    }

    /// Records the failure of a call that has not ended; gives whom to tell.
    pub fn fail(&mut self, call: u64, error: RemoteError, state: State) -> Vec<Told> {
        if self.slots.get(call).state.is_final() {
            return Vec::new();
        }
        self.slots.set_large(call, Large::Error(Arc::new(error)));
        self.end(call, state)
    }

    fn abort_invocation_of(&self, call: u64) {
        if let Some(record) = self.invocations.get(self.slots.get(call).invocation as usize) {
            record.abort.notify_one();
        }
    }

    /// What a frame of invocation `number` says. Gives whom to tell, and a call that failed but has attempts left.
    pub fn apply(&mut self, number: u32, frame: Frame, retries: u32) -> (Vec<Told>, Option<u64>) {
        let submitted_us = self.invocations[number as usize].submitted_us;
        let since = |at_us: u64| (at_us.saturating_sub(submitted_us).max(1) as f64 / 1e6) as f32;
        match frame {
            Frame::Hello { worker, at_us, .. } => {
                // Workers are few: share their names.
                let known = self.invocations.iter().rev().take(16).filter_map(|record| record.worker.clone());
                let name = known.into_iter().find(|known| **known == *worker).unwrap_or_else(|| worker.into());
                let record = &mut self.invocations[number as usize];
                record.worker_start_us = at_us;
                record.worker = Some(name);
                self.lost_idle = 0;
            }
            Frame::Started { call, at_us } => {
                if self.cancelling.remove(&call) {
                    self.abort_invocation_of(call);
                }
                let slot = self.slots.get_mut(call);
                if slot.state == State::Invoked && slot.invocation == number {
                    slot.state = State::Running;
                    slot.start_s = since(at_us);
                }
            }
            Frame::Finished { call, start_us, end_us, outcome, logs } => {
                let slot = self.slots.get_mut(call);
                if slot.state.is_final() || slot.invocation != number {
                    return (Vec::new(), None);
                }
                slot.start_s = since(start_us);
                slot.end_s = since(end_us);
                slot.known_s = since(now_us());
                let attempt = u32::from(slot.attempt);
                if !logs.is_empty() {
                    self.slots.logs.insert(call, logs);
                }
                let told = match outcome {
                    Outcome::Value(message) => {
                        self.slots.set_message(call, message);
                        self.end(call, State::Done)
                    }
                    Outcome::Object { key, sha256, .. } => {
                        self.slots.set_large(call, Large::Object { key, sha256 });
                        self.end(call, State::Done)
                    }
                    Outcome::Error(error) if attempt <= retries && is_retried(&error) => {
                        return (Vec::new(), Some(call));
                    }
                    Outcome::Error(error) => self.fail(call, error, State::Failed),
                };
                return (told, None);
            }
            Frame::End { at_us } => self.invocations[number as usize].worker_end_us = at_us,
            Frame::Output { .. } | Frame::Returned { .. } => {}
        }
        (Vec::new(), None)
    }
}

/// Whether `retries` are meant for this failure: those of the function itself.
fn is_retried(error: &RemoteError) -> bool {
    matches!(error.kind.as_str(), kind::LUA_ERROR | kind::TIMEOUT)
}
