//! A job: starting it, asking how far it is, handing in its input, ending it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, OnceCell};

use super::chunks::Chunker;
use super::input::Source;
use super::slots::{Slots, State};
use super::spec::{CallResult, CallStats, JobSpec, Progress};
use super::state::{InvocationRecord, JobState, Told};
use super::tally::Tally;
use super::{now_us, signal};
use crate::compute::{Compute, Usage};
use crate::protocol::{Blob, RemoteError, kind};
use crate::storage::Scratch;

/// Calls of one function: running, or done.
pub struct Job {
    pub(super) spec: JobSpec,
    pub(super) compute: Arc<dyn Compute>,
    pub(super) created_us: u64,
    /// The function as workers get it, put into the scratch store at most once.
    pub(super) function_blob: OnceCell<Blob>,
    pub(super) extra_blob: OnceCell<Blob>,
    max_in_flight: usize,
    max_starting: usize,
    /// The job that takes its results as lists, if there is one.
    reducer: OnceLock<Weak<Job>>,
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
            last_end_us: now_us(),
            in_flight: 0,
            starting: 0,
            chunker: Chunker::new(spec.chunksize, &limits, max_in_flight),
            invocations: Vec::new(),
            spoiled: HashMap::new(),
            lost_idle: 0,
            doom: None,
            dependents: HashMap::new(),
            cancelling: HashSet::new(),
            is_cancelled: false,
            tally: Tally::default(),
        };
        let job = Arc::new(Self {
            spec,
            compute,
            created_us: now_us(),
            function_blob: OnceCell::new(),
            extra_blob: OnceCell::new(),
            max_in_flight,
            max_starting: limits.max_starting.max(1),
            reducer: OnceLock::new(),
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

    /// When it was made, in microseconds since the Unix epoch.
    pub fn created_us(&self) -> u64 {
        self.created_us
    }

    /// What its function is called, for people; empty where nothing held it.
    pub fn function_name(&self) -> &str {
        &self.spec.function_name
    }

    /// Where its function begins, as `pipeline.lua:12`.
    pub fn function_source(&self) -> &str {
        &self.spec.function_source
    }

    /// The backend that runs it.
    pub fn compute(&self) -> &Arc<dyn Compute> {
        &self.compute
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let state = self.state();
        Progress {
            total: state.source.total(),
            ended: state.ended,
            failed: state.failed,
            cancelled: state.tally.cancelled,
        }
    }

    /// How long it has run, or ran if it has ended.
    pub fn run_time(&self) -> Duration {
        let state = self.state();
        let until = if state.is_ended() { state.last_end_us } else { now_us() };
        Duration::from_micros(until.saturating_sub(self.created_us))
    }

    /// Whether all calls have ended.
    pub fn is_ended(&self) -> bool {
        let progress = self.progress();
        progress.total == Some(progress.ended)
    }

    /// Whether all calls have ended, and no worker is busy with any of them.
    pub(super) fn is_left_by_workers(&self) -> bool {
        let state = self.state();
        state.is_ended() && state.in_flight == 0
    }

    /// Whether any call was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.state().is_cancelled
    }

    /// Whether all calls have ended, and a worker that is to end may still be at one that was cancelled.
    pub fn is_being_left(&self) -> bool {
        let state = self.state();
        state.is_cancelled && state.is_ended() && state.in_flight > 0
    }

    /// `reducer` takes the results.
    pub(super) fn set_reducer(&self, reducer: &Arc<Job>) {
        let _ = self.reducer.set(Arc::downgrade(reducer));
    }

    /// Whether a reducer has still to fetch results.
    pub fn is_being_reduced(&self) -> bool {
        self.reducer.get().and_then(Weak::upgrade).is_some_and(|reducer| !reducer.is_ended())
    }

    /// Waits until all calls have ended.
    pub async fn ended(&self) {
        signal::until(|| self.is_ended().then_some(())).await;
    }

    /// Removes results, and with `functions` the function too, from the scratch store.
    pub async fn remove_objects(&self, functions: bool) {
        let mut keys = self.state().slots.take_object_keys();
        if functions && let Some(key) = self.function_blob.get().and_then(|blob| blob.key.clone()) {
            // Objects are named by their content: another job may be about to read it.
            let is_its_key = |blob: &Blob| blob.key.as_ref() == Some(&key);
            let mut others = super::all().into_iter().filter(|job| !std::ptr::eq(Arc::as_ptr(job), self));
            if !others.any(|job| !job.is_left_by_workers() && job.function_blob.get().is_some_and(is_its_key)) {
                keys.push(key);
            }
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
            stats.usage = invocation.usage;
            stats.start_us = at(slot.start_s);
            stats.end_us = at(slot.end_s);
            stats.known_us = at(slot.known_s);
        }
        stats
    }

    /// How many calls there are so far, while there may be more.
    pub fn found(&self) -> u64 {
        self.state().source.found()
    }

    /// Waits until [`found`](Self::found) reaches `count`, or no more will be found, or nobody wants to wait.
    pub fn wait_found(&self, count: u64) {
        loop {
            let seen = signal::generation();
            let state = self.state();
            if state.source.total().is_some() || state.source.found() >= count || crate::io::is_interrupted() {
                return;
            }
            drop(state);
            signal::wait(seen, std::time::Instant::now() + Duration::from_secs(1));
        }
    }

    /// Whether all calls have been given to workers, and there is a worker that none of them has.
    pub(super) fn has_spare_worker(&self) -> bool {
        let state = self.state();
        let is_planned = state.source.total() == Some(state.next) && state.again.is_empty();
        is_planned && state.in_flight < self.max_in_flight
    }

    /// Waits until fewer than `count` elements that were handed in are still to be planned. False: it takes no more.
    pub(super) async fn takes_more(&self, count: usize) -> bool {
        signal::until(|| {
            let state = self.state();
            match state.doom.is_some() || state.source.total().is_some() {
                true => Some(false),
                false => (state.source.waiting() < count).then_some(true),
            }
        })
        .await
    }

    /// How many more elements the job would like to have handed in now: enough to keep all workers busy, no more.
    pub fn wanted_elements(&self) -> usize {
        let mut state = self.state();
        if state.source.total().is_some() || state.doom.is_some() {
            return 0;
        }
        let chunk = state.chunker.next(None) as usize;
        let window = chunk.saturating_mul(4).saturating_mul(self.max_in_flight).max(64);
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
        signal::give_if(false);
    }

    /// No more elements follow: there were `total`, or what was found meanwhile if that is more.
    pub fn close_input(self: &Arc<Self>, total: u64) {
        self.state().source.close(total);
        self.pump_soon();
        signal::give();
    }

    /// Starts as many invocations as the backend takes and there is work for.
    pub(super) fn pump(self: &Arc<Self>) {
        let mut state = self.state();
        while state.in_flight < self.max_in_flight
            && state.starting < self.max_starting
            && let Some(work) = state.plan()
        {
            let invocation = state.invocations.len() as u32;
            let abort = Arc::new(Notify::new());
            state.invocations.push(InvocationRecord {
                submitted_us: now_us(),
                worker_start_us: 0,
                worker_end_us: 0,
                worker: None,
                is_heard: false,
                begun: None,
                usage: Usage::default(),
                abort: abort.clone(),
            });
            for span in &work.spans {
                for call in span.first..span.first + u64::from(span.count) {
                    state.set_call_state(call, State::Invoked);
                    let slot = state.slots.get_mut(call);
                    slot.invocation = invocation;
                    slot.attempt = span.attempt.min(u32::from(u16::MAX)) as u16;
                }
            }
            state.tally.under_way.insert(invocation);
            state.in_flight += 1;
            state.starting += 1;
            let budget_us = state.chunker.budget_us();
            tokio::spawn(super::invocation::run(self.clone(), invocation, work, budget_us, abort));
        }
    }

    /// Whether workers can get what all calls need: the function, and what follows each element.
    pub(super) fn is_shared(&self) -> bool {
        self.function_blob.get().is_some() && (self.spec.extra_args.is_none() || self.extra_blob.get().is_some())
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
            job.take_dependency(call, result, self.compute.scratch());
        } else {
            state.dependents.entry(of).or_default().push((Arc::downgrade(job), call));
        }
    }

    /// The result that `call` waited for; a large one is in the scratch store of the job that gave it.
    fn take_dependency(self: &Arc<Self>, call: u64, result: CallResult, scratch: Arc<Scratch>) {
        match result {
            CallResult::Message(message) => self.push_elements(call, std::iter::once(message)),
            CallResult::Object { key, .. } => {
                let job = self.clone();
                crate::io::handle().spawn(async move {
                    match scratch.get(&key).await {
                        Ok(message) => job.push_elements(call, std::iter::once(message)),
                        Err(error) => job.fail_unplanned(call, RemoteError::new(kind::STORAGE, error)),
                    }
                });
            }
            CallResult::Error(error) => self.fail_dependent(call, &error),
        }
    }

    /// The result that `call` waited for will not come.
    pub fn fail_dependent(self: &Arc<Self>, call: u64, error: &RemoteError) {
        let message = format!("the future it was to be called with failed: {}", error.message);
        self.fail_unplanned(call, RemoteError { message, ..error.clone() });
    }

    /// Tells the jobs that waited for results.
    pub(super) fn tell(&self, told: Vec<Told>) {
        for (job, call, result) in told {
            if let Some(job) = job.upgrade() {
                job.take_dependency(call, result, self.compute.scratch());
            }
        }
    }
}
