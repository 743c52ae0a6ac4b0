//! A child process: started and waited for by the I/O thread, and gone when this process is.
//!
//! Three things see to its end. The system kills it when the I/O thread ends, however that happens. In a driver it leads a
//! group of its own, which an exit hook kills with all that it started. In a worker it stays in the worker's group, which the
//! driver kills.

use std::collections::HashSet;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use mlua::Lua;
use rustix::process::{
    Pid, Signal, getppid, kill_process, kill_process_group, set_parent_process_death_signal, test_kill_process_group,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{mpsc, watch};

use super::command::Request;
use crate::io::Interrupted;
use crate::lua::session::Session;
use crate::lua::vm::Role;
use crate::lua::{interrupt, on_exit};

/// How a process ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
}

/// What a program gave that ran to its end.
pub(super) struct Outcome {
    pub exit: Exit,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub timed_out: bool,
}

/// A child process. Dropped, it runs on.
pub(super) struct Child {
    pub pid: u32,
    pub stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    stdin: Option<ChildStdin>,
    /// What to send it. The task that waits for it sends it, so that it is never sent to another process.
    signals: mpsc::UnboundedSender<Signal>,
    exit: watch::Receiver<Option<Exit>>,
}

impl Exit {
    pub fn is_success(self) -> bool {
        self.code == Some(0)
    }

    /// Words that follow the program's name.
    pub fn describe(self) -> String {
        match (self.code, self.signal) {
            (Some(code), _) => format!("exited with status {code}"),
            (None, Some(signal)) => format!("was ended by signal {signal}"),
            (None, None) => "ended".into(),
        }
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Exit {
        Exit { code: status.code(), signal: status.signal() }
    }
}

/// Why a program did not start, in words.
pub(super) fn start_failure(program: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("{program}: there is no such program, or no such `cwd`"),
        io::ErrorKind::PermissionDenied => {
            format!("{program}: permission denied: it is no program, or not for this user")
        }
        _ => format!("{program}: {error}"),
    }
}

impl Child {
    /// Starts a program. Its standard error is read if `all`, else it is the script's own.
    pub fn start(lua: &Lua, request: Request, all: bool) -> io::Result<Child> {
        let own_group = Session::of(lua).role == Role::Driver;
        if own_group {
            // Ctrl-C does not reach another group.
            interrupt::watch();
            end_groups_on_exit();
        }
        let input = request.input.clone();
        let command = command(request, own_group, all);
        // The system's promise is about the thread that starts the child: it must be one that stays.
        let started = crate::io::handle().spawn(async move { start(command, own_group) });
        let mut child = crate::io::handle().block_on(started).map_err(io::Error::other)??;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            crate::io::handle().spawn(async move {
                // A program may end without reading all.
                let _ = stdin.write_all(&input).await;
            });
        }
        Ok(child)
    }

    /// How it ended, if it did within this time.
    pub fn wait(&mut self, timeout: Option<Duration>) -> Result<Option<Exit>, Interrupted> {
        let exit = &mut self.exit;
        crate::io::block_on(async {
            let ended = exit.wait_for(Option::is_some);
            match timeout {
                // A channel that was closed without an exit is one of a runtime that ends.
                None => ended.await.ok().and_then(|exit| *exit),
                Some(timeout) => tokio::time::timeout(timeout, ended).await.ok()?.ok().and_then(|exit| *exit),
            }
        })
    }

    pub fn signal(&self, signal: Signal) {
        // One that has ended takes none.
        let _ = self.signals.send(signal);
    }

    /// Reads all that it writes, and waits for its end; kills it if it takes longer than `timeout`, or if nobody wants to wait.
    pub fn collect(mut self, timeout: Option<Duration>) -> Result<Outcome, Interrupted> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let (out, err) = (self.stdout.take(), self.stderr.take());
        let read = async {
            let out = async {
                if let Some(mut out) = out {
                    let _ = out.read_to_end(&mut stdout).await;
                }
            };
            let err = async {
                if let Some(mut err) = err {
                    let _ = err.read_to_end(&mut stderr).await;
                }
            };
            futures_util::join!(out, err);
            let _ = self.exit.wait_for(Option::is_some).await;
        };
        let waited = crate::io::block_on(async {
            match timeout {
                None => {
                    read.await;
                    false
                }
                Some(timeout) => tokio::time::timeout(timeout, read).await.is_err(),
            }
        });
        if waited != Ok(false) {
            self.signal(Signal::KILL);
        }
        let timed_out = waited?;
        let exit = self.wait(None)?.unwrap_or(Exit { code: None, signal: None });
        if timed_out {
            kill_left_behind(self.pid);
        }
        Ok(Outcome { exit, stdout, stderr, timed_out })
    }
}

fn command(request: Request, own_group: bool, all: bool) -> Command {
    let mut words = request.argv.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    if let Some(cwd) = request.cwd {
        command.current_dir(cwd);
    }
    for (name, value) in request.env {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(if request.input.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(if all { Stdio::piped() } else { Stdio::inherit() });
    if own_group {
        command.process_group(0);
    }
    command
}

/// Runs on the I/O thread.
fn start(mut command: Command, own_group: bool) -> io::Result<Child> {
    let parent = Pid::from_raw(std::process::id() as i32);
    // SAFETY: between fork and exec, only two system calls are made, and nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            // It may have died before.
            if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
        });
    }
    let mut process = command.spawn()?;
    let pid = process.id().unwrap_or_default();
    let (stdin, stdout, stderr) = (process.stdin.take(), process.stdout.take(), process.stderr.take());
    let (signals, mut wanted) = mpsc::unbounded_channel();
    let (ended, exit) = watch::channel(None);
    if own_group {
        groups().insert(pid);
    }
    tokio::spawn(async move {
        let status = loop {
            tokio::select! {
                status = process.wait() => break status,
                Some(signal) = wanted.recv() => send(pid, signal, own_group),
            }
        };
        // What it left behind keeps its group, and ends with this process.
        if raw(pid).is_none_or(|group| test_kill_process_group(group).is_err()) {
            groups().remove(&pid);
        }
        let exit = status.map_or(Exit { code: None, signal: None }, Exit::from);
        ended.send_replace(Some(exit));
    });
    Ok(Child { pid, stdout, stderr, stdin, signals, exit })
}

fn raw(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// Sends a signal to a child that has not been waited for, and to what it started.
fn send(pid: u32, signal: Signal, own_group: bool) {
    let Some(process) = raw(pid) else { return };
    if own_group {
        let _ = kill_process_group(process, signal);
        return;
    }
    // Itself first, so that it neither starts others nor sees them die.
    let descendants = descendants(pid);
    let _ = kill_process(process, signal);
    for descendant in descendants.into_iter().filter_map(raw) {
        let _ = kill_process(descendant, signal);
    }
}

/// The processes that one started, and that those started.
fn descendants(of: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in front may hold anything, but a parenthesis last.
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect();
    let mut found = vec![of];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// Groups that may have processes.
static GROUPS: LazyLock<Mutex<HashSet<u32>>> = LazyLock::new(Mutex::default);

fn groups() -> MutexGuard<'static, HashSet<u32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills what a program left behind that has ended: its group, if that had processes then. In a worker it has no group of
/// its own, and what it left behind can no more be told from what others left.
fn kill_left_behind(pid: u32) {
    if groups().remove(&pid)
        && let Some(group) = raw(pid)
    {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn end_groups_on_exit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        on_exit(|| {
            for group in groups().drain().filter_map(raw) {
                let _ = kill_process_group(group, Signal::KILL);
            }
        });
    });
}
