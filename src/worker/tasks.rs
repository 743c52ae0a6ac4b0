//! The thread that runs calls: its Lua VMs, one for each function, and what it does with a request.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use bytes::Bytes;
use mlua::{Function, MultiValue, Value};

use super::SPENT;
use super::answer::Answer;
use super::output;
use crate::codec::{DecodeOptions, EncodeOptions, Globals, Trust, Verified};
use crate::compute::local::{CONFIG_VARIABLE, RelayCompute};
use crate::lua::api::{errors, results};
use crate::lua::session::{CurrentCall, WorkerHooks, trusted};
use crate::lua::{LuaFailure, Vm, VmSettings, call_with_traceback};
use crate::protocol::{Blob, Input, Outcome, RemoteError, Request, Work, kind, sha256_hex};
use crate::storage::Scratch;

/// One invocation, on its way to the thread.
pub(super) struct Task {
    pub request: Request,
    pub answer: Arc<Answer>,
    /// When the platform ends the invocation, in microseconds since the Unix epoch.
    pub deadline_us: u64,
}

/// VMs of so many functions are kept: a pipeline rarely has more steps in turn.
const KEPT_VMS: usize = 8;
/// How long the thread looks for its next task before it goes to sleep.
const AWAKE_FOR: std::time::Duration = std::time::Duration::from_micros(100);
/// LuaJIT's C stack and the host's: recursion in Lua is bounded by LuaJIT itself.
const STACK_BYTES: usize = 16 << 20;

/// Starts the thread.
pub(super) fn start() -> std::io::Result<mpsc::Sender<Task>> {
    let (sender, receiver) = mpsc::channel::<Task>();
    std::thread::Builder::new().name("calls".into()).stack_size(STACK_BYTES).spawn(move || {
        let mut calls = Calls::new();
        // Made before it is needed: the first invocation does not wait for it.
        calls.fresh = calls.new_vm().ok();
        while let Some(task) = receive(&receiver) {
            calls.run(task);
        }
    })?;
    Ok(sender)
}

/// The next task. After short calls the next one comes soon: not going to sleep saves waking up, which costs more than they do.
fn receive(receiver: &mpsc::Receiver<Task>) -> Option<Task> {
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
    vm: Vm,
    function: Function,
}

struct Calls {
    fresh: Option<Vm>,
    kept: VecDeque<Rc<Prepared>>,
    scratch: Arc<Scratch>,
    relay: Option<Arc<RelayCompute>>,
    env: BTreeMap<String, Option<String>>,
}

impl Calls {
    fn new() -> Self {
        let scratch = super::scratch();
        let relay = std::env::var("AWS_LAMBDA_RUNTIME_API")
            .ok()
            .map(|api| Arc::new(RelayCompute::new(&api, super::max_workers(), scratch.clone())));
        Self { fresh: None, kept: VecDeque::new(), scratch, relay, env: BTreeMap::new() }
    }

    fn new_vm(&self) -> mlua::Result<Vm> {
        let vm = Vm::with_setup(&VmSettings::worker(), |lua| {
            output::install(lua)?;
            Ok(())
        })?;
        if let Some(relay) = &self.relay {
            let _ = vm.session.relay.set(relay.clone());
        }
        vm.session.set_config_loader(Box::new(|| {
            let text = std::env::var(CONFIG_VARIABLE).unwrap_or_else(|_| "{}".into());
            let table = serde_json::from_str(&text).unwrap_or_default();
            crate::config::load(crate::config::Request { table: Some(table), ..Default::default() })
        }));
        Ok(vm)
    }

    fn run(&mut self, task: Task) {
        let Task { request, answer, deadline_us } = task;
        answer.set_stream_logs(request.stream_logs);
        self.set_environment(&request.env);
        match self.prepare(&request) {
            Ok((prepared, work, extra)) => {
                let vm = &prepared.vm;
                vm.session.depth.set(request.depth + 1);
                if vm.lua.set_memory_limit(request.memory_bytes.unwrap_or(0) as usize).is_err() {
                    tracing::debug!("this VM has no memory limit");
                }
                let run = InvocationRun {
                    prepared: &prepared,
                    request: &request,
                    work: &work,
                    extra,
                    answer: &answer,
                    deadline_us,
                    scratch: &self.scratch,
                };
                run.all();
                *vm.session.hooks.borrow_mut() = None;
            }
            // Every call fails in the same way, and for the same reason.
            Err(error) => fail_all(&request, &answer, &error),
        }
        answer.end();
    }

