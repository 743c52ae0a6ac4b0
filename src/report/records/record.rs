//! What the record of a driver says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::process;
use crate::job::{Account, now_us};

/// The version of the format; files of another one are not read.
pub const VERSION: u32 = 1;
/// A driver on another machine has been killed if it has written nothing for so long: one that has jobs writes every minute, and
/// clocks may differ.
const SILENT_FOR: Duration = Duration::from_secs(5 * 60);

/// A driver and its jobs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DriverRecord {
    /// `VERSION`.
    pub version: u32,
    /// The machine that it runs on: a home may be that of several.
    pub host: String,
    /// Its process.
    pub pid: u32,
    /// When that process began, in clock ticks since the machine did: a number may be given to another process later.
    pub process_start: u64,
    /// The script, as it was named; never its arguments.
    pub script: String,
    /// When its first job began, in microseconds since the Unix epoch.
    pub started_us: u64,
    /// When this was written, in microseconds since the Unix epoch.
    pub written_us: u64,
    /// When the driver ended, if it did so in good order.
    pub ended_us: Option<u64>,
    /// How many earlier jobs are not told of.
    pub jobs_left_out: u64,
    /// Its jobs, by their numbers in the driver.
    pub jobs: BTreeMap<u64, JobRecord>,
}

/// A job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct JobRecord {
    /// Executor and job: `a1b2c3-0-M000`.
    pub id: String,
    /// What the function is called; empty where nothing held it.
    pub function: String,
    /// Where the function begins: `pipeline.lua:12`.
    pub source: String,
    /// The compute backend.
    pub backend: String,
    /// The storage backend.
    pub storage: String,
    /// The region, of backends that have one.
    pub region: Option<String>,
    /// The function on AWS that runs it.
    pub runtime: Option<String>,
    /// Megabytes of memory of a worker, where that is limited.
    pub memory_mb: Option<u64>,
    /// When it was made, in microseconds since the Unix epoch.
    pub created_us: u64,
    /// When its first call began, if one has.
    pub first_start_us: Option<u64>,
    /// When its last call ended, if all have.
    pub ended_us: Option<u64>,
    /// Calls in all, if that is known.
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
    /// Seconds that functions ran, of all calls together.
    pub exec_s: f64,
    /// Seconds of the longest call.
    pub exec_max_s: f64,
    /// Seconds of a call on average.
    pub exec_mean_s: f64,
    /// Milliseconds that are paid for, on AWS.
    pub billed_ms: u64,
    /// Workers under way, and the calls that they have begun last.
    pub workers: Vec<WorkerRecord>,
    /// The first failures.
    pub failures: Vec<FailureRecord>,
    /// The ends of what calls printed.
    pub logs: Logs,
    /// How many more calls printed something.
    pub logs_left_out: u64,
    /// Those of them that `logs` had before it was emptied.
    #[serde(skip)]
    pub(super) logs_dropped: u64,
}

/// A worker that has an invocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerRecord {
    /// `pid-…` on this machine, the log stream on AWS.
    pub name: String,
    /// The call that it began last.
    pub call: Option<u64>,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The call's number.
    pub call: u64,
    /// `lua_error`, `timeout`, ….
    pub kind: String,
    /// What went wrong.
    pub message: String,
}

/// What a call printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRecord {
    /// The call's number.
    pub call: u64,
    /// The last 4 KiB of it.
    pub text: String,
}

/// What calls printed, by their numbers. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Logs(Arc<[LogRecord]>);

impl Logs {
    fn of(logs: &[(u64, Bytes)]) -> Self {
        let log =
            |(call, text): &(u64, Bytes)| LogRecord { call: *call, text: String::from_utf8_lossy(text).into_owned() };
        Self(logs.iter().map(log).collect())
    }

    /// Bytes of text.
    pub fn text_bytes(&self) -> usize {
        self.iter().map(|log| log.text.len()).sum()
    }
}

impl std::ops::Deref for Logs {
    type Target = [LogRecord];

    fn deref(&self) -> &[LogRecord] {
        &self.0
    }
}

impl Serialize for Logs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Logs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(|logs| Self(logs.into()))
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Calls have not ended, and the driver is there.
    Running,
    /// All calls returned.
    Done,
    /// All calls ended, and some failed.
    Failed,
    /// All calls ended, and some were cancelled.
    Cancelled,
    /// The driver ended before the job: its script did, or Ctrl-C ended it.
    Stopped,
    /// The driver was killed before the job ended.
    Lost,
}

impl JobState {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
            JobState::Stopped => "stopped",
            JobState::Lost => "lost",
        }
    }
}

