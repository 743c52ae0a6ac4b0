//! What one VM knows beyond Lua: its codec, its configuration, its executors, and in a worker the call that it runs.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use mlua::{Lua, Table};

use super::api::executor::Executor;
use super::api::futures::JobEntry;
use super::bind::Raise;
use super::vm::Role;
use crate::codec::Codec;
use crate::compute::local::RelayCompute;
use crate::config::{Config, ConfigError, Override, Request};
use crate::job::Job;
use crate::storage::{ObjectSource, Scheme, StorageError};

/// Gives the configuration when it is first needed, or says why there is none.
pub type ConfigLoader = Box<dyn FnOnce() -> Result<Config, String>>;

/// The call that a worker runs.
#[derive(Clone, Debug, Default)]
pub struct CurrentCall {
    /// Number of the call in its job.
    pub call: u64,
    /// Its job.
    pub job_id: Rc<str>,
    /// Its executor.
    pub executor_id: Rc<str>,
    /// 1 for a first attempt.
    pub attempt: u32,
    /// When it will be ended, in microseconds since the Unix epoch.
    pub deadline_us: Option<u64>,
}

/// What a worker does for the call that it runs.
pub trait WorkerHooks {
    /// The call printed something.
    fn print(&self, text: &[u8]);
    /// The call is about to wait for other calls.
    fn before_wait(&self);
}

/// A job, and what its function is called.
pub type StartedJob = (Rc<JobEntry>, String);

/// One VM's session.
pub struct Session {
    /// Driver or worker.
    pub role: Role,
    /// Set as soon as the VM is complete.
    codec: OnceCell<Codec>,
    loader: Cell<Option<ConfigLoader>>,
    config: OnceCell<Result<Config, String>>,
    /// Single keys that the command line sets, in configurations of the script's own, too. None in a worker.
    pub overrides: RefCell<Vec<Override>>,
    /// The executor behind `lithops.map` and its like.
    pub default_executor: OnceCell<Rc<Executor>>,
    /// Numbers executors.
    pub next_executor: Cell<u32>,
    /// In a worker: the driver's executor, whose call contains all that runs here.
    pub root_executor: RefCell<Rc<str>>,
    /// Whether a function that may store cloud objects was encoded, and its job is not known yet.
    pub stores_cloud_objects: Rc<Cell<bool>>,
    /// The same of stages of datasets.
    pub computes_datasets: Rc<Cell<bool>>,
    /// In front of all executor ids, so that two processes do not mix.
    id: OnceCell<String>,
    /// Jobs that may not have ended.
    pub running: RefCell<Vec<Rc<JobEntry>>>,
    /// How many of them there have to be for those that have ended to be left out.
    prune_running_at: Cell<usize>,
    /// The jobs that were started since a prompt has asked for them. `None`: there is none.
    pub started: RefCell<Option<Vec<StartedJob>>>,
    /// Jobs that were waited for when that was interrupted.
    pub waited_for: RefCell<Vec<Rc<JobEntry>>>,
    /// Jobs with a future that was encoded for a job that is not known yet.
    sent_jobs: RefCell<Vec<Arc<Job>>>,
    /// Large captures, by their paths, that the user was warned of.
    pub large_captures: RefCell<HashSet<String>>,
    /// Whether a progress bar may be drawn.
    pub progress_allowed: Cell<bool>,
    /// The metatable of `lithops.args(…)`.
    pub args_metatable: OnceCell<Table>,
    /// In a worker: the call that runs.
    pub call: RefCell<CurrentCall>,
    /// How many jobs contain the code that runs here: 0 in a driver.
    pub depth: Cell<u32>,
    /// In a worker: what the worker does for its call.
    pub hooks: RefCell<Option<Rc<dyn WorkerHooks>>>,
    /// In a worker: the place of its call, as long as others have it.
    given_place: RefCell<Option<Weak<dyn Any>>>,
    /// In a worker: the driver's backend.
    pub relay: OnceCell<Arc<RelayCompute>>,
    /// Places that objects were read from.
    object_sources: RefCell<HashMap<Scheme, ObjectSource>>,
}

impl Session {
    pub(super) fn new(role: Role) -> Rc<Self> {
        Rc::new(Self {
            role,
            codec: OnceCell::new(),
            loader: Cell::new(None),
            config: OnceCell::new(),
            overrides: RefCell::default(),
            default_executor: OnceCell::new(),
            next_executor: Cell::new(0),
            root_executor: RefCell::default(),
            stores_cloud_objects: Rc::default(),
            computes_datasets: Rc::default(),
            id: OnceCell::new(),
            running: RefCell::default(),
            prune_running_at: Cell::new(0),
            started: RefCell::default(),
            waited_for: RefCell::default(),
            sent_jobs: RefCell::default(),
            large_captures: RefCell::default(),
            progress_allowed: Cell::new(false),
            args_metatable: OnceCell::new(),
            call: RefCell::default(),
            depth: Cell::new(0),
            hooks: RefCell::default(),
            given_place: RefCell::default(),
            relay: OnceCell::new(),
            object_sources: RefCell::default(),
        })
    }

