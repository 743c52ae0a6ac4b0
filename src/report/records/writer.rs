//! A driver writes down its jobs: soon after the first began, at most once a second while something changes, each minute while they
//! run, and at its end.
//!
//! The script is never in the way of a write: it leaves its jobs in a list, and looks at the record only if nobody else does.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once};
use std::time::{Duration, Instant};

use super::folder::Folder;
use super::process;
use super::record::{DriverRecord, JobRecord, VERSION};
use crate::job::{Account, Job, now_us};

/// Time from the first job to the first record: short scripts write only one, at their end.
const FIRST: Duration = Duration::from_millis(300);
/// Between two records.
const PERIOD: Duration = Duration::from_secs(1);
/// Between two records while jobs run and nothing changes: others see by it that the driver lives. Nothing makes it longer.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// A write may take one part in so many of the time.
const SHARE: u32 = 50;
/// The jobs of one driver that are told of; of others only how many there were.
const MOST_JOBS: usize = 1000;
/// The most bytes of what the jobs of one driver printed; of the latest ones.
const MOST_LOG_BYTES: usize = 4 << 20;
/// So many jobs may wait to be taken over: they hold their results.
const MOST_BEGUN: usize = 8;

/// Where a job runs.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The compute backend.
    pub backend: String,
    /// The storage backend.
    pub storage: String,
}

/// Jobs that have begun since the record was looked at.
static BEGUN: Mutex<Vec<(Arc<Job>, Place)>> = Mutex::new(Vec::new());
static WRITER: Mutex<Option<Writer>> = Mutex::new(None);
static IS_ON: AtomicBool = AtomicBool::new(false);

struct Writer {
    folder: Folder,
    name: String,
    record: DriverRecord,
    next: u64,
    /// The jobs that have not ended, by their numbers in the record.
    open: Vec<Open>,
    changed: bool,
    is_pruned: bool,
    has_failed: bool,
}

struct Open {
    number: u64,
    job: Arc<Job>,
    told: Option<Account>,
}

fn writer() -> MutexGuard<'static, Option<Writer>> {
    WRITER.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn begun() -> MutexGuard<'static, Vec<(Arc<Job>, Place)>> {
    BEGUN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Writes down a job that has just begun. `script` is asked once for the script's name; whoever calls this sees to it that
/// [`finish`] is called at the end.
pub fn add(job: &Arc<Job>, place: Place, script: impl FnOnce() -> String) {
    static START: Once = Once::new();
    START.call_once(|| {
        let Some(new) = Writer::new(script()) else { return };
        *writer() = Some(new);
        IS_ON.store(true, Ordering::Release);
        crate::io::handle().spawn(keep_writing());
    });
    if !IS_ON.load(Ordering::Acquire) {
        return;
    }
    let waiting = {
        let mut begun = begun();
        // Its results would be held as long as it is.
        let has_ended = begun.first().is_some_and(|(first, _)| first.is_ended());
        begun.push((job.clone(), place));
        if has_ended { MOST_BEGUN } else { begun.len() }
    };
    if waiting >= MOST_BEGUN
        && let Ok(mut writer) = WRITER.try_lock()
        && let Some(writer) = &mut *writer
    {
        writer.take_over();
        writer.close_ended();
    }
}

/// Writes the last record.
pub fn finish() {
    IS_ON.store(false, Ordering::Release);
    let Some(mut writer) = writer().take() else { return };
    writer.look();
    writer.record.ended_us = Some(now_us());
    writer.record.jobs.values_mut().for_each(JobRecord::end_workers);
    writer.write();
    writer.prune();
    // The process ends: nobody needs the memory of the jobs' results.
    std::mem::forget(writer);
}

async fn keep_writing() {
    let mut pause = FIRST;
    loop {
        tokio::time::sleep(pause).await;
        match tokio::task::spawn_blocking(write_changes).await {
            Ok(Some(took)) => pause = (took * SHARE).clamp(PERIOD, HEARTBEAT),
            _ => return,
        }
    }
}

/// Gives how long it took; `None` if there is no more to write.
fn write_changes() -> Option<Duration> {
    let began = Instant::now();
    let mut writer = writer();
    let writer = writer.as_mut()?;
    writer.look();
    let silence = Duration::from_micros(now_us().saturating_sub(writer.record.written_us));
    if is_due(std::mem::take(&mut writer.changed), !writer.open.is_empty(), silence) {
        writer.write();
    }
    writer.prune();
    Some(began.elapsed())
}