impl DriverRecord {
    /// Whether it runs on this machine.
    pub fn is_here(&self) -> bool {
        self.host == process::host()
    }

    /// Whether it is still there; of another machine's, whether it has written lately, and not that it ended.
    pub fn is_alive(&self) -> bool {
        let is_there = || match self.is_here() {
            true => process::is_running(self.pid, self.process_start),
            false => now_us().saturating_sub(self.written_us) < SILENT_FOR.as_micros() as u64,
        };
        self.ended_us.is_none() && is_there()
    }
}

impl JobRecord {
    /// Where it stands if its driver ended then, or is alive.
    pub fn state(&self, driver_ended_us: Option<u64>, is_driver_alive: bool) -> JobState {
        match self.ended_us {
            Some(_) if self.failed > 0 => JobState::Failed,
            Some(_) if self.cancelled > 0 => JobState::Cancelled,
            Some(_) => JobState::Done,
            None if is_driver_alive => JobState::Running,
            None if driver_ended_us.is_some() => JobState::Stopped,
            None => JobState::Lost,
        }
    }

    /// What AWS bills by, in gigabytes × seconds; 0 where nothing is billed.
    pub fn billed_gb_s(&self) -> f64 {
        self.memory_mb.map_or(0.0, |memory_mb| self.billed_ms as f64 / 1e3 * memory_mb as f64 / 1024.0)
    }

    /// Takes over where the job stands now. `before` is what it took over last.
    pub(super) fn update(&mut self, account: &Account, before: Option<&Account>) {
        self.ended_us = account.is_ended().then_some(account.last_end_us.max(account.created_us));
        self.first_start_us = Some(account.first_start_us).filter(|us| *us > 0);
        self.created_us = account.created_us;
        self.total = account.total;
        self.done = account.done;
        self.failed = account.failed;
        self.cancelled = account.cancelled;
        self.running = account.running;
        self.in_flight = account.in_flight;
        self.exec_s = account.exec_s;
        self.exec_max_s = account.exec_max_s;
        self.exec_mean_s = account.exec_mean_s;
        self.billed_ms = account.billed_ms;
        self.runtime.clone_from(&account.runtime);
        self.region.clone_from(&account.region);
        self.memory_mb = account.memory_bytes.map(|bytes| bytes >> 20);
        let worker = |(name, call): &(Arc<str>, Option<u64>)| WorkerRecord { name: name.to_string(), call: *call };
        self.workers = account.workers.iter().map(worker).collect();
        if before.is_none_or(|before| before.failures != account.failures) {
            let failure = |(call, kind, message): &(u64, String, String)| FailureRecord {
                call: *call,
                kind: kind.clone(),
                message: message.clone(),
            };
            self.failures = account.failures.iter().map(failure).collect();
        }
        if before.is_none_or(|before| before.logs != account.logs) {
            self.logs = Logs::of(&account.logs);
            self.logs_dropped = 0;
        }
        self.logs_left_out = account.logs_left_out + self.logs_dropped;
    }

    /// The workers end with the driver.
    pub(super) fn end_workers(&mut self) {
        self.in_flight = 0;
        self.workers.clear();
    }

    /// Forgets what its calls printed.
    pub(super) fn drop_logs(&mut self) {
        let dropped = self.logs.len() as u64;
        self.logs_dropped += dropped;
        self.logs_left_out += dropped;
        self.logs = Logs::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_that_were_dropped_stay_counted() {
        let print = |call| (call, Bytes::from_static(b"printed"));
        let first = Account { logs: vec![print(0), print(1)], logs_left_out: 5, ..Account::default() };
        let mut job = JobRecord::default();
        job.update(&first, None);
        job.drop_logs();
        job.drop_logs();
        assert_eq!((job.logs.len(), job.logs_left_out), (0, 7));
        let second = Account { running: 1, ..first.clone() };
        job.update(&second, Some(&first));
        assert_eq!((job.logs.len(), job.logs_left_out), (0, 7));
        let third = Account { logs: vec![print(0), print(1), print(2)], ..second.clone() };
        job.update(&third, Some(&second));
        assert_eq!((job.logs.len(), job.logs_left_out), (3, 5));
    }

    #[test]
    fn what_is_billed_is_time_by_memory() {
        let job = JobRecord { billed_ms: 3000, memory_mb: Some(512), ..JobRecord::default() };
        assert!((job.billed_gb_s() - 1.5).abs() < 1e-9);
        assert!(JobRecord { billed_ms: 3000, ..JobRecord::default() }.billed_gb_s() == 0.0);
    }
}
