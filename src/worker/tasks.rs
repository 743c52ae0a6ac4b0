//! The threads that run calls: their Lua VMs, one for each function, and what they do with a request.
//!
//! There is one thread, unless a request wants several of its calls to run at the same time. All of them work on
//! the same task; each takes the next call that nobody has begun.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Instant;

use bytes::Bytes;
use mlua::{Function, MultiValue, Value};

use super::SPENT;
use super::answer::Answer;
use super::gathered;
use super::output;
use crate::codec::{DecodeError, DecodeOptions, EncodeOptions, Globals, Trust, Verified};
use crate::compute::local::RelayCompute;
use crate::lua::api::{errors, objects, results};
use crate::lua::session::{CurrentCall, WorkerHooks, trusted};
use crate::lua::{LuaFailure, Vm, VmSettings, call_with_traceback};
use crate::protocol::{Blob, Input, MessageForm, ObjectMessage, Outcome, RemoteError, Request, Work, kind, sha256_hex};
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
                    let run = InvocationRun { prepared: &prepared, task, work, extra, thread: self.thread };
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

/// For results of other calls, whose globals are older than the function's own.
fn of_results() -> DecodeOptions {
    DecodeOptions { trust: trusted(), globals: Globals::IfAbsent }
}

/// For arguments: a function among them brings the globals of the moment at which it was passed.
fn of_arguments() -> DecodeOptions {
    DecodeOptions { trust: trusted(), globals: Globals::Set }
}

fn hash_bytes(hex: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        // What is no hash gives one that no bytes have.
        *byte = std::str::from_utf8(digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok()).unwrap_or(0);
    }
    bytes
}

/// What the bindings ask of the worker while a call runs.
struct Hooks {
    answer: Arc<Answer>,
    thread: usize,
}

impl WorkerHooks for Hooks {
    fn print(&self, text: &[u8]) {
        self.answer.print(self.thread, text);
    }

    fn before_wait(&self) {
        self.answer.hand_back();
    }
}

struct InvocationRun<'a> {
    prepared: &'a Prepared,
    task: &'a Task,
    work: &'a Work,
    extra: Vec<Value>,
    thread: usize,
}

