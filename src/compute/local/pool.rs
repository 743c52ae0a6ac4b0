//! Which workers there are, what waits for one, and who gets what.
//!
//! A *place* is the right to use a core: there are `max_workers`. A worker that runs a call holds one; a
//! worker whose call waits for other calls gives it back meanwhile, so nested jobs cannot starve each other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use rustix::process::Pid;
use tokio::process::ChildStdin;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::run_folder::RunFolder;
use super::server::FetchFuture;
use super::{Settings, journal, process, server};
use crate::compute::{Invocation, Sink};
use crate::protocol::{RemoteError, kind};
use crate::storage::Scratch;

/// A worker that has not asked for work by then will not: its start takes about 10 ms.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// So many workers in a row that end before they ask for work mean that none ever will.
const MAX_FAILED_STARTS: u32 = 2;
/// How often the memory of a limited worker is looked at.
const MEMORY_CHECK_INTERVAL: Duration = Duration::from_millis(25);

/// What happens to an invocation, told to the task that waits for it.
pub(super) enum Event {
    /// A worker has it.
    Assigned,
    /// The next bytes of the answer.
    Data(Bytes),
    /// The answer is complete.
    Ended,
    /// The worker is gone; what it had written to its journal.
    Lost(RemoteError, Vec<u8>),
}

/// What a worker gets for its request for work.
pub(super) struct Assignment {
    pub invocation: u64,
    pub payload: Bytes,
    pub deadline: Option<Duration>,
}

struct Pending {
    invocation: u64,
    payload: Bytes,
    events: mpsc::UnboundedSender<Event>,
}

enum Phase {
    /// Started, or between an answer and the next request for work.
    Coming { first: bool },
    /// Waits for work.
    Idle(oneshot::Sender<Assignment>),
    /// Runs an invocation; `waiting` while its call has given up its place.
    Busy { invocation: u64, events: mpsc::UnboundedSender<Event>, waiting: bool },
}

struct Worker {
    pid: Pid,
    journal: PathBuf,
    phase: Phase,
    /// Why it was killed, if we did it.
    verdict: Option<RemoteError>,
    _lifeline: ChildStdin,
}

#[derive(Default)]
struct State {
    /// By token, which is also the path of the worker's API.
    workers: HashMap<Arc<str>, Worker>,
    /// Inner jobs first, then first come, first served.
    queue: BTreeMap<(Reverse<u32>, u64), Pending>,
    /// Workers whose call has what it waited for and wants its place back.
    resuming: VecDeque<(Arc<str>, oneshot::Sender<()>)>,
    next_invocation: u64,
    failed_starts: u32,
    closed: bool,
}

/// The workers of this machine with the same settings.
pub(super) struct Pool {
    pub settings: Settings,
    pub scratch: Arc<Scratch>,
    scratch_folder: PathBuf,
    folder: RunFolder,
    journals: Option<RunFolder>,
    state: Mutex<State>,
    /// Host and port of the API, once somebody needs it.
    address: OnceLock<String>,
    futures: OnceLock<Arc<dyn FetchFuture>>,
}

