//! Ctrl-C while jobs run: workers stop, what was done is said, the process ends. At a prompt, only what the line does ends.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};

use tokio::signal::unix::{SignalKind, signal};

use super::evaluation::{self, Reaction};
use crate::job::Job;

/// What ends the process with the exit code of an interrupted one. Set once, by the command line.
static END: OnceLock<End> = OnceLock::new();

struct End {
    /// After the exit hooks.
    after_hooks: fn() -> !,
    /// Whatever the process is waiting for.
    at_once: fn() -> !,
}

/// Whether Ctrl-C ends the process.
static HAS_COME: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C ends the process.
pub fn has_come() -> bool {
    HAS_COME.load(Ordering::Acquire)
}

/// Sets what ends the process: at the first Ctrl-C, which cleans up, and at a second one while that takes its time.
pub fn on_interrupt(after_hooks: fn() -> !, at_once: fn() -> !) {
    let _ = END.set(End { after_hooks, at_once });
}

/// Watches for Ctrl-C from now on. Without jobs and exit hooks, the system's own way to end a process will do.
pub fn watch() {
    static WATCH: Once = Once::new();
    let Some(end) = END.get() else { return };
    WATCH.call_once(|| {
        let runtime = crate::io::handle();
        // Before this returns: a Ctrl-C right after it finds what cleans up.
        let _context = runtime.enter();
        let Ok(mut interrupts) = signal(SignalKind::interrupt()) else { return };
        runtime.spawn(async move {
            loop {
                if interrupts.recv().await.is_none() {
                    return;
                }
                match evaluation::react() {
                    Reaction::End => break,
                    Reaction::Nothing => {}
                    Reaction::Watch(number) => drop(tokio::spawn(evaluation::watch(number))),
                }
            }
            // The hooks wait for nobody, but the runtime's thread must stay free for what they need.
            HAS_COME.store(true, Ordering::Release);
            std::thread::spawn(move || {
                crate::report::clear();
                // Standard error may be a pipe that was closed, too.
                let _ = writeln!(io::stderr(), "lithops-lua: interrupted{}", summary());
                (end.after_hooks)()
            });
            if interrupts.recv().await.is_some() {
                (end.at_once)()
            }
        });
    });
}

/// Ends the process by `end` when its terminal goes away. It is told so even if it was started to survive that.
pub fn watch_hang_up(end: fn() -> !) {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let runtime = crate::io::handle();
        let _context = runtime.enter();
        let Ok(mut hang_ups) = signal(SignalKind::hangup()) else { return };
        runtime.spawn(async move {
            if hang_ups.recv().await.is_some() {
                HAS_COME.store(true, Ordering::Release);
                std::thread::spawn(move || end());
            }
        });
    });
}

/// `; job M000: 37 of 100 calls done, 1 failed; …`, over all jobs that had not ended; nothing if there was none at all.
fn summary() -> String {
    let jobs = crate::job::all();
    if jobs.is_empty() {
        return String::new();
    }
    let mut parts: Vec<String> = jobs.iter().filter(|job| !job.is_ended()).map(|job| state_of(job)).collect();
    parts.sort();
    format!("; {}", if parts.is_empty() { "all jobs had ended".into() } else { parts.join("; ") })
}

/// `job M000: 37 of 100 calls done, 1 failed`.
pub fn state_of(job: &Job) -> String {
    let progress = job.progress();
    let of = progress.total.map_or_else(String::new, |total| format!(" of {total}"));
    let failed = if progress.failed > 0 { format!(", {} failed", progress.failed) } else { String::new() };
    format!("job {}: {}{of} calls done{failed}", job.job_id(), progress.ended - progress.failed)
}
