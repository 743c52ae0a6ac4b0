//! The threads that run calls, and their Lua VMs, one for each function. What they do with an invocation is in [`super::invocation`].
//!
//! There is one thread, unless a request wants several of its calls to run at the same time. All of them work on
//! the same task; each takes the next call that nobody has begun.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Instant;

use bytes::Bytes;
use mlua::{Function, Value};

use super::answer::Answer;
use super::invocation::{InvocationRun, of_arguments};
use super::output;
use crate::codec::{DecodeError, DecodeOptions, Globals, Trust, Verified};
use crate::compute::local::RelayCompute;
use crate::lua::{Vm, VmSettings};
use crate::protocol::{Blob, Outcome, RemoteError, Request, Work, kind};
use crate::storage::Scratch;

/// One invocation, on its way to the threads.
pub(super) struct Task {
    pub request: Request,
    pub answer: Arc<Answer>,
    /// When the platform ends the invocation, in microseconds since the Unix epoch.
    pub deadline_us: u64,
    /// Where large values are.
    pub scratch: Arc<Scratch>,
    /// The account of the function, on AWS.
    pub account_id: Option<String>,
    work: OnceLock<Result<Work, RemoteError>>,
    /// Threads that have not finished with it.
    busy: AtomicUsize,
}

impl Task {
    pub fn new(
        request: Request,
        answer: Arc<Answer>,
        deadline_us: u64,
        scratch: Arc<Scratch>,
        account_id: Option<String>,
    ) -> Self {
        Self { request, answer, deadline_us, scratch, account_id, work: OnceLock::new(), busy: AtomicUsize::new(0) }
    }

    /// The calls, which the first thread to ask reads.
    fn work(&self) -> Result<&Work, RemoteError> {
        let read = || {
            let bytes = match &self.request.work.inline {
                Some(bytes) => bytes.clone(),
                None => fetch(&self.scratch, &self.request.work)?,
            };
            let work = Work::from_bytes(&bytes).map_err(|error| RemoteError::new(kind::PROTOCOL, error))?;
            self.answer.set_count(work.count() as u32);
            Ok(work)
        };
        self.work.get_or_init(read).as_ref().map_err(Clone::clone)
    }
}

/// VMs of so many functions are kept: a pipeline rarely has more steps in turn.
const KEPT_VMS: usize = 8;
/// More calls at a time than AWS Lambda's largest instance has processors (6) help only calls that wait.
const MAX_THREADS: u32 = 64;
/// How long the thread looks for its next task before it goes to sleep.
const AWAKE_FOR: std::time::Duration = std::time::Duration::from_micros(100);
/// LuaJIT's C stack and the host's: recursion in Lua is bounded by LuaJIT itself.
const STACK_BYTES: usize = 16 << 20;

/// The threads, and the environment of this process, which they share.
pub(super) struct Threads {
    senders: Vec<mpsc::Sender<Arc<Task>>>,
    env: BTreeMap<String, Option<String>>,
}

impl Threads {
    /// Starts the first thread.
    pub fn start() -> std::io::Result<Self> {
        let mut threads = Self { senders: Vec::new(), env: BTreeMap::new() };
        threads.add()?;
        Ok(threads)
    }

    fn add(&mut self) -> std::io::Result<()> {
        let (sender, receiver) = mpsc::channel::<Arc<Task>>();
        let number = self.senders.len();
        std::thread::Builder::new().name("calls".into()).stack_size(STACK_BYTES).spawn(move || {
            let mut calls = Calls::new(number);
            // Made before it is needed: the first invocation does not wait for it.
            calls.fresh = calls.new_vm().ok();
            while let Some(task) = receive(&receiver) {
                calls.run(&task);
            }
        })?;
        self.senders.push(sender);
        Ok(())
    }

    /// Has a task run. The one before has ended.
    pub fn run(&mut self, task: Task) -> Result<(), String> {
        let wanted = task.request.parallel.clamp(1, MAX_THREADS) as usize;
        while self.senders.len() < wanted {
            self.add().map_err(|error| format!("cannot start a thread for calls: {error}"))?;
        }
        self.set_environment(&task.request.env);
        task.answer.set_stream_logs(task.request.stream_logs);
        task.busy.store(wanted, Ordering::Release);
        let task = Arc::new(task);
        for sender in &self.senders[..wanted] {
            sender.send(task.clone()).map_err(|_| "the thread that runs calls is gone".to_owned())?;
        }
        Ok(())
    }