impl Pool {
    pub fn new(settings: Settings) -> Result<Arc<Self>, std::io::Error> {
        let folder = RunFolder::new(&std::env::temp_dir())?;
        let scratch_folder = folder.path().join("scratch");
        let scratch = Arc::new(Scratch::local(scratch_folder.clone()));
        // Journals are written for each call: memory is the place for them. Elsewhere they work too.
        let journals = RunFolder::new(Path::new("/dev/shm")).ok();
        Ok(Arc::new(Self {
            settings,
            scratch,
            scratch_folder,
            folder,
            journals,
            state: Mutex::default(),
            address: OnceLock::new(),
            futures: OnceLock::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    pub fn serve_futures(&self, fetch: Arc<dyn FetchFuture>) {
        let _ = self.futures.set(fetch);
    }

    pub fn futures(&self) -> Option<Arc<dyn FetchFuture>> {
        self.futures.get().cloned()
    }

    /// Runs one invocation on the next free worker. Must be called on the I/O runtime.
    pub async fn invoke(self: &Arc<Self>, invocation: Invocation, sink: &mut dyn Sink) -> Result<(), RemoteError> {
        self.listen()?;
        let (events, mut inbox) = mpsc::unbounded_channel();
        let mut ticket = self.enqueue(invocation.payload, invocation.depth, events);
        let far = Instant::now() + Duration::from_secs(86_400 * 365);
        let mut deadline = far;
        let mut memory_checks = tokio::time::interval(MEMORY_CHECK_INTERVAL);
        loop {
            let event = tokio::select! {
                event = inbox.recv() => event,
                () = tokio::time::sleep_until(deadline), if deadline != far => {
                    deadline = far;
                    let seconds = self.settings.invocation_timeout.unwrap_or_default().as_secs_f64();
                    self.kill(ticket.invocation, RemoteError::new(
                        kind::TIMEOUT,
                        format!("the invocation ran past `runtime_timeout`, {seconds} s"),
                    ));
                    continue;
                }
                _ = memory_checks.tick(), if invocation.memory_bytes.is_some() => {
                    self.check_memory(ticket.invocation, invocation.memory_bytes.unwrap_or(u64::MAX));
                    continue;
                }
            };
            match event {
                Some(Event::Assigned) => {
                    if let Some(timeout) = self.settings.invocation_timeout {
                        deadline = Instant::now() + timeout;
                    }
                }
                Some(Event::Data(bytes)) => sink.data(&bytes),
                Some(Event::Ended) => {
                    ticket.done = true;
                    return Ok(());
                }
                Some(Event::Lost(error, journal)) => {
                    ticket.done = true;
                    sink.rest(&journal);
                    return Err(error);
                }
                None => {
                    ticket.done = true;
                    return Err(RemoteError::new(kind::CANCELLED, "the workers were stopped"));
                }
            }
        }
    }

    /// Starts to listen at first use. Its address is where workers find their API.
    fn listen(self: &Arc<Self>) -> Result<(), RemoteError> {
        let _state = self.state();
        if self.address.get().is_none() {
            let address = server::listen(self.clone()).map_err(|error| {
                RemoteError::new(kind::START_FAILED, format!("cannot listen on 127.0.0.1: {error}"))
            })?;
            let _ = self.address.set(address);
        }
        Ok(())
    }

    fn enqueue(self: &Arc<Self>, payload: Bytes, depth: u32, events: mpsc::UnboundedSender<Event>) -> Ticket {
        let mut state = self.state();
        let invocation = state.next_invocation;
        state.next_invocation += 1;
        if !state.closed {
            state.queue.insert((Reverse(depth), invocation), Pending { invocation, payload, events });
            self.dispatch(&mut state);
        }
        Ticket { pool: self.clone(), invocation, depth, done: false }
    }

    /// Gives free places to whoever is first: a call that resumes, or an invocation for which there is a worker.
    fn dispatch(self: &Arc<Self>, state: &mut State) {
        let mut places = self.settings.max_workers.saturating_sub(state.places_held());
        while places > 0 {
            if let Some((token, resume)) = state.resuming.pop_front() {
                if let Some(Phase::Busy { waiting, .. }) = state.workers.get_mut(&token).map(|w| &mut w.phase) {
                    *waiting = false;
                    let _ = resume.send(());
                    places -= 1;
                }
                continue;
            }
            if state.queue.is_empty() {
                break;
            }
            let Some(token) = state.idle_worker() else {
                break;
            };
            let Some((_, pending)) = state.queue.pop_first() else {
                break;
            };
            let Some(worker) = state.workers.get_mut(&token) else {
                break;
            };
            let busy = Phase::Busy { invocation: pending.invocation, events: pending.events.clone(), waiting: false };
            if let Phase::Idle(work) = std::mem::replace(&mut worker.phase, busy) {
                journal::forget_last_answer(&worker.journal);
                let _ = pending.events.send(Event::Assigned);
                let _ = work.send(Assignment {
                    invocation: pending.invocation,
                    payload: pending.payload,
                    deadline: self.settings.invocation_timeout,
                });
                places -= 1;
            }
        }
        let coming = state.workers.values().filter(|w| matches!(w.phase, Phase::Coming { .. })).count();
        let wanted = places.min(state.queue.len());
        for _ in coming..wanted {
            if let Err(message) = self.start_worker(state) {
                state.fail_queue(&RemoteError::new(kind::START_FAILED, message));
                break;
            }
        }
    }

    fn start_worker(self: &Arc<Self>, state: &mut State) -> Result<(), String> {
        let token: Arc<str> = server::new_token()?.into();
        let address = self.address.get().map(String::as_str).unwrap_or_default();
        let journals = self.journals.as_ref().unwrap_or(&self.folder);
        let journal = journals.path().join(format!("journal-{}", &token[..8]));
        // With its scheme: as a URI, an address with a path needs one.
        let api = format!("http://{address}/{token}");
        let process = process::start(&self.settings, &api, &journal, &self.scratch_folder)?;
        tracing::debug!(pid = process.pid.as_raw_nonzero(), "worker started");
        state.workers.insert(
            token.clone(),
            Worker {
                pid: process.pid,
                journal,
                phase: Phase::Coming { first: true },
                verdict: None,
                _lifeline: process.lifeline,
            },
        );
        let pool = self.clone();
        let mut child = process.child;
        tokio::spawn(async move {
            let started = tokio::time::timeout(START_TIMEOUT, child.wait()).await;
            let status = match started {
                Ok(status) => status,
                Err(_) => {
                    pool.end_if_not_started(&token);
                    child.wait().await
                }
            };
            pool.worker_ended(&token, status);
        });
        Ok(())
    }

    fn end_if_not_started(&self, token: &str) {
        let mut state = self.state();
        if let Some(worker) = state.workers.get_mut(token)
            && let Phase::Coming { first: true } = worker.phase
        {
            worker.verdict = Some(RemoteError::new(
                kind::START_FAILED,
                format!("it did not ask for work within {} s", START_TIMEOUT.as_secs()),
            ));
            process::kill(worker.pid);
        }
    }

    fn worker_ended(self: &Arc<Self>, token: &str, status: std::io::Result<std::process::ExitStatus>) {
        let mut state = self.state();
        let Some(worker) = state.workers.remove(token) else {
            return;
        };
        let how = status.map_or_else(|error| error.to_string(), process::describe_exit);
        tracing::debug!(pid = worker.pid.as_raw_nonzero(), how, "worker ended");
        match worker.phase {
            Phase::Busy { events, .. } => {
                let error =
                    worker.verdict.unwrap_or_else(|| RemoteError::new(kind::WORKER_LOST, format!("the worker {how}")));
                let _ = events.send(Event::Lost(error, journal::last_words(&worker.journal)));
            }
            Phase::Coming { first: true } => {
                state.failed_starts += 1;
                if state.failed_starts >= MAX_FAILED_STARTS {
                    state.failed_starts = 0;
                    let why = worker.verdict.map_or(format!("it {how} before it asked for work"), |v| v.message);
                    let message = format!(
                        "cannot start a worker: {} ({}): {why}",
                        self.settings.executable.display(),
                        self.settings.executable_origin
                    );
                    state.fail_queue(&RemoteError::new(kind::START_FAILED, message));
                }
            }
            _ => {}
        }
        let _ = std::fs::remove_file(&worker.journal);
        if !state.closed {
            self.dispatch(&mut state);
        }
    }

    /// A worker asks for work. `None`: its token is not one of ours.
    pub fn next(self: &Arc<Self>, token: &str) -> Option<oneshot::Receiver<Assignment>> {
        let mut state = self.state();
        let places = self.settings.max_workers;
        let surplus = state.queue.is_empty() && state.workers.values().filter(|w| w.is_spare()).count() >= places;
        let worker = state.workers.get_mut(token)?;
        let (sender, receiver) = oneshot::channel();
        if surplus {
            // Nested jobs made more workers than there are places; they are not needed any more.
            process::kill(worker.pid);
            return Some(receiver);
        }
        worker.phase = Phase::Idle(sender);
        state.failed_starts = 0;
        self.dispatch(&mut state);
        Some(receiver)
    }

    /// Where the answer to an invocation goes, if this worker runs it.
    pub fn answer(&self, token: &str, id: u64) -> Option<mpsc::UnboundedSender<Event>> {
        match &self.state().workers.get(token)?.phase {
            Phase::Busy { invocation, events, .. } if *invocation == id => Some(events.clone()),
            _ => None,
        }
    }

    /// A worker's answer is complete, or it reported that it could not give one.
    pub fn answered(self: &Arc<Self>, token: &str, event: Event) {
        let mut state = self.state();
        if let Some(worker) = state.workers.get_mut(token) {
            if let Phase::Busy { events, .. } = &worker.phase {
                let _ = events.send(event);
            }
            worker.phase = Phase::Coming { first: false };
            self.dispatch(&mut state);
        }
    }

    /// Whether `token` is a worker's.
    pub fn knows(&self, token: &str) -> bool {
        self.state().workers.contains_key(token)
    }

    /// The call that this worker runs waits: its place is free.
    pub fn give_place(self: &Arc<Self>, token: &str) {
        let mut state = self.state();
        if let Some(Phase::Busy { waiting, .. }) = state.workers.get_mut(token).map(|w| &mut w.phase) {
            *waiting = true;
            self.dispatch(&mut state);
        }
    }

    /// The call goes on as soon as there is a place for it.
    pub fn take_place(self: &Arc<Self>, token: &str) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        if state.workers.contains_key(token) {
            state.resuming.push_back((token.into(), sender));
            self.dispatch(&mut state);
        }
        receiver
    }

    fn kill(&self, invocation: u64, verdict: RemoteError) {
        if let Some(worker) = self.state().busy_worker(invocation) {
            worker.verdict.get_or_insert(verdict);
            process::kill(worker.pid);
        }
    }

    fn check_memory(&self, invocation: u64, limit_bytes: u64) {
        let mut state = self.state();
        let Some(worker) = state.busy_worker(invocation) else {
            return;
        };
        if process::resident_bytes(worker.pid).is_some_and(|bytes| bytes > limit_bytes) {
            worker.verdict.get_or_insert_with(|| {
                let limit = limit_bytes >> 20;
                RemoteError::new(kind::OUT_OF_MEMORY, format!("the worker used more than `runtime_memory`, {limit} MB"))
            });
            process::kill(worker.pid);
        }
    }

    /// Ends all workers and removes the files. Safe to call twice.
    pub fn shutdown(&self) {
        let mut state = self.state();
        state.closed = true;
        state.queue.clear();
        state.resuming.clear();
        for worker in state.workers.values() {
            process::kill(worker.pid);
        }
        // Their invocations end by the closing of their channels.
        state.workers.clear();
        for folder in [Some(&self.folder), self.journals.as_ref()].into_iter().flatten() {
            folder.remove();
        }
    }
}

impl State {
    fn places_held(&self) -> usize {
        self.workers.values().filter(|w| matches!(w.phase, Phase::Busy { waiting: false, .. })).count()
    }

    fn idle_worker(&self) -> Option<Arc<str>> {
        // The channel of a worker that died while it waited is closed; its end is about to be noticed.
        let idle = |worker: &Worker| matches!(&worker.phase, Phase::Idle(work) if !work.is_closed());
        self.workers.iter().find(|(_, worker)| idle(worker)).map(|(token, _)| token.clone())
    }

    fn busy_worker(&mut self, id: u64) -> Option<&mut Worker> {
        self.workers.values_mut().find(|w| matches!(&w.phase, Phase::Busy { invocation, .. } if *invocation == id))
    }

    fn fail_queue(&mut self, error: &RemoteError) {
        for (_, pending) in std::mem::take(&mut self.queue) {
            let _ = pending.events.send(Event::Lost(error.clone(), Vec::new()));
        }
    }
}

impl Worker {
    /// Whether it takes, or will soon take, new work.
    fn is_spare(&self) -> bool {
        match &self.phase {
            Phase::Coming { .. } => false,
            Phase::Idle(work) => !work.is_closed(),
            Phase::Busy { waiting, .. } => !waiting,
        }
    }
}

/// An invocation under way. Dropped before its end, it takes the invocation back.
struct Ticket {
    pool: Arc<Pool>,
    invocation: u64,
    depth: u32,
    done: bool,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let queued = self.pool.state().queue.remove(&(Reverse(self.depth), self.invocation)).is_some();
        if !queued {
            self.pool.kill(self.invocation, RemoteError::new(kind::CANCELLED, "the call was cancelled"));
        }
    }
}
