//! Futures: the calls of jobs, as scripts hold them.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use mlua::{AnyUserData, Lua, MetaMethod, Table, UserData, UserDataFields, UserDataMethods, Value};

use super::iterdata::Feeder;
use super::remote::RemoteFuture;
use super::{errors, results, selection, wait};
use crate::compute::Usage;
use crate::compute::local::{FutureAddress, FutureAnswer};
use crate::job::{CallResult, CallStats, FoundObjects, Job, State};
use crate::lua::bind::{Raise, bind};
use crate::lua::options::OptionTable;
use crate::lua::session::Session;

/// What a job is for, which decides what `get_result()` makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `call_async`: one value.
    Single,
    /// `map`: a list of values.
    Map,
    /// The maps of a `map_reduce`: their values go to the reducer.
    MapOfReduce,
    /// The reducer of a `map_reduce`: one value.
    Reduce,
}

/// A job as its script holds it.
pub struct JobEntry {
    pub job: Arc<Job>,
    pub purpose: Purpose,
    /// What hands in elements, until there are no more.
    pub feeder: RefCell<Option<Feeder>>,
    /// Whether its iterator runs just now: whatever is asked meanwhile, the iterator itself asks.
    pub is_being_fed: Cell<bool>,
    /// Jobs with a future that was sent to its calls: they can be asked for as long as this one is known.
    held: RefCell<Vec<Arc<Job>>>,
    /// Calls whose results have been given to the script, unless it is all of them.
    read: RefCell<HashSet<u64>>,
    read_all: Cell<bool>,
    /// The stored objects that it reads.
    pub found_objects: OnceCell<Arc<FoundObjects>>,
    /// Whether a progress bar is wanted for it.
    pub progress: bool,
    /// Whether the script has been told that calls failed.
    pub failure_told: Cell<bool>,
}

impl JobEntry {
    pub fn new(job: Arc<Job>, purpose: Purpose, feeder: Option<Feeder>, progress: bool) -> Rc<Self> {
        Rc::new(Self {
            job,
            progress,
            purpose,
            feeder: RefCell::new(feeder),
            is_being_fed: Cell::new(false),
            held: RefCell::default(),
            found_objects: OnceCell::new(),
            read: RefCell::default(),
            read_all: Cell::new(false),
            failure_told: Cell::new(false),
        })
    }

    /// Reads no more of an iterator: what it gave so far is all.
    pub fn stop_input(&self) {
        self.feeder.take();
        self.job.close_input(self.job.found());
    }

    /// Keeps `jobs` as long as it is kept itself.
    pub fn hold(&self, jobs: Vec<Arc<Job>>) {
        self.held.borrow_mut().extend(jobs);
    }

    /// Notes that the results of `from..to` were given to the script.
    pub fn mark_read(&self, from: u64, to: u64) {
        if from == 0 && self.job.progress().total == Some(to) {
            self.read_all.set(true);
            self.read.borrow_mut().clear();
        } else if !self.read_all.get() {
            self.read.borrow_mut().extend(from..to);
        }
    }

    /// Counts as read from now on, with what is still to come.
    pub fn forget(&self) {
        self.read_all.set(true);
        self.read.borrow_mut().clear();
    }

    /// Whether the result of `call` was given to the script.
    pub fn is_read(&self, call: u64) -> bool {
        self.read_all.get() || self.read.borrow().contains(&call)
    }

    /// Whether all results were given to the script.
    pub fn is_all_read(&self) -> bool {
        self.read_all.get() || self.job.progress().total == Some(self.read.borrow().len() as u64)
    }
}

/// One call, in a script's hands.
#[derive(Clone)]
pub enum Future {
    /// Of a job of this process.
    Own { entry: Rc<JobEntry>, call: u64 },
    /// Of a job of the driver, seen from a worker.
    Remote(RemoteFuture),
}

impl Future {
    /// Whose it is, and which call.
    pub fn address(&self) -> FutureAddress {
        match self {
            Self::Own { entry, call } => FutureAddress {
                executor_id: entry.job.executor_id().to_owned(),
                job_id: entry.job.job_id().to_owned(),
                call: *call,
            },
            Self::Remote(future) => future.address.clone(),
        }
    }

    fn state(&self) -> State {
        match self {
            Self::Own { entry, call } => entry.job.call_state(*call),
            Self::Remote(future) => match future.answer() {
                None => State::Running,
                Some(FutureAnswer::Value(_)) => State::Done,
                Some(FutureAnswer::Failed(_)) => State::Failed,
            },
        }
    }

    fn error(&self, lua: &Lua) -> mlua::Result<Value> {
        let error = match self {
            Self::Own { entry, call } => match entry.job.result(*call) {
                Some(CallResult::Error(error)) => {
                    entry.failure_told.set(true);
                    Some(error.as_ref().clone())
                }
                _ => None,
            },
            Self::Remote(future) => future.failure().cloned(),
        };
        match error {
            Some(error) => errors::object(lua, &error, &self.address()),
            None => Ok(Value::Nil),
        }
    }
}

