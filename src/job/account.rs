//! What can be told of a job in few words: its counts, its times, its failures, what its calls printed.

use std::sync::Arc;

use bytes::Bytes;

use super::job::Job;
use super::spec::CallResult;
use super::state::JobState;
use super::tally::MOST_PRINTED;

/// How many bytes of prints are told.
const MOST_LOG_BYTES: usize = 1 << 20;
/// The most bytes of a failure's message: it may hold all of a value, and is copied each time.
const MOST_MESSAGE_BYTES: usize = 4096;
/// How many workers are told of.
const MOST_WORKERS: usize = 1000;

/// A job at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// When it was made, in microseconds since the Unix epoch.
    pub created_us: u64,
    /// When its first call began, in microseconds since the Unix epoch; 0: none has.
    pub first_start_us: u64,
    /// When the last of its calls ended that has, in microseconds since the Unix epoch; 0: none has.
    pub last_end_us: u64,
    /// Calls in all, `None` while that is not known.
    pub total: Option<u64>,
    /// Calls that returned.
    pub done: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Calls that were cancelled.
    pub cancelled: u64,
    /// Calls that have begun and not ended.
    pub running: u64,
    /// Invocations under way.
    pub in_flight: usize,
    /// Seconds that functions ran, of all calls that ran to their end.
    pub exec_s: f64,
    /// The same of the longest one.
    pub exec_max_s: f64,
    /// The same on average.
    pub exec_mean_s: f64,
    /// Milliseconds that are paid for, where the platform says.
    pub billed_ms: u64,
    /// Memory of a worker, where it is limited.
    pub memory_bytes: Option<u64>,
    /// What runs the invocations, where it has a name: a function on AWS.
    pub runtime: Option<String>,
    /// Where that is.
    pub region: Option<String>,
    /// Workers under way, by their names, and the calls that they have begun last.
    pub workers: Vec<(Arc<str>, Option<u64>)>,
    /// The first failures: call, kind, the beginning of the message.
    pub failures: Vec<(u64, String, String)>,
    /// The ends of what calls printed: of those failures, and of the last calls that did.
    pub logs: Vec<(u64, Bytes)>,
    /// How many more calls printed something.
    pub logs_left_out: u64,
}

impl Account {
    /// Whether all calls have ended.
    pub fn is_ended(&self) -> bool {
        self.total == Some(self.done + self.failed + self.cancelled)
    }
}

impl Job {
    /// Tells where the job stands.
    pub fn account(&self) -> Account {
        let spec = &self.spec;
        let state = self.state();
        let tally = &state.tally;
        let mut account = Account {
            created_us: self.created_us,
            first_start_us: tally.first_start_us,
            last_end_us: tally.last_end_us,
            total: state.source.total(),
            done: state.ended - state.failed,
            failed: state.failed - tally.cancelled,
            cancelled: tally.cancelled,
            running: tally.running,
            in_flight: state.in_flight,
            exec_s: tally.exec_s,
            exec_max_s: tally.exec_max_s,
            exec_mean_s: if tally.executed > 0 { tally.exec_s / tally.executed as f64 } else { 0.0 },
            billed_ms: tally.billed_ms,
            memory_bytes: spec.memory_bytes,
            failures: state.told_failures(),
            workers: state.told_workers(),
            ..Account::default()
        };
        (account.logs, account.logs_left_out) = state.told_logs();
        drop(state);
        account.runtime = self.compute.function_name(spec.memory_bytes);
        account.region = self.compute.region();
        account
    }
}

impl JobState {
    fn told_failures(&self) -> Vec<(u64, String, String)> {
        let failure = |call: &u64| match self.result(*call) {
            Some(CallResult::Error(error)) => Some((*call, error.kind.clone(), shortened(&error.message))),
            _ => None,
        };
        self.tally.failures.iter().filter_map(failure).collect()
    }

    fn told_workers(&self) -> Vec<(Arc<str>, Option<u64>)> {
        let invocations = self.tally.under_way.iter().filter_map(|number| self.invocations.get(*number as usize));
        let known = invocations.filter_map(|invocation| Some((invocation.worker.clone()?, invocation.begun)));
        let mut workers: Vec<_> = known.take(MOST_WORKERS).collect();
        workers.sort();
        workers
    }

    /// Prints by the numbers of their calls, and how many calls are left out.
    fn told_logs(&self) -> (Vec<(u64, Bytes)>, u64) {
        let mut logs: Vec<(u64, Bytes)> = Vec::new();
        let mut bytes = 0;
        for call in self.tally.failures.iter().chain(self.tally.printed.iter().rev()) {
            let Some(text) = self.slots.logs.get(call) else { continue };
            if logs.iter().any(|(told, _)| told == call) {
                continue;
            }
            bytes += text.len();
            if logs.len() == MOST_PRINTED || bytes > MOST_LOG_BYTES {
                break;
            }
            logs.push((*call, text.clone()));
        }
        logs.sort_by_key(|(call, _)| *call);
        let left_out = self.slots.logs.len() - logs.len();
        (logs, left_out as u64)
    }
}

/// The beginning of a long message.
fn shortened(message: &str) -> String {
    match message.len() {
        0..=MOST_MESSAGE_BYTES => message.to_owned(),
        _ => format!("{}…", &message[..message.floor_char_boundary(MOST_MESSAGE_BYTES)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut_between_characters() {
        assert_eq!(shortened("short"), "short");
        let cut = shortened(&format!("a{}", "ä".repeat(4000)));
        assert!(cut.len() < 4200 && cut.ends_with("ä…"), "{}", cut.len());
    }
}
