//! Sums over the calls of a job, kept as calls change: telling of a job costs the same however many calls it has.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::now_us;
use super::slots::State;
use super::state::JobState;
use crate::compute::Usage;

/// How many failures of a job are told one by one.
pub(super) const MOST_FAILURES: usize = 10;
/// How many calls' prints are told, beside those of the failures.
pub(super) const MOST_PRINTED: usize = 256;

#[derive(Default)]
pub(super) struct Tally {
    /// Calls that have begun and not ended.
    pub running: u64,
    pub cancelled: u64,
    /// Of the calls that ran to their end, well or not.
    pub exec_s: f64,
    pub exec_max_s: f64,
    pub executed: u64,
    /// When the first call began, and when the last end was known; 0: neither has happened.
    pub first_start_us: u64,
    pub last_end_us: u64,
    /// What the platform reported, of all invocations together.
    pub billed_ms: u64,
    /// The first calls that failed.
    pub failures: Vec<u64>,
    /// The last calls that printed; one that ran twice may be in it twice.
    pub printed: VecDeque<u64>,
    /// Invocations under way.
    pub under_way: FxHashSet<u32>,
}

impl Tally {
    /// A call of which this is known began.
    pub fn begun(&mut self, at_us: u64) {
        if self.first_start_us == 0 {
            self.first_start_us = at_us;
        }
    }

    pub fn printed(&mut self, call: u64) {
        if self.printed.len() == MOST_PRINTED {
            self.printed.pop_front();
        }
        self.printed.push_back(call);
    }

    pub fn used(&mut self, usage: Usage) {
        self.billed_ms += u64::from(usage.billed_ms);
    }
}

impl JobState {
    /// Notes where a call stands from now on.
    pub fn set_call_state(&mut self, call: u64, state: State) {
        let before = std::mem::replace(&mut self.slots.get_mut(call).state, state);
        self.tally.running += u64::from(state == State::Running);
        self.tally.running -= u64::from(before == State::Running);
    }

    /// Counts a call that has just ended.
    pub(super) fn count_end(&mut self, call: u64) {
        let slot = self.slots.get(call);
        let seconds = slot.end_s - slot.start_s;
        if slot.end_s > 0.0 && seconds >= 0.0 {
            self.tally.exec_s += f64::from(seconds);
            self.tally.exec_max_s = self.tally.exec_max_s.max(f64::from(seconds));
            self.tally.executed += 1;
        }
        let known_us = match self.invocations.get(slot.invocation as usize) {
            Some(invocation) if slot.state == State::Done => {
                invocation.submitted_us + (f64::from(slot.known_s) * 1e6) as u64
            }
            _ => now_us(),
        };
        self.tally.last_end_us = self.tally.last_end_us.max(known_us);
        match slot.state {
            State::Cancelled => self.tally.cancelled += 1,
            State::Failed if self.tally.failures.len() < MOST_FAILURES => self.tally.failures.push(call),
            _ => {}
        }
    }
}
