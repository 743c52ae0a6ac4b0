//! Executors: where jobs are started from.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use mlua::{Lua, MetaMethod, Table, UserData, UserDataFields, Value};
use serde_json::{Map, json};

use super::convert;
use super::futures::{JobEntry, Purpose};
use super::{errors, results, submit, wait};
use crate::compute::Compute;
use crate::compute::aws_lambda::AwsLambdaCompute;
use crate::compute::local::{LocalCompute, Settings, WorkerConfig};
use crate::config::{Config, Override};
use crate::job::Directory;
use crate::lua::bind::{Raise, bind};
use crate::lua::options::{OptionTable, Options};
use crate::lua::session::Session;
use crate::lua::vm::Role;

/// Starts jobs, and remembers what its script has not asked for yet.
pub struct Executor {
    /// Unique among all processes, with good luck. In a call it begins with the driver's executor, and a dot.
    pub id: String,
    pub config: Config,
    /// What it was made with, for another process.
    options: String,
    compute: OnceCell<Arc<dyn Compute>>,
    next_job: Cell<u32>,
    unread: RefCell<Vec<Rc<JobEntry>>>,
    unwaited: RefCell<Vec<Rc<JobEntry>>>,
    /// Of the last `map`, `call_async` or `map_reduce`.
    latest: RefCell<Vec<Rc<JobEntry>>>,
    /// What was encoded for its next job may store cloud objects; see [`Session`].
    stores_cloud_objects: Rc<Cell<bool>>,
    computes_datasets: Rc<Cell<bool>>,
    /// Whether its jobs may have stored some.
    may_have_cloud_objects: Cell<bool>,
}

/// Options of `FunctionExecutor` that stand for keys of section `lithops`.
const OPTIONS: &[&str] = &["backend", "storage", "monitoring", "log_level", "progress"];
/// Those that stand for keys of the section of the backend in effect.
const BACKEND_OPTIONS: &[&str] = &["runtime", "runtime_memory", "max_workers", "worker_processes", "remote_invoker"];

/// All options of `FunctionExecutor`.
pub(super) fn executor_options() -> Vec<&'static str> {
    [OPTIONS, BACKEND_OPTIONS, &["config", "config_file"]].concat()
}

impl Executor {
    fn new(session: &Session, config: Config, options: String) -> Result<Rc<Self>, Raise> {
        let number = session.next_executor.get();
        session.next_executor.set(number + 1);
        let id = format!("{}-{number}", session.id()?);
        let root = session.root_executor.borrow();
        Ok(Rc::new(Self {
            id: if root.is_empty() { id } else { format!("{root}.{id}") },
            config,
            options,
            compute: OnceCell::new(),
            next_job: Cell::new(0),
            unread: RefCell::default(),
            unwaited: RefCell::default(),
            latest: RefCell::default(),
            stores_cloud_objects: session.stores_cloud_objects.clone(),
            computes_datasets: session.computes_datasets.clone(),
            may_have_cloud_objects: Cell::new(false),
        }))
    }

    /// The executor behind `lithops.map` and its like.
    pub fn default(session: &Session) -> Result<Rc<Self>, Raise> {
        if let Some(executor) = session.default_executor.get() {
            return Ok(executor.clone());
        }
        let executor = Self::new(session, session.config()?.clone(), "{}".into())?;
        Ok(session.default_executor.get_or_init(|| executor).clone())
    }

    fn with_options(session: &Session, options: &Map<String, serde_json::Value>) -> Result<Rc<Self>, Raise> {
        let text = serde_json::Value::Object(options.clone()).to_string();
        let given = |names: &'static [&str]| names.iter().filter_map(|name| Some((name, options.get(*name)?)));
        let general = given(OPTIONS).map(|(name, value)| Override::executor_option(name, "lithops", name, value));
        let of_backend = given(BACKEND_OPTIONS).map(|(name, value)| Override::backend_option(name, name, value));
        let overrides: Vec<Override> = general.chain(of_backend).collect();
        let file = options.get("config_file").and_then(|file| file.as_str()).map(PathBuf::from);
        let table = options.get("config").cloned();
        let is_own = table.is_some() || file.is_some();
        let config = if is_own {
            session.load_own_config(table, file.as_deref(), &overrides)
        } else {
            session.config()?.with_overrides(&overrides)
        };
        let config = config.map_err(|error| Raise::Message(format!("failed to {error}")))?;
        if is_own || options.contains_key("log_level") {
            crate::report::follow_log_settings(&config.lithops);
        }
        Self::new(session, config, text)
    }

    /// What it was made with.
    pub fn options_json(&self) -> &str {
        &self.options
    }