/// The number of a call as its id: Lithops counts from 0 with five digits.
pub fn call_id(call: u64) -> String {
    format!("{call:05}")
}

impl UserData for Future {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        // Methods of one future: mlua would turn their errors into userdata, so they are bound functions.
        fields.add_meta_field_with(MetaMethod::Index, |lua| lua.named_registry_value::<Table>(METHODS));
        fields.add_field_method_get("state", |_, this| Ok(this.state().name()));
        fields.add_field_method_get("done", |_, this| Ok(this.state().is_final()));
        fields.add_field_method_get("ready", |_, this| Ok(this.state().is_final()));
        fields.add_field_method_get("success", |_, this| Ok(this.state() == State::Done));
        fields.add_field_method_get("running", |_, this| Ok(this.state() == State::Running));
        fields.add_field_method_get("error", |lua, this| this.error(lua));
        fields.add_field_method_get("call_id", |_, this| Ok(call_id(this.address().call)));
        fields.add_field_method_get("job_id", |_, this| Ok(this.address().job_id));
        fields.add_field_method_get("executor_id", |_, this| Ok(this.address().executor_id));
        fields.add_field_method_get("stats", |lua, this| match this {
            Self::Own { entry, call } => stats(lua, &entry.job.stats(*call)),
            Self::Remote(_) => lua.create_table(),
        });
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            let address = this.address();
            Ok(format!(
                "future {}/{}/{} ({})",
                address.executor_id,
                address.job_id,
                call_id(address.call),
                this.state().name()
            ))
        });
        methods.add_meta_method(MetaMethod::Eq, |_, this, other: Value| {
            let other = other.as_userdata().and_then(|other| other.borrow::<Self>().ok().map(|o| o.address()));
            Ok(other == Some(this.address()))
        });
    }
}

/// `future.stats`: times in seconds since the Unix epoch under the names of Lithops, and what was printed.
fn stats(lua: &Lua, stats: &CallStats) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    let seconds = |us: u64| us as f64 / 1e6;
    let stamps = [
        ("host_job_create_tstamp", stats.job_created_us),
        ("host_submit_tstamp", stats.submitted_us),
        ("worker_start_tstamp", stats.worker_start_us),
        ("worker_func_start_tstamp", stats.start_us),
        ("worker_func_end_tstamp", stats.end_us),
        ("worker_end_tstamp", stats.worker_end_us),
        ("host_status_done_tstamp", stats.known_us),
        ("host_result_done_tstamp", stats.known_us),
    ];
    for (name, us) in stamps {
        if us > 0 {
            table.raw_set(name, seconds(us))?;
        }
    }
    if stats.end_us > 0 {
        table.raw_set("worker_func_exec_time", seconds(stats.end_us.saturating_sub(stats.start_us)))?;
    }
    if stats.worker_end_us > 0 {
        table.raw_set("worker_exec_time", seconds(stats.worker_end_us.saturating_sub(stats.worker_start_us)))?;
    }
    if stats.usage != Usage::default() {
        // Of the whole invocation, whose calls share them.
        table.raw_set("worker_billed_ms", stats.usage.billed_ms)?;
        table.raw_set("worker_peak_memory_mb", stats.usage.max_memory_mb)?;
        table.raw_set("worker_init_ms", stats.usage.init_ms)?;
    }
    table.raw_set("attempts", stats.attempt)?;
    table.raw_set("worker", stats.worker.as_deref())?;
    table.raw_set("logs", lua.create_string(&stats.logs)?)?;
    Ok(table)
}

/// The future in a Lua value, if it is one.
pub fn as_future(value: &Value) -> Option<Future> {
    value.as_userdata()?.borrow::<Future>().ok().map(|future| future.clone())
}

/// What is behind a list whose futures are made as they are looked at: an iterator's, or a range's.
#[derive(Clone)]
pub struct LazyCalls(pub Rc<JobEntry>);

impl UserData for LazyCalls {}

/// The list of a job's futures. For a list as input it is a plain table; else its futures are made as they are looked at.
pub fn list(lua: &Lua, entry: &Rc<JobEntry>, lazy: bool) -> mlua::Result<Table> {
    let table = if lazy {
        let table = lua.create_table()?;
        table.raw_set("_calls", LazyCalls(entry.clone()))?;
        table
    } else {
        let total = entry.job.progress().total.unwrap_or(0);
        let table = lua.create_table_with_capacity(total as usize, 0)?;
        for call in 0..total {
            table.raw_push(Future::Own { entry: entry.clone(), call })?;
        }
        table
    };
    make_list(lua, &table)?;
    Ok(table)
}

/// Gives a table of futures the methods of such lists.
pub fn make_list(lua: &Lua, table: &Table) -> mlua::Result<()> {
    let metatable: Table = lua.named_registry_value(LIST)?;
    table.set_metatable(Some(metatable))
}