    /// The VM with the function, the calls, and what follows each element.
    fn prepare(&mut self, request: &Request) -> Result<(Rc<Prepared>, Work, Vec<Value>), RemoteError> {
        let bad = |error: String| RemoteError::new(kind::PROTOCOL, error);
        let prepared = match self.kept.iter().position(|kept| kept.sha256 == request.function.sha256) {
            Some(index) => {
                // To the front: the last used are kept.
                let prepared = self.kept.remove(index).ok_or_else(|| bad("no VM".into()))?;
                self.kept.push_front(prepared.clone());
                prepared
            }
            None => {
                let prepared = Rc::new(self.load_function(&request.function)?);
                self.kept.push_front(prepared.clone());
                self.kept.truncate(KEPT_VMS);
                prepared
            }
        };
        let work = match &request.work.inline {
            Some(bytes) => Work::from_bytes(bytes),
            None => Work::from_bytes(&self.fetch(&request.work)?),
        };
        let work = work.map_err(bad)?;
        let extra = match &request.extra_args {
            None => Vec::new(),
            Some(blob) => {
                let bytes = self.fetch(blob)?;
                let Vm { lua, session, .. } = &prepared.vm;
                let values = session.codec().decode(lua, &bytes, worker_decoding());
                values.map_err(|error| bad(format!("cannot read extra_args: {error}")))?.into_iter().collect()
            }
        };
        Ok((prepared, work, extra))
    }

    fn load_function(&mut self, blob: &Blob) -> Result<Prepared, RemoteError> {
        let failed = |error: &dyn std::fmt::Display| {
            RemoteError::new(kind::LUA_ERROR, format!("cannot load the function: {error}"))
        };
        let bytes = self.fetch(blob)?;
        let vm = match self.fresh.take() {
            Some(vm) => vm,
            None => self.new_vm().map_err(|error| failed(&error))?,
        };
        let verified = Verified::check(&bytes, &hash_bytes(&blob.sha256)).map_err(|error| failed(&error))?;
        let options = DecodeOptions { trust: Trust::Verified(verified), globals: Globals::Set };
        let values = vm.session.codec().decode(&vm.lua, &bytes, options).map_err(|error| failed(&error))?;
        match values.into_iter().next() {
            Some(Value::Function(function)) => Ok(Prepared { sha256: blob.sha256.clone(), vm, function }),
            _ => Err(failed(&"it is none")),
        }
    }

    /// The bytes of a blob, which have the hash that the request names.
    fn fetch(&self, blob: &Blob) -> Result<Bytes, RemoteError> {
        let bytes = match (&blob.inline, &blob.key) {
            (Some(bytes), _) => bytes.clone(),
            (None, Some(key)) => crate::io::handle()
                .block_on(self.scratch.get(key))
                .map_err(|error| RemoteError::new(kind::STORAGE, format!("cannot read {key}: {error}")))?,
            (None, None) => return Err(RemoteError::new(kind::PROTOCOL, "a blob is neither here nor there")),
        };
        blob.check(&bytes).map_err(|error| RemoteError::new(kind::PROTOCOL, error.to_string()))?;
        Ok(bytes)
    }

    /// Sets the variables of a job, and takes back those of the job before.
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

fn worker_decoding() -> DecodeOptions {
    DecodeOptions { trust: trusted(), globals: Globals::IfAbsent }
}

fn hash_bytes(hex: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        // What is no hash gives one that no bytes have.
        *byte = std::str::from_utf8(digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok()).unwrap_or(0);
    }
    bytes
}

fn fail_all(request: &Request, answer: &Answer, error: &RemoteError) {
    let work = request.work.inline.as_ref().and_then(|bytes| Work::from_bytes(bytes).ok());
    let spans = work.map(|work| work.spans).unwrap_or_default();
    let calls = spans.iter().flat_map(|span| span.first..span.first + u64::from(span.count));
    for (position, call) in calls.enumerate() {
        answer.start(call, position as u32);
        answer.finish(Outcome::Error(error.clone()));
    }
}

/// What the bindings ask of the worker while a call runs.
struct Hooks {
    answer: Arc<Answer>,
    /// Position of the first call that has not begun, and whether what follows was handed back.
    next: RefCell<(u32, bool)>,
    count: u32,
}

impl WorkerHooks for Hooks {
    fn print(&self, text: &[u8]) {
        self.answer.print(text);
    }