    /// The session of a VM.
    ///
    /// # Panics
    /// If the VM was not made by [`Vm::new`](super::Vm::new).
    pub fn of(lua: &Lua) -> Rc<Self> {
        lua.app_data_ref::<Rc<Self>>().expect("a VM made by Vm::new").clone()
    }

    pub(super) fn set_codec(&self, codec: Codec) {
        let _ = self.codec.set(codec);
    }

    /// The codec of the VM.
    ///
    /// # Panics
    /// If the VM was not made by [`Vm::new`](super::Vm::new).
    pub fn codec(&self) -> &Codec {
        self.codec.get().expect("a VM made by Vm::new")
    }

    /// Sets where the configuration comes from; the default is the process's own.
    pub fn set_config_loader(&self, loader: ConfigLoader) {
        self.loader.set(Some(loader));
    }

    /// The configuration, loaded at first use.
    pub fn config(&self) -> Result<&Config, Raise> {
        let loaded = self.config.get_or_init(|| match self.loader.take() {
            Some(loader) => loader(),
            None => crate::config::load(Request::default()).map_err(|error| error.to_string()),
        });
        loaded.as_ref().map_err(|message| Raise::Message(format!("failed to {message}")))
    }

    /// Loads a configuration of the script's own, a table or a file: over it go the command line, and then `options`.
    pub fn load_own_config(
        &self,
        table: Option<serde_json::Value>,
        file: Option<&Path>,
        options: &[Override],
    ) -> Result<Config, ConfigError> {
        let overrides = [self.overrides.borrow().as_slice(), options].concat();
        crate::config::load(Request { table, file, overrides: &overrides, ..Request::default() })
    }

    /// The place that addresses of this scheme lead to, opened at first use.
    pub fn object_source(&self, scheme: Scheme) -> Result<Result<ObjectSource, StorageError>, Raise> {
        if let Some(source) = self.object_sources.borrow().get(&scheme) {
            return Ok(Ok(source.clone()));
        }
        let opened = crate::io::block_on(ObjectSource::open(scheme, self.config()?))?;
        Ok(opened.inspect(|source| drop(self.object_sources.borrow_mut().insert(scheme, source.clone()))))
    }

    /// In front of all executor ids.
    pub fn id(&self) -> Result<&str, Raise> {
        if self.id.get().is_none() {
            let mut bytes = [0; 3];
            getrandom::fill(&mut bytes).map_err(|error| Raise::Message(format!("no random numbers: {error}")))?;
            let _ = self.id.set(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        Ok(self.id.get().map_or("", String::as_str))
    }

    /// In a worker: the place of the call that runs here, for others while it waits. An iterator that is read by a wait may
    /// wait itself: others have the place until the last of these waits has dropped it.
    pub fn give_place(&self) -> Option<Rc<dyn Any>> {
        if let Some(hooks) = &*self.hooks.borrow() {
            hooks.before_wait();
        }
        let relay = self.relay.get()?;
        if let Some(place) = self.given_place.borrow().as_ref().and_then(Weak::upgrade) {
            return Some(place);
        }
        let place: Rc<dyn Any> = crate::compute::Compute::give_place(&**relay).into();
        *self.given_place.borrow_mut() = Some(Rc::downgrade(&place));
        Some(place)
    }

    /// A future of this job is sent, whose value a worker may ask for.
    pub fn add_sent_job(&self, job: &Arc<Job>) {
        let mut sent = self.sent_jobs.borrow_mut();
        if sent.last().is_none_or(|last| !Arc::ptr_eq(last, job)) {
            sent.push(job.clone());
        }
    }

    /// The jobs with a future that was sent since the last time.
    pub fn take_sent_jobs(&self) -> Vec<Arc<Job>> {
        self.sent_jobs.take()
    }

    /// Remembers a job until it has ended.
    pub fn add_running(&self, entry: Rc<JobEntry>) {
        entry.hold(self.take_sent_jobs());
        let mut running = self.running.borrow_mut();
        if running.len() >= self.prune_running_at.get() {
            running.retain(|entry| {
                let is_over = entry.job.is_ended() && !entry.job.is_being_left();
                // A failure that nobody has been told of is told at the end.
                !is_over || (entry.job.progress().failed > 0 && !entry.failure_told.get())
            });
            // They hold results, so that a few are looked at each time; many, once they have doubled.
            let left = running.len();
            self.prune_running_at.set(if left < 32 { 0 } else { 2 * left });
        }
        running.push(entry);
    }
}

/// Bytes that were handed in by somebody who may hand in code.
pub fn trusted() -> crate::codec::Trust {
    crate::codec::Trust::Verified(crate::codec::Verified::by_channel())
}
