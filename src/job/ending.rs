//! Calls that end without a result of theirs: cancelled, or failed by what is not their worker.

use std::sync::Arc;

use super::job::Job;
use super::signal;
use super::slots::State;
use crate::protocol::{RemoteError, kind};

impl Job {
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
        state.is_cancelled = true;
        if state.is_ended() {
            // Nothing of the job is wanted any more, so nobody has to wait until its invocations begin.
            for call in std::mem::take(&mut state.cancelling) {
                state.abort_invocation_of(call);
            }
        }
        drop(state);
        self.tell(told);
        signal::give();
        self.pump_soon();
        true
    }

    /// Ends all calls that have not ended, with their workers, and takes no more.
    pub fn cancel_rest(self: &Arc<Self>) {
        let mut state = self.state();
        for call in 0..state.source.found() {
            if matches!(state.slots.get(call).state, State::Invoked | State::Running) {
                state.abort_invocation_of(call);
            }
        }
        state.is_cancelled = true;
        let error = RemoteError::new(kind::CANCELLED, "the call was cancelled");
        let told = state.end_rest(&error, State::Cancelled);
        drop(state);
        self.tell(told);
        signal::give();
    }

    /// Fails all calls that have not ended, and takes no more.
    pub(super) fn fail_rest(self: &Arc<Self>, error: &RemoteError) {
        let told = self.state().end_rest(error, State::Failed);
        self.tell(told);
        signal::give();
    }

    /// There is a further call, which has failed with `error` before it could be made. False: the job takes no more.
    pub(super) fn fail_found(self: &Arc<Self>, call: u64, error: RemoteError) -> bool {
        let mut state = self.state();
        // Whoever has set an end does not count this call, and it would be one too many.
        if state.doom.is_some() || state.source.total().is_some() {
            return false;
        }
        state.source.find(call + 1);
        let told = state.fail_unplanned(call, error);
        drop(state);
        self.tell(told);
        signal::give();
        true
    }

    /// Ends a call whose element will not come with `error`, unless it has ended.
    pub(super) fn fail_unplanned(self: &Arc<Self>, call: u64, error: RemoteError) {
        let told = self.state().fail_unplanned(call, error);
        self.tell(told);
        signal::give();
    }

    /// Ends a call with `error` unless it has ended.
    pub fn fail_call(self: &Arc<Self>, call: u64, error: RemoteError) {
        let told = self.state().fail(call, error, State::Failed);
        self.tell(told);
        signal::give();
    }

    /// Ends the worker that has a call, even if the call has ended.
    pub(super) fn abort_call(&self, call: u64) {
        self.state().abort_invocation_of(call);
    }
}