    fn before_wait(&self) {
        let mut next = self.next.borrow_mut();
        if !next.1 && next.0 < self.count {
            next.1 = true;
            self.answer.hand_back(next.0);
        }
    }
}

struct InvocationRun<'a> {
    prepared: &'a Prepared,
    request: &'a Request,
    work: &'a Work,
    extra: Vec<Value>,
    answer: &'a Arc<Answer>,
    deadline_us: u64,
    scratch: &'a Scratch,
}

impl InvocationRun<'_> {
    fn all(&self) {
        let session = &self.prepared.vm.session;
        let hooks = Rc::new(Hooks {
            answer: self.answer.clone(),
            next: RefCell::new((0, false)),
            count: self.work.count() as u32,
        });
        *session.hooks.borrow_mut() = Some(hooks.clone());
        let job_id: Rc<str> = self.request.job_id.as_str().into();
        let executor_id: Rc<str> = self.request.executor_id.as_str().into();
        let began = Instant::now();
        let mut position = 0;
        for span in &self.work.spans {
            for call in span.first..span.first + u64::from(span.count) {
                let handed_back = hooks.next.borrow().1;
                let begins_chunk = position > 0 && u64::from(position).is_multiple_of(self.request.chunksize.max(1));
                let over_budget = begins_chunk && began.elapsed().as_micros() as u64 > self.request.budget_us;
                if handed_back {
                    return;
                }
                if over_budget {
                    self.answer.hand_back(position);
                    return;
                }
                *hooks.next.borrow_mut() = (position + 1, false);
                self.answer.start(call, position);
                {
                    let mut current = session.call.borrow_mut();
                    current.clone_from(&CurrentCall {
                        call,
                        job_id: job_id.clone(),
                        executor_id: executor_id.clone(),
                        attempt: span.attempt,
                        deadline_us: Some(self.deadline()),
                    });
                }
                let outcome = self.one(call, position as usize);
                let spent = matches!(&outcome, Outcome::Error(error) if error.kind == kind::OUT_OF_MEMORY);
                self.answer.finish(outcome);
                position += 1;
                if spent {
                    // A heap that was full is best left behind.
                    SPENT.store(true, Ordering::Release);
                    self.answer.hand_back(position);
                    return;
                }
            }
        }
    }

    fn deadline(&self) -> u64 {
        let own = self.request.timeout_ms.map(|timeout| crate::job::now_us().saturating_add(timeout * 1000));
        own.map_or(self.deadline_us, |own| own.min(self.deadline_us))
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
            Input::Messages { data, ends, first_only } => {
                let from = if position == 0 { 0 } else { ends[position - 1] as usize };
                let message = &data[from..ends[position] as usize];
                let mut values =
                    session.codec().decode(lua, message, worker_decoding()).map_err(|error| unreadable(&error))?;
                if *first_only {
                    values = MultiValue::from_iter([values.pop_front().unwrap_or(Value::Nil)]);
                }
                values
            }
            Input::Gathered { data, ends } => {
                let list = lua.create_table_with_capacity(ends.len(), 1).map_err(|error| unreadable(&error))?;
                let mut from = 0;
                let messages = ends.iter().map(|end| {
                    let message = &data[from..*end as usize];
                    from = *end as usize;
                    message
                });
                session
                    .codec()
                    .decode_list(lua, messages, &list, 1, worker_decoding())
                    .map_err(|error| unreadable(&error))?;
                list.raw_set("n", ends.len()).map_err(|error| unreadable(&error))?;
                MultiValue::from_iter([Value::Table(list)])
            }
        };
        arguments.extend(self.extra.iter().cloned());
        Ok(arguments)
    }

    /// A result inside a frame, or in the scratch store if it is large.
    fn outcome(&self, call: u64, bytes: Vec<u8>) -> Outcome {
        if bytes.len() as u64 <= self.request.inline_result_bytes {
            return Outcome::Value(bytes.into());
        }
        let sha256 = sha256_hex(&bytes);
        let size_bytes = bytes.len() as u64;
        let Request { executor_id, job_id, .. } = self.request;
        let key = format!("results/{executor_id}/{job_id}/{call}-{}", &sha256[..16]);
        match crate::io::handle().block_on(self.scratch.put(&key, bytes.into())) {
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
            let message = match self.request.memory_bytes {
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
        RemoteError { kind: kind::LUA_ERROR.into(), message: failure.message, traceback: failure.traceback, value }
    }
}