impl InvocationRun<'_> {
    fn all(&self) {
        let session = &self.prepared.vm.session;
        let Task { request, answer, .. } = self.task;
        *session.hooks.borrow_mut() = Some(Rc::new(Hooks { answer: answer.clone(), thread: self.thread }));
        let job_id: Rc<str> = request.job_id.as_str().into();
        let executor_id: Rc<str> = request.executor_id.as_str().into();
        let began = Instant::now();
        let is_over = || began.elapsed().as_micros() as u64 > request.budget_us;
        let chunk = request.chunksize.min(u64::from(u32::MAX)) as u32;
        let mut calls = self.work.calls().enumerate();
        while let Some(position) = answer.take(chunk, is_over) {
            let Some((position, (call, attempt))) = calls.find(|(at, _)| *at == position as usize) else { return };
            answer.start(self.thread, call);
            {
                let mut current = session.call.borrow_mut();
                current.clone_from(&CurrentCall {
                    call,
                    job_id: job_id.clone(),
                    executor_id: executor_id.clone(),
                    attempt,
                    deadline_us: Some(self.deadline()),
                });
            }
            let outcome = self.one(call, position);
            crate::lua::exit::run_call_hooks(&self.prepared.vm.lua);
            let spent = matches!(&outcome, Outcome::Error(error) if error.kind == kind::OUT_OF_MEMORY);
            answer.finish(self.thread, outcome);
            if spent {
                // A heap that was full is best left behind.
                SPENT.store(true, Ordering::Release);
                answer.hand_back();
                return;
            }
        }
    }

    fn deadline(&self) -> u64 {
        let own = self.task.request.timeout_ms.map(|timeout| crate::job::now_us().saturating_add(timeout * 1000));
        own.map_or(self.task.deadline_us, |own| own.min(self.task.deadline_us))
    }

    fn one(&self, call: u64, position: usize) -> Outcome {
        let Vm { lua, session, .. } = &self.prepared.vm;
        let arguments = match self.arguments(call, position) {
            Ok(arguments) => arguments,
            Err(error) => return Outcome::Error(error),
        };
        let values = match call_with_traceback(lua, &self.prepared.function, arguments) {
            Ok(values) => values,
            Err(failure) => return Outcome::Error(self.describe(failure)),
        };
        let values = match results::resolve_returned(lua, values) {
            Ok(values) => values,
            Err(failure) => return Outcome::Error(self.describe(failure)),
        };
        let values: Vec<Value> = values.into_iter().collect();
        match session.codec().encode(lua, &values, &EncodeOptions::new("the result")) {
            Ok(encoded) => self.outcome(call, encoded.bytes),
            Err(error) => Outcome::Error(RemoteError::new(kind::UNSENDABLE, error.to_string())),
        }
    }

    fn arguments(&self, call: u64, position: usize) -> Result<MultiValue, RemoteError> {
        let Vm { lua, session, .. } = &self.prepared.vm;
        let unreadable = |error: &dyn std::fmt::Display| {
            RemoteError::new(kind::LUA_ERROR, format!("cannot read the argument: {error}"))
        };
        let mut arguments = match &self.work.input {
            Input::Range { start, step } => MultiValue::from_iter([Value::Number(start + step * call as f64)]),
            Input::Messages { data, ends, form } => {
                let from = if position == 0 { 0 } else { ends[position - 1] as usize };
                let message = &data[from..ends[position] as usize];
                let decode = |message: &[u8], options| {
                    session.codec().decode(lua, message, options).map_err(|error| unreadable(&error))
                };
                match form {
                    MessageForm::Arguments => decode(message, of_arguments())?,
                    MessageForm::Result => {
                        let first = decode(message, of_results())?.pop_front();
                        MultiValue::from_iter([first.unwrap_or(Value::Nil)])
                    }
                    MessageForm::Gathered => {
                        // Calls that it waits for have time limits of their own; its own begins with the function.
                        self.task.answer.wait_for_input(self.thread);
                        let list = gathered::read(lua, &self.task.scratch, message);
                        self.task.answer.restart(self.thread);
                        session.call.borrow_mut().deadline_us = Some(self.deadline());
                        MultiValue::from_iter([Value::Table(list?)])
                    }
                    MessageForm::Object => {
                        let ObjectMessage { piece, arguments } =
                            ObjectMessage::from_bytes(message).map_err(|error| unreadable(&error))?;
                        let mut values = match arguments.is_empty() {
                            true => MultiValue::new(),
                            false => decode(&arguments, of_arguments())?,
                        };
                        let object = objects::make(lua, piece).map_err(|error| unreadable(&error))?;
                        values.push_front(Value::UserData(object));
                        values
                    }
                }
            }
        };
        arguments.extend(self.extra.iter().cloned());
        Ok(arguments)
    }

    /// A result inside a frame, or in the scratch store if it is large.
    fn outcome(&self, call: u64, bytes: Vec<u8>) -> Outcome {
        if bytes.len() as u64 <= self.task.request.inline_result_bytes {
            return Outcome::Value(bytes.into());
        }
        let sha256 = sha256_hex(&bytes);
        let size_bytes = bytes.len() as u64;
        let Request { executor_id, job_id, .. } = &self.task.request;
        let key = format!("results/{executor_id}/{job_id}/{call}-{}", &sha256[..16]);
        match crate::io::handle().block_on(self.task.scratch.put(&key, bytes.into())) {
            Ok(()) => Outcome::Object { key, sha256, size_bytes },
            Err(error) => {
                let message = format!("cannot keep the result of {size_bytes} bytes: failed to {error}");
                Outcome::Error(RemoteError::new(kind::STORAGE, message))
            }
        }
    }

    fn describe(&self, failure: LuaFailure) -> RemoteError {
        let Vm { lua, session, .. } = &self.prepared.vm;
        if failure.memory {
            let message = match self.task.request.memory_bytes {
                Some(bytes) => format!("the call needed more than `runtime_memory`, {} MB", bytes >> 20),
                None => "the call needed more memory than there is".into(),
            };
            return RemoteError { traceback: failure.traceback, ..RemoteError::new(kind::OUT_OF_MEMORY, message) };
        }
        if let Some(inner) = errors::parts(lua, &failure.value) {
            // The failure of a nested call: its kind and its place are what matters.
            let traceback = format!("{}\n{}", inner.traceback, failure.traceback);
            return RemoteError { traceback: traceback.trim_start().to_owned(), ..inner };
        }
        let value = match &failure.value {
            Value::Table(_) => session
                .codec()
                .encode(lua, std::slice::from_ref(&failure.value), &EncodeOptions::new("the error"))
                .ok()
                .map(|encoded| encoded.bytes),
            _ => None,
        };
        RemoteError {
            kind: kind::LUA_ERROR.into(),
            message: failure.message,
            traceback: failure.traceback,
            hint: failure.hint.unwrap_or_default(),
            value,
        }
    }
}
