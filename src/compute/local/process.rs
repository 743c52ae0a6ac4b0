//! One worker process: its start, its memory, its end.

use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStdin, Command};

use super::{JOURNAL_VARIABLE, SCRATCH_VARIABLE, Settings, WORKERS_VARIABLE};

/// A running worker and the pipe that tells it when the driver is gone.
pub(super) struct Process {
    pub child: Child,
    pub pid: Pid,
    /// The worker reads this pipe and ends when it closes, which even `kill -9` of the driver does.
    pub lifeline: ChildStdin,
}

/// Starts a worker that takes its work from `api` (address and path).
pub(super) fn start(settings: &Settings, api: &str, journal: &Path, scratch: &Path) -> Result<Process, String> {
    let failed = |error: std::io::Error| {
        format!("cannot start a worker: {} ({}): {error}", settings.executable.display(), settings.executable_origin)
    };
    // What a worker writes to its standard output directly must not mix with the results of the script.
    let output = std::io::stderr().as_fd().try_clone_to_owned().map_err(failed)?;
    let mut child = Command::new(&settings.executable)
        .arg("worker")
        .env("AWS_LAMBDA_RUNTIME_API", api)
        .env("AWS_LAMBDA_FUNCTION_NAME", "lithops-lua")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0")
        .env(JOURNAL_VARIABLE, journal)
        .env(SCRATCH_VARIABLE, scratch)
        // The text of a configuration may hold secrets, and a worker asks for it where it is kept.
        .env_remove("LITHOPS_CONFIG")
        .env(WORKERS_VARIABLE, settings.max_workers.to_string())
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(Stdio::inherit())
        // A group of its own: Ctrl-C reaches the driver alone, and what a function starts ends with its worker.
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let pid = child.id().and_then(|pid| Pid::from_raw(pid as i32));
    match (pid, child.stdin.take()) {
        (Some(pid), Some(lifeline)) => Ok(Process { child, pid, lifeline }),
        _ => Err("cannot start a worker: it ended at once".into()),
    }
}

/// Ends a worker and all that it started. It must not have been reaped yet.
pub(super) fn kill(pid: Pid) {
    let _ = kill_process_group(pid, Signal::KILL);
}

/// Resident memory of a process in bytes, `None` where the system does not say.
pub(super) fn resident_bytes(pid: Pid) -> Option<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", pid.as_raw_nonzero())).ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// How a process ended, in words that follow "the worker".
pub(super) fn describe_exit(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}, as `os.exit({code})` in a function makes it"),
        (None, Some(signal)) => {
            let name = match signal {
                4 => " (SIGILL: an illegal instruction)",
                6 => " (SIGABRT: aborted)",
                7 => " (SIGBUS: a bad memory access)",
                8 => " (SIGFPE: an arithmetic error)",
                9 => " (SIGKILL, perhaps by the system for want of memory)",
                11 => " (SIGSEGV: a segmentation fault)",
                15 => " (SIGTERM)",
                _ => "",
            };
            format!("was ended by signal {signal}{name}")
        }
        (None, None) => "ended".into(),
    }
}