    /// Where its jobs run.
    pub fn compute(&self, session: &Session) -> Result<Arc<dyn Compute>, Raise> {
        if let Some(compute) = self.compute.get() {
            return Ok(compute.clone());
        }
        if session.role == Role::Driver {
            super::storage::clean_at_exit();
        }
        let backend = self.config.lithops.backend.as_str();
        let compute: Arc<dyn Compute> = match session.relay.get() {
            _ if backend == "aws_lambda" => {
                let compute = AwsLambdaCompute::open(&self.config).map_err(|error| Raise::Message(error.message))?;
                if session.role == Role::Driver {
                    static CLEAN: std::sync::Once = std::sync::Once::new();
                    CLEAN.call_once(|| crate::lua::on_exit(crate::compute::aws_lambda::clean_all));
                }
                compute
            }
            Some(relay) => relay.clone(),
            None => {
                let local = LocalCompute::open(self.local_settings()).map_err(|error| Raise::Message(error.message))?;
                local.serve_futures(Arc::new(Directory));
                static END_WORKERS: std::sync::Once = std::sync::Once::new();
                END_WORKERS.call_once(|| crate::lua::on_exit(crate::compute::local::shutdown_all));
                Arc::new(local)
            }
        };
        Ok(self.compute.get_or_init(|| compute).clone())
    }

    fn local_settings(&self) -> Settings {
        let localhost = &self.config.localhost;
        let origin =
            self.config.show().into_iter().find(|setting| setting.section == "localhost" && setting.key == "runtime");
        Settings {
            executable: localhost.runtime.clone(),
            executable_origin: origin
                .map_or_else(String::new, |setting| format!("`localhost.runtime`, {}", setting.source)),
            max_workers: localhost.max_workers,
            invocation_timeout: localhost.runtime_timeout,
            worker_config: WorkerConfig::of(&self.config),
        }
    }

    /// The name of the next job: `kind` is `M`, `A` or `R`.
    pub fn next_job_id(&self, kind: char) -> String {
        let number = self.next_job.get();
        self.next_job.set(number + 1);
        format!("{kind}{number:03}")
    }

    /// Remembers a job for `wait()` and `get_result()` without arguments.
    pub fn add(&self, entry: &Rc<JobEntry>) {
        if self.stores_cloud_objects.take() && !self.may_have_cloud_objects.replace(true) {
            super::storage::expect_cloud_objects(self);
        }
        if self.computes_datasets.take() {
            super::storage::expect_datasets(self);
        }
        self.forget_read();
        self.unread.borrow_mut().push(entry.clone());
        self.unwaited.borrow_mut().push(entry.clone());
        let mut latest = self.latest.borrow_mut();
        if entry.purpose != Purpose::Reduce {
            latest.clear();
        }
        latest.push(entry.clone());
    }

    /// Whether its jobs may have stored cloud objects without a key.
    pub fn may_have_cloud_objects(&self) -> bool {
        self.may_have_cloud_objects.get()
    }

    /// Jobs with results that the script has not got.
    pub fn unread(&self) -> Vec<Rc<JobEntry>> {
        self.forget_read();
        self.unread.borrow().clone()
    }

    /// Jobs that the script has not waited for.
    pub fn unwaited(&self) -> Vec<Rc<JobEntry>> {
        self.unwaited.borrow().clone()
    }

    /// The jobs of the last `map`, `call_async` or `map_reduce`, whether their results were read or not.
    pub fn latest(&self) -> Vec<Rc<JobEntry>> {
        self.latest.borrow().clone()
    }

    /// Forgets jobs whose results the script has.
    pub fn forget_read(&self) {
        self.unread.borrow_mut().retain(|entry| !entry.is_all_read());
        self.unwaited.borrow_mut().retain(|entry| !entry.is_all_read());
    }

    /// Forgets jobs that have been waited for.
    pub fn forget_waited(&self) {
        self.unwaited.borrow_mut().clear();
    }

    /// Drops what is kept for `wait()` and `get_result()` without arguments.
    pub fn clean(&self) {
        self.unread.borrow_mut().clear();
        self.unwaited.borrow_mut().clear();
        self.latest.borrow_mut().clear();
    }
}

/// Where the registry keeps the methods of executors.
pub(super) const METHODS: &str = "lithops.executor";

/// An executor in a script's hands.
pub struct ExecutorHandle(pub Rc<Executor>);

impl ExecutorHandle {
    /// The executor that was made with these options elsewhere.
    pub fn restore(lua: &Lua, options: &str) -> mlua::Result<Self> {
        let options = serde_json::from_str(options).unwrap_or_default();
        let session = Session::of(lua);
        let executor = Executor::with_options(&session, &options);
        executor.map(Self).map_err(|raise| mlua::Error::runtime(format!("{raise:?}")))
    }
}