    /// Sets the variables of a job, and takes back those of the job before. No call runs meanwhile.
    fn set_environment(&mut self, wanted: &BTreeMap<String, String>) {
        if wanted.is_empty() && self.env.is_empty() {
            return;
        }
        for (name, before) in std::mem::take(&mut self.env) {
            crate::lua::environment::set(&name, before.as_deref());
        }
        for (name, value) in wanted {
            self.env.insert(name.clone(), std::env::var(name).ok());
            crate::lua::environment::set(name, Some(value));
        }
    }
}

/// The next task. After short calls the next one comes soon: not going to sleep saves waking up, which costs more than they do.
fn receive(receiver: &mpsc::Receiver<Arc<Task>>) -> Option<Arc<Task>> {
    let until = Instant::now() + AWAKE_FOR;
    while Instant::now() < until {
        match receiver.try_recv() {
            Ok(task) => return Some(task),
            Err(mpsc::TryRecvError::Empty) => std::thread::yield_now(),
            Err(mpsc::TryRecvError::Disconnected) => return None,
        }
    }
    receiver.recv().ok()
}

/// A VM and the function that it was made for.
struct Prepared {
    sha256: String,
    /// The configuration of the driver, where the request brings it along.
    config: Option<String>,
    vm: Vm,
    function: Function,
}

struct Calls {
    /// The number of this thread.
    thread: usize,
    fresh: Option<Vm>,
    kept: VecDeque<Rc<Prepared>>,
    relay: Option<Arc<RelayCompute>>,
}

impl Calls {
    fn new(thread: usize) -> Self {
        let api = std::env::var("AWS_LAMBDA_RUNTIME_API").ok().filter(|_| super::is_local());
        let relay = api.map(|api| Arc::new(RelayCompute::new(&api, super::max_workers(), super::local_scratch())));
        Self { thread, fresh: None, kept: VecDeque::new(), relay }
    }

    fn new_vm(&self) -> mlua::Result<Vm> {
        let vm = Vm::with_setup(&VmSettings::worker(), |lua| {
            output::install(lua)?;
            Ok(())
        })?;
        if let Some(relay) = &self.relay {
            let _ = vm.session.relay.set(relay.clone());
        }
        if let Some(relay) = self.relay.clone() {
            vm.session.set_config_loader(Box::new(move || {
                let text = crate::io::handle().block_on(relay.fetch_config()).map_err(|error| error.message)?;
                let table = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
                let request = crate::config::Request { table: Some(table), ..Default::default() };
                crate::config::load(request).map_err(|error| error.to_string())
            }));
        }
        Ok(vm)
    }

    fn run(&mut self, task: &Task) {
        let answer = &task.answer;
        match task.work() {
            // The first thread says it; the others have nothing to add.
            Err(error) if self.thread == 0 => answer.refuse(error),
            Err(_) => {}
            Ok(work) => match self.prepare(task) {
                Ok((prepared, extra)) => {
                    let vm = &prepared.vm;
                    vm.session.depth.set(task.request.depth + 1);
                    let share = task.request.memory_bytes.unwrap_or(0) / u64::from(task.request.parallel.max(1));
                    if vm.lua.set_memory_limit(share as usize).is_err() {
                        tracing::debug!("this VM has no memory limit");
                    }
                    let run =
                        InvocationRun { vm, function: &prepared.function, task, work, extra, thread: self.thread };
                    run.all();
                    *vm.session.hooks.borrow_mut() = None;
                }
                // Every call fails in the same way, and for the same reason.
                Err(error) => {
                    let mut calls = work.calls().enumerate();
                    while let Some(position) = answer.take(1, || false) {
                        if let Some((_, (call, _))) = calls.find(|(at, _)| *at == position as usize) {
                            answer.start(self.thread, call);
                            answer.finish(self.thread, Outcome::Error(error.clone()));
                        }
                    }
                }
            },
        }
        if task.busy.fetch_sub(1, Ordering::AcqRel) == 1 {
            answer.end();
        }
    }