/// Whether there is something to be told after so long a silence, if only that a driver with open jobs is alive.
fn is_due(is_changed: bool, has_open: bool, silence: Duration) -> bool {
    is_changed || (has_open && silence >= HEARTBEAT)
}

impl Writer {
    fn new(script: String) -> Option<Self> {
        let folder = Folder::of_user()?;
        let pid = std::process::id();
        let started_us = now_us();
        let record = DriverRecord {
            version: VERSION,
            host: process::host().to_owned(),
            pid,
            process_start: process::Stat::of(pid)?.start,
            script,
            started_us,
            written_us: started_us,
            ended_us: None,
            jobs_left_out: 0,
            jobs: Default::default(),
        };
        let name = Folder::name_of(started_us, pid);
        Some(Self {
            folder,
            name,
            record,
            next: 0,
            open: Vec::new(),
            changed: false,
            is_pruned: false,
            has_failed: false,
        })
    }

    /// Takes over the jobs that have begun.
    fn take_over(&mut self) {
        for (job, Place { backend, storage }) in std::mem::take(&mut *begun()) {
            let id = format!("{}-{}", job.executor_id(), job.job_id());
            let (function, source) = (job.function_name().to_owned(), job.function_source().to_owned());
            let record = JobRecord { id, function, source, backend, storage, ..JobRecord::default() };
            self.record.jobs.insert(self.next, record);
            self.open.push(Open { number: self.next, job, told: None });
            self.next += 1;
            self.changed = true;
        }
    }

    /// Looks where all jobs stand.
    fn look(&mut self) {
        self.take_over();
        for open in &mut self.open {
            self.changed |= open.tell(&mut self.record);
        }
        self.open.retain(|open| !open.is_over());
        self.leave_out();
    }

    /// Lets go of the jobs that have ended.
    fn close_ended(&mut self) {
        let record = &mut self.record;
        self.open.retain_mut(|open| {
            if open.job.is_ended() {
                open.tell(record);
            }
            !open.is_over()
        });
        self.changed = true;
        self.leave_out();
    }

    /// Forgets the earliest jobs that have ended, and what the earliest printed, if it is too much.
    fn leave_out(&mut self) {
        let jobs = &mut self.record.jobs;
        let surplus = jobs.len().saturating_sub(MOST_JOBS);
        if surplus > 0 {
            let open: HashSet<u64> = self.open.iter().map(|open| open.number).collect();
            let left_out: Vec<u64> =
                jobs.keys().copied().filter(|number| !open.contains(number)).take(surplus).collect();
            self.record.jobs_left_out += left_out.len() as u64;
            left_out.iter().for_each(|number| drop(jobs.remove(number)));
        }
        let mut bytes = 0;
        for job in jobs.values_mut().rev() {
            bytes += job.logs.text_bytes();
            if bytes > MOST_LOG_BYTES {
                job.drop_logs();
            }
        }
    }

    fn write(&mut self) {
        self.record.written_us = now_us();
        if let Err(error) = self.folder.write(&self.name, &self.record)
            && !std::mem::replace(&mut self.has_failed, true)
        {
            tracing::debug!(folder = %self.folder.path().display(), %error, "jobs are not recorded");
        }
    }

    /// Once for each driver, after its first record.
    fn prune(&mut self) {
        if !std::mem::replace(&mut self.is_pruned, true) {
            self.folder.prune();
        }
    }
}

impl Open {
    /// Whether nothing of it will change: its last invocation ends a little later than its last call.
    fn is_over(&self) -> bool {
        self.told.as_ref().is_some_and(|account| account.is_ended() && account.in_flight == 0)
    }

    /// Writes into `record` where the job stands. Gives whether anything has changed.
    fn tell(&mut self, record: &mut DriverRecord) -> bool {
        let account = self.job.account();
        let is_changed = self.told.as_ref() != Some(&account);
        if is_changed && let Some(job) = record.jobs.get_mut(&self.number) {
            job.update(&account, self.told.as_ref());
            self.told = Some(account);
        }
        is_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_with_open_jobs_is_heard_of_each_minute() {
        let (short, long) = (HEARTBEAT - Duration::from_secs(1), HEARTBEAT);
        assert!(is_due(true, false, short) && is_due(false, true, long));
        assert!(!is_due(false, true, short) && !is_due(false, false, long));
    }
}