/// Whether a table is a list of futures as `map` gives it.
pub fn is_list(lua: &Lua, table: &Table) -> bool {
    let list = lua.named_registry_value::<Table>(LIST).ok();
    list.is_some() && table.metatable() == list
}

/// The job behind a list that makes its futures as they are looked at.
pub fn lazy_calls(table: &Table) -> Option<Rc<JobEntry>> {
    let calls: AnyUserData = table.raw_get("_calls").ok()?;
    calls.borrow::<LazyCalls>().ok().map(|calls| calls.0.clone())
}

const LIST: &str = "lithops.futures";
/// Where the registry keeps the methods of lists of futures, and those of one.
pub(super) const LIST_METHODS: &str = "lithops.futures.methods";
pub(super) const METHODS: &str = "lithops.future";

/// Installs the methods of futures and of lists of futures.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let at = bind(lua, "futures.__index", |lua, (list, index): (Table, Value)| {
        let Some(entry) = lazy_calls(&list) else { return Ok(None) };
        let index = index.as_number().or_else(|| index.as_integer().map(|i| i as f64));
        let wanted = index.map_or(0, |index| index as u64);
        let known = known_calls(lua, &entry, wanted);
        Ok(match index {
            Some(index) if index >= 1.0 && index <= known as f64 && index.fract() == 0.0 => {
                Some(Future::Own { entry, call: index as u64 - 1 })
            }
            _ => None,
        })
    })?;
    let length = bind(lua, "futures.__len", |lua, list: Table| {
        Ok(match lazy_calls(&list) {
            Some(entry) => known_calls(lua, &entry, u64::MAX),
            None => list.raw_len() as u64,
        })
    })?;
    let summary = bind(lua, "futures.__tostring", |lua, list: Table| selection::summary(lua, &Value::Table(list)))?;
    let result =
        bind(lua, "result", |lua, (future, options): (Value, OptionTable)| results::result(lua, &future, options.0))?;
    let wait_one = bind(lua, "wait", |lua, (futures, options): (Value, OptionTable)| {
        wait::wait(lua, None, &futures, options.0, "wait")
    })?;
    let get_result = bind(lua, "get_result", |lua, (futures, options): (Value, OptionTable)| {
        results::get_result(lua, None, &futures, options.0, "get_result")
    })?;
    let cancel = bind(lua, "cancel", |lua, future: Value| match as_future(&future) {
        Some(Future::Own { entry, call }) => Ok(entry.job.cancel(call)),
        Some(Future::Remote(_)) => Err(Raise::message("cancel: only the driver can cancel its futures")),
        None => Err(selection::no_future(lua, &future, "cancel")),
    })?;
    let cancel_all = bind(lua, "cancel", |lua, futures: Value| {
        if let Some(entry) = futures.as_table().and_then(lazy_calls) {
            entry.stop_input();
        }
        let mut cancelled = 0;
        for run in selection::Selection::of(lua, None, &futures, "cancel")?.runs() {
            for call in run.from..run.to() {
                cancelled += u64::from(run.entry.job.cancel(call));
            }
        }
        Ok(cancelled)
    })?;
    let (metatable, list_methods): (Table, Table) = lua
        .load(include_str!("futures.lua"))
        .set_name("=lithops")
        .call((at, length, summary, get_result, wait_one.clone(), cancel_all))?;
    lua.set_named_registry_value(LIST, metatable)?;
    lua.set_named_registry_value(LIST_METHODS, list_methods)?;

    let methods = lua.create_table()?;
    methods.raw_set("result", result)?;
    methods.raw_set("wait", wait_one)?;
    methods.raw_set("cancel", cancel)?;
    lua.set_named_registry_value(METHODS, methods)
}

/// Puts the metatable of lists where the codec finds it as a part of every VM, so that it is sent by name. Scripts do not
/// see it.
pub(super) fn name_lists(lua: &Lua, lithops: &Table) -> mlua::Result<()> {
    let list: Table = lua.named_registry_value(LIST)?;
    match lithops.metatable() {
        Some(metatable) => metatable.raw_set("futures", list),
        None => Ok(()),
    }
}

/// How many calls of a lazy list there are so far. An iterator is read on only as the job wants; objects are being found meanwhile, and
/// are waited for up to the one that is `wanted`.
pub fn known_calls(lua: &Lua, entry: &JobEntry, wanted: u64) -> u64 {
    let has_iterator = entry.feeder.borrow().is_some() || entry.is_being_fed.get();
    if !has_iterator && entry.job.found() < wanted && entry.job.progress().total.is_none() {
        // In a worker: what is found waits for workers once there is much of it, and this may be the only one.
        let _place = Session::of(lua).give_place();
        entry.job.wait_found(wanted);
    }
    entry.job.found()
}

/// The handle of the session for a list of futures that was made elsewhere.
pub fn list_of(lua: &Lua, futures: impl IntoIterator<Item = Future>) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    for future in futures {
        table.raw_push(future)?;
    }
    make_list(lua, &table)?;
    Ok(table)
}