    /// The VM with the function, and what follows each element.
    fn prepare(&mut self, task: &Task) -> Result<(Rc<Prepared>, Vec<Value>), RemoteError> {
        let bad = |error: String| RemoteError::new(kind::PROTOCOL, error);
        let request = &task.request;
        let config = request.surroundings.as_ref().map(|surroundings| &surroundings.config);
        let root: Rc<str> = request.executor_id.split('.').next().unwrap_or_default().into();
        let same = |kept: &Rc<Prepared>| {
            // The ids of executors that were made in a VM begin with that of the driver's.
            let is_bound = kept.vm.session.next_executor.get() > 0 && *kept.vm.session.root_executor.borrow() != root;
            kept.sha256 == request.function.sha256 && kept.config.as_ref() == config && !is_bound
        };
        let prepared = match self.kept.iter().position(same) {
            Some(index) => {
                // To the front: the last used are kept.
                let prepared = self.kept.remove(index).ok_or_else(|| bad("no VM".into()))?;
                self.kept.push_front(prepared.clone());
                *prepared.vm.session.root_executor.borrow_mut() = root;
                prepared
            }
            None => {
                let prepared = Rc::new(self.load_function(task, root)?);
                self.kept.push_front(prepared.clone());
                self.kept.truncate(KEPT_VMS);
                prepared
            }
        };
        let extra = match &request.extra_args {
            None => Vec::new(),
            Some(blob) => {
                let bytes = fetch(&task.scratch, blob)?;
                let Vm { lua, session, .. } = &prepared.vm;
                let values = session.codec().decode(lua, &bytes, of_arguments());
                values.map_err(|error| bad(format!("cannot read extra_args: {error}")))?.into_iter().collect()
            }
        };
        Ok((prepared, extra))
    }

    fn load_function(&mut self, task: &Task, root: Rc<str>) -> Result<Prepared, RemoteError> {
        let failed = |error: &dyn std::fmt::Display| {
            RemoteError::new(kind::LUA_ERROR, format!("cannot load the function: {error}"))
        };
        let blob = &task.request.function;
        let bytes = fetch(&task.scratch, blob)?;
        let vm = match self.fresh.take() {
            Some(vm) => vm,
            None => self.new_vm().map_err(|error| failed(&error))?,
        };
        *vm.session.root_executor.borrow_mut() = root;
        let config = task.request.surroundings.as_ref().map(|surroundings| surroundings.config.clone());
        if let Some(config) = &config {
            vm.session.set_config_loader(super::config_loader(config.clone(), task.account_id.clone()));
        }
        let verified = Verified::check(&bytes, &hash_bytes(&blob.sha256)).map_err(|error| failed(&error))?;
        let options = DecodeOptions { trust: Trust::Verified(verified), globals: Globals::Set };
        let values = vm.session.codec().decode(&vm.lua, &bytes, options).map_err(|error| match error {
            DecodeError::Lua(error) => failed(&crate::lua::errors::root_message(&error)),
            other => failed(&other),
        })?;
        match values.into_iter().next() {
            Some(Value::Function(function)) => Ok(Prepared { sha256: blob.sha256.clone(), config, vm, function }),
            _ => Err(failed(&"it is none")),
        }
    }
}

/// The bytes of a blob, which have the hash that the request names.
fn fetch(scratch: &Scratch, blob: &Blob) -> Result<Bytes, RemoteError> {
    let bytes = match (&blob.inline, &blob.key) {
        (Some(bytes), _) => bytes.clone(),
        (None, Some(key)) => crate::io::handle()
            .block_on(scratch.get(key))
            .map_err(|error| RemoteError::new(kind::STORAGE, format!("cannot read {key}: {error}")))?,
        (None, None) => return Err(RemoteError::new(kind::PROTOCOL, "a blob is neither here nor there")),
    };
    blob.check(&bytes).map_err(|error| RemoteError::new(kind::PROTOCOL, error.to_string()))?;
    Ok(bytes)
}

fn hash_bytes(hex: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        // What is no hash gives one that no bytes have.
        *byte = std::str::from_utf8(digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok()).unwrap_or(0);
    }
    bytes
}