impl UserData for ExecutorHandle {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        // Bound functions: mlua would turn the errors of its own methods into userdata.
        fields.add_meta_field_with(MetaMethod::Index, |lua| lua.named_registry_value::<Table>(METHODS));
        fields.add_field_method_get("executor_id", |_, this| Ok(this.0.id.clone()));
        fields.add_field_method_get("config", |lua, this| convert::to_lua(lua, &this.0.config.to_json_redacted()));
    }

    fn add_methods<M: mlua::UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(format!("executor {} ({})", this.0.id, this.0.config.lithops.backend))
        });
    }
}

/// Which executor a function belongs to: the first argument of a method, or the default one.
fn executor_of(lua: &Lua, handle: Option<&Value>, name: &str) -> Result<Rc<Executor>, Raise> {
    match handle {
        None => Executor::default(&Session::of(lua)),
        Some(value) => match value.as_userdata().and_then(|userdata| userdata.borrow::<ExecutorHandle>().ok()) {
            Some(handle) => Ok(handle.0.clone()),
            None => {
                Err(Raise::Message(format!("'{name}' is called with a colon, as `executor:{name}(…)`, not with a dot")))
            }
        },
    }
}

/// Binds `function` twice: as `lithops.name(…)`, and as `executor:name(…)`.
fn both<A, R>(
    lua: &Lua,
    lithops: &Table,
    methods: &Table,
    name: &'static str,
    function: fn(&Lua, &Executor, A) -> Result<R, Raise>,
) -> mlua::Result<()>
where
    A: mlua::FromLuaMulti + 'static,
    R: mlua::IntoLuaMulti + 'static,
{
    let plain = bind(lua, &format!("lithops.{name}"), move |lua, args: A| {
        function(lua, &*executor_of(lua, None, name)?, args)
    })?;
    lithops.raw_set(name, plain)?;
    let method = bind(lua, &format!("executor:{name}"), move |lua, args: convert::Method<A>| {
        let executor = executor_of(lua, Some(&args.this), name)?;
        let args = args.rest.map_err(|error| match Raise::from(error) {
            Raise::Argument(position, text) => Raise::Argument(position + 1, text),
            other => other,
        })?;
        function(lua, &executor, args).map_err(|raise| match raise {
            Raise::Argument(position, text) => Raise::Argument(position + 1, text),
            other => other,
        })
    })?;
    methods.raw_set(name, method)
}

pub(super) fn install(lua: &Lua, lithops: &Table, _role: Role) -> mlua::Result<()> {
    errors::install(lua)?;
    super::futures::install(lua)?;
    for name in ["ALL_COMPLETED", "ANY_COMPLETED", "ALWAYS"] {
        lithops.raw_set(name, name)?;
    }
    let methods = lua.create_table()?;
    both(lua, lithops, &methods, "call_async", submit::call_async)?;
    both(lua, lithops, &methods, "map", submit::map)?;
    both(lua, lithops, &methods, "map_reduce", submit::map_reduce)?;
    both(lua, lithops, &methods, "wait", |lua, executor, (futures, options): (Value, OptionTable)| {
        wait::wait(lua, Some(executor), &futures, options.0, "wait")
    })?;
    both(lua, lithops, &methods, "get_result", |lua, executor, (futures, options): (Value, OptionTable)| {
        results::get_result(lua, Some(executor), &futures, options.0, "get_result")
    })?;
    both(lua, lithops, &methods, "job_summary", |lua, executor, futures: Value| {
        super::summary::job_summary(lua, executor, &futures)
    })?;
    both(lua, lithops, &methods, "plot", super::plot::plot)?;
    both(lua, lithops, &methods, "clean", |lua, executor, options: OptionTable| {
        super::clean::clean(lua, executor, options.0)
    })?;

    lua.set_named_registry_value(METHODS, methods)?;

    for (name, backend) in [
        ("FunctionExecutor", None),
        ("LocalhostExecutor", Some("localhost")),
        ("ServerlessExecutor", Some("aws_lambda")),
    ] {
        let make = bind(lua, &format!("lithops.{name}"), move |lua, OptionTable(options): OptionTable| {
            let known = executor_options();
            // A backend without a remote invoker does not look at this one.
            Options::new(options.clone(), &known, name)?.boolean("remote_invoker")?;
            let mut options = match options {
                Some(options) => convert::to_json_object(&options, name)?,
                None => Map::new(),
            };
            if let Some(backend) = backend {
                options.entry("backend").or_insert_with(|| json!(backend));
            }
            let session = Session::of(lua);
            if let Some(table) = options.get_mut("config") {
                // A worker that makes this executor anew has no command line.
                Override::set_in(table, &session.overrides.borrow());
            }
            let executor = Executor::with_options(&session, &options)?;
            lua.create_userdata(ExecutorHandle(executor)).map_err(Raise::from)
        })?;
        lithops.raw_set(name, make)?;
    }
    Ok(())
}
