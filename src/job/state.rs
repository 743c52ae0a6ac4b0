//! What changes in a job: its calls, its invocations, and what each frame of an answer does to them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use tokio::sync::Notify;

use super::chunks::Chunker;
use super::input::{Again, Source};
use super::job::Job;
use super::now_us;
use super::slots::{Large, Slots, State};
use super::spec::CallResult;
use super::tally::Tally;
use crate::compute::Usage;
use crate::protocol::{Frame, Outcome, RemoteError, Work, kind};

/// One invocation, for the statistics of its calls.
pub(super) struct InvocationRecord {
    pub submitted_us: u64,
    pub worker_start_us: u64,
    pub worker_end_us: u64,
    pub worker: Option<Arc<str>>,
    /// Whether the worker was heard of.
    pub is_heard: bool,
    /// The call that it began last.
    pub begun: Option<u64>,
    pub usage: Usage,
    pub abort: Arc<Notify>,
}

pub(super) struct JobState {
    pub source: Source,
    /// Calls that were given to workers, or whose elements will not come. In a list or a range also the next call.
    pub next: u64,
    pub again: VecDeque<Again>,
    pub slots: Slots,
    pub ended: u64,
    pub failed: u64,
    /// When the last one of them ended, in microseconds since the Unix epoch.
    pub last_end_us: u64,
    pub in_flight: usize,
    /// Invocations among them of which nothing has been heard yet.
    pub starting: usize,
    pub chunker: Chunker,
    pub invocations: Vec<InvocationRecord>,
    /// Attempts that the platform spoiled, by call.
    pub spoiled: HashMap<u64, u32>,
    /// Invocations that were lost one after the other before any call began.
    pub lost_idle: u32,
    /// Failed as a whole: whatever is left ends with this.
    pub doom: Option<Arc<RemoteError>>,
    /// Jobs that take a result of this one as an element.
    pub dependents: HashMap<u64, Vec<(Weak<Job>, u64)>>,
    /// Calls to be cancelled as soon as they begin.
    pub cancelling: HashSet<u64>,
    /// Whether any call was cancelled.
    pub is_cancelled: bool,
    pub tally: Tally,
}

/// A job that waited for a result, its call, and the result.
pub(super) type Told = (Weak<Job>, u64, CallResult);

impl JobState {
    pub fn is_ended(&self) -> bool {
        self.source.total() == Some(self.ended)
    }

    /// The next chunk of calls, `None` if there is nothing to do now.
    pub fn plan(&mut self) -> Option<Work> {
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
                let together = self.again.iter().take(size as usize).take_while(|again| !again.is_alone).count();
                let count = together.max(1).min(self.again.len());
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
        let is_ended = |call| self.slots.get(call).state.is_final();
        if self.failed == 0 || !work.calls().any(|(call, _)| is_ended(call)) {
            return Some(work);
        }
        let left = work.calls().enumerate().filter(|(_, (call, _))| !is_ended(*call));
        let left = left.map(|(at, (call, attempt))| Again {
            call,
            attempt,
            message: self.source.message_of(&work, at),
            is_alone: false,
        });
        self.source.work_again(left.collect())
    }

    pub fn result(&self, call: u64) -> Option<CallResult> {
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
    pub fn end(&mut self, call: u64, state: State) -> Vec<Told> {
        self.set_call_state(call, state);
        self.count_end(call);
        self.ended += 1;
        self.last_end_us = now_us();
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

    /// Ends all calls that have not ended with `error`, and takes no more; gives whom to tell.
    pub fn end_rest(&mut self, error: &RemoteError, state: State) -> Vec<Told> {
        self.doom = Some(Arc::new(error.clone()));
        self.again.clear();
        // Of a source without an end: all that was found, with the calls that failed before they could be made.
        let total = self.source.found();
        self.source.close(total);
        self.source.discard_waiting();
        self.next = total;
        let mut told = Vec::new();
        for call in 0..total {
            if !self.slots.get(call).state.is_final() {
                told.extend(self.fail(call, error.clone(), state));
            }
        }
        told
    }

    /// Records the failure of a call whose element will not come; gives whom to tell.
    pub fn fail_unplanned(&mut self, call: u64, error: RemoteError) -> Vec<Told> {
        // A job that failed as a whole has counted all its calls.
        if self.doom.is_none() {
            self.next += 1;
        }
        self.fail(call, error, State::Failed)
    }

    /// Keeps the end of what a call printed.
    pub fn set_logs(&mut self, call: u64, logs: Bytes) {
        if !logs.is_empty() {
            self.slots.logs.insert(call, logs);
            self.tally.printed(call);
        }
    }

    pub fn abort_invocation_of(&self, call: u64) {
        if let Some(record) = self.invocations.get(self.slots.get(call).invocation as usize) {
            record.abort.notify_one();
        }
    }

    /// Invocation `number` has arrived, or has ended without.
    pub fn hear(&mut self, number: u32) {
        let record = &mut self.invocations[number as usize];
        if !std::mem::replace(&mut record.is_heard, true) {
            self.starting -= 1;
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
                self.hear(number);
            }
            Frame::Started { call, at_us } => {
                self.lost_idle = 0;
                if self.cancelling.remove(&call) {
                    self.abort_invocation_of(call);
                }
                self.invocations[number as usize].begun = Some(call);
                self.tally.begun(at_us);
                let slot = self.slots.get_mut(call);
                if slot.state == State::Invoked && slot.invocation == number {
                    slot.start_s = since(at_us);
                    self.set_call_state(call, State::Running);
                }
            }
            Frame::Finished { call, start_us, end_us, outcome, logs } => {
                let slot = self.slots.get_mut(call);
                if slot.state.is_final() || slot.invocation != number {
                    return (Vec::new(), None);
                }
                self.tally.begun(start_us);
                slot.start_s = since(start_us);
                slot.end_s = since(end_us);
                slot.known_s = since(now_us());
                let attempt = u32::from(slot.attempt);
                // Attempts that the platform spoiled have a budget of their own.
                let own_attempts = attempt - self.spoiled.get(&call).copied().unwrap_or(0).min(attempt);
                self.set_logs(call, logs);
                let told = match outcome {
                    Outcome::Value(message) => {
                        self.slots.set_message(call, message);
                        self.end(call, State::Done)
                    }
                    Outcome::Object { key, sha256, .. } => {
                        self.slots.set_large(call, Large::Object { key, sha256 });
                        self.end(call, State::Done)
                    }
                    Outcome::Error(error)
                        if own_attempts <= retries && attempt < u32::from(u16::MAX) && is_retried(&error) =>
                    {
                        return (Vec::new(), Some(call));
                    }
                    Outcome::Error(error) => self.fail(call, error, State::Failed),
                };
                return (told, None);
            }
            Frame::End { at_us } => self.invocations[number as usize].worker_end_us = at_us,
            Frame::Output { .. } | Frame::Returned { .. } | Frame::Refused { .. } => {}
        }
        (Vec::new(), None)
    }
}

/// Whether `retries` are meant for this failure: whatever the function raised, a storage error or that of a nested call too, and its
/// time limit. A further attempt would end as this one did where the result cannot be sent, memory was too small, or somebody
/// wanted the end.
fn is_retried(error: &RemoteError) -> bool {
    !matches!(error.kind.as_str(), kind::UNSENDABLE | kind::OUT_OF_MEMORY | kind::CANCELLED | kind::PROTOCOL)
}
