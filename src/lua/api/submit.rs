//! Starting jobs: `call_async`, `map`, `map_reduce`.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mlua::{Function, Lua, Table, Value};

use super::executor::Executor;
use super::function_name;
use super::futures::{self, Future, JobEntry, Purpose};
use super::iterdata::{Encoding, Feeder, Iterdata, refused};
use crate::codec::EncodeOptions;
use crate::config::IncludeModules;
use crate::job::{CallResult, Directory, Job, JobSpec, LogSink, Source, State};
use crate::lua::bind::Raise;
use crate::lua::options::Options;
use crate::lua::session::Session;
use crate::protocol::RemoteError;

/// A capture above this size is named in a warning, once: it goes to every worker.
const LARGE_CAPTURE_BYTES: usize = 1 << 20;

const CALL_OPTIONS: &[&str] = &[
    "extra_env",
    "runtime_memory",
    "timeout",
    "include_modules",
    "exclude_modules",
    "retries",
    "stream_logs",
    "extra_args",
];
const MAP_OPTIONS: &[&str] = &[
    "extra_env",
    "runtime_memory",
    "timeout",
    "include_modules",
    "exclude_modules",
    "retries",
    "stream_logs",
    "extra_args",
    "chunksize",
    "max_workers",
    "obj_chunk_size",
    "obj_chunk_number",
    "obj_newline",
];
const MAP_REDUCE_OPTIONS: &[&str] = &[
    "extra_env",
    "runtime_memory",
    "timeout",
    "include_modules",
    "exclude_modules",
    "retries",
    "stream_logs",
    "extra_args",
    "chunksize",
    "max_workers",
    "obj_chunk_size",
    "obj_chunk_number",
    "obj_newline",
    "extra_args_reduce",
    "map_runtime_memory",
    "reduce_runtime_memory",
    "obj_reduce_by_key",
    "spawn_reducer",
];
/// Options for stored objects as input, which this version does not read yet.
const OBJECT_OPTIONS: &[&str] = &["obj_chunk_size", "obj_chunk_number", "obj_newline", "obj_reduce_by_key"];

/// What the options of a job say.
struct JobOptions {
    encoding: Encoding,
    env: BTreeMap<String, String>,
    timeout: Option<Duration>,
    retries: u32,
    chunksize: Option<u64>,
    max_workers: Option<usize>,
    memory_bytes: Option<u64>,
    logs: Option<LogSink>,
}

impl JobOptions {
    fn read(executor: &Executor, options: &Options) -> Result<Self, Raise> {
        let config = &executor.config;
        for option in OBJECT_OPTIONS {
            if let Some(value) = options.value(option)?
                && !matches!(value, Value::Boolean(false))
            {
                let why = "left out: stored objects cannot be input in this version";
                return Err(options.refuse(option, why, &value));
            }
        }
        let (mut modules, mut include) = match &config.lithops.include_modules {
            IncludeModules::Found => (true, Vec::new()),
            IncludeModules::Also(names) => (true, names.clone()),
            IncludeModules::None => (false, Vec::new()),
        };
        match options.value("include_modules")? {
            None => {}
            Some(Value::Boolean(false)) => modules = false,
            Some(Value::Table(_)) => {
                modules = true;
                include = options.strings("include_modules")?.unwrap_or_default();
            }
            Some(value) => return Err(options.refuse("include_modules", "a list of module names, or false", &value)),
        }
        let exclude = options.strings("exclude_modules")?.unwrap_or_else(|| config.lithops.exclude_modules.clone());
        let mut env = BTreeMap::new();
        if let Some(table) = options.table("extra_env")? {
            for pair in table.pairs::<Value, Value>() {
                let (Value::String(name), value) = pair? else {
                    return Err(Raise::message("option `extra_env` must be a table of names and values"));
                };
                let text = match &value {
                    Value::String(text) => text.to_string_lossy(),
                    Value::Number(_) | Value::Integer(_) | Value::Boolean(_) => value.to_string()?,
                    other => {
                        let name = name.to_string_lossy();
                        return Err(Raise::Message(format!(
                            "option `extra_env`: `{name}` must be a string, not a {}",
                            other.type_name()
                        )));
                    }
                };
                let name = name.to_string_lossy();
                if name.is_empty() || name.contains(['=', '\0']) || text.contains('\0') {
                    return Err(Raise::Message(format!(
                        "option `extra_env`: `{name}` cannot be an environment variable"
                    )));
                }
                env.insert(name, text);
            }
        }
        let stream_logs = options.boolean("stream_logs")?.unwrap_or(config.lithops.stream_logs);
        Ok(Self {
            encoding: Encoding { modules, include, exclude },
            env,
            timeout: options.seconds("timeout")?.or(Some(config.lithops.execution_timeout)),
            retries: options
                .count("retries")?
                .map_or(config.lithops.retries, |retries| retries.min(u64::from(u32::MAX)) as u32),
            chunksize: options.positive("chunksize")?,
            max_workers: options.positive("max_workers")?.map(|workers| workers as usize),
            memory_bytes: memory_bytes(executor, options, "runtime_memory")?,
            logs: stream_logs.then(|| -> LogSink { Arc::new(crate::report::print_log) }),
        })
    }
}

/// The memory for each worker as an option says, or as the backend has it by default.
fn memory_bytes(executor: &Executor, options: &Options, option: &str) -> Result<Option<u64>, Raise> {
    let asked = options.positive(option)?;
    let memory_mb = executor.config.runtime_memory_mb(asked);
    let memory_mb = memory_mb.map_err(|why| Raise::Message(format!("option `{option}` {why}")))?;
    Ok(memory_mb.map(|mb| mb << 20))
}

/// A job about to be started.
struct Draft<'a> {
    executor: &'a Executor,
    function: &'a Function,
    extra_args: Option<Table>,
    options: JobOptions,
}

impl Draft<'_> {
    fn start(self, lua: &Lua, kind: char, purpose: Purpose, iterdata: Iterdata) -> Result<Rc<JobEntry>, Raise> {
        let session = Session::of(lua);
        let compute = self.executor.compute(&session)?;
        let name = function_name::of(lua, self.function);
        let encode_options =
            EncodeOptions { warn_bytes: Some(LARGE_CAPTURE_BYTES), ..self.options.encoding.options(&name) };
        let encoded =
            session.codec().encode(lua, &[Value::Function(self.function.clone())], &encode_options).map_err(refused)?;
        if let Some(large) = &encoded.largest
            && session.large_captures.borrow_mut().insert(large.path.clone())
        {
            let mb = large.bytes as f64 / 1e6;
            tracing::warn!(
                "{} takes {mb:.1} MB, and goes to every worker; pass it through storage if it need not",
                large.path
            );
        }
        let extra_args = match &self.extra_args {
            None => None,
            Some(table) => {
                let count = table.raw_get::<Option<usize>>("n")?.unwrap_or_else(|| table.raw_len());
                let values: Vec<Value> = (1..=count).map(|index| table.raw_get(index)).collect::<mlua::Result<_>>()?;
                let options = EncodeOptions { include_modules: &[], ..self.options.encoding.options("extra_args") };
                Some(session.codec().encode(lua, &values, &options).map_err(refused)?.bytes.into())
            }
        };
        let options = self.options;
        let spec = JobSpec {
            executor_id: self.executor.id.clone(),
            job_id: self.executor.next_job_id(kind),
            depth: session.depth.get(),
            function: encoded.bytes.into(),
            extra_args,
            source: iterdata.source,
            env: options.env,
            timeout: options.timeout,
            retries: options.retries,
            platform_retries: self.executor.config.lithops.platform_retries,
            chunksize: options.chunksize,
            max_workers: options.max_workers,
            memory_bytes: options.memory_bytes,
            logs: options.logs,
        };
        tracing::info!(
            job = spec.job_id,
            executor = spec.executor_id,
            function = name,
            bytes = spec.function.len(),
            "job started"
        );
        let job = Job::start(spec, compute, &iterdata.depends);
        Directory::add(&job);
        let entry = JobEntry::new(job, purpose, iterdata.feeder, self.executor.config.lithops.progress);
        Iterdata::follow_remote(&session, &entry, iterdata.remote);
        session.add_running(entry.clone());
        self.executor.add(&entry);
        // The first elements, so that workers start before anybody waits.
        while Feeder::feed(lua, &session, &entry)? && entry.job.wanted_elements() > 0 {}
        Ok(entry)
    }
}

fn function_first(name: &str, function: &Value, data: &Value) -> Result<Function, Raise> {
    match function {
        Value::Function(function) => Ok(function.clone()),
        other if matches!(data, Value::Function(_)) => Err(Raise::argument(
            1,
            format!("function expected, got {}; the function comes first: `{name}(fn, data)`", other.type_name()),
        )),
        other => Err(Raise::argument(1, format!("function expected, got {}", other.type_name()))),
    }
}

/// `call_async(fn, data, opts)`.
pub fn call_async(
    lua: &Lua,
    executor: &Executor,
    (function, data, options): (Value, Value, Option<Table>),
) -> Result<Future, Raise> {
    let function = function_first("call_async", &function, &data)?;
    let options = Options::new(options, CALL_OPTIONS, "call_async")?;
    let extra_args = options.table("extra_args")?;
    let options = JobOptions::read(executor, &options)?;
    let iterdata = match futures::as_future(&data) {
        // A future as the argument: the call starts when it is there.
        Some(_) => {
            let list = lua.create_sequence_from([data])?;
            Iterdata::read(lua, &Session::of(lua), &Value::Table(list), &options.encoding)?
        }
        None => {
            // Through a table that can hold nil.
            let list = lua.create_table()?;
            list.raw_set(1, data)?;
            Iterdata::single(lua, &Session::of(lua), &list, &options.encoding)?
        }
    };
    let draft = Draft { executor, function: &function, extra_args, options };
    let entry = draft.start(lua, 'A', Purpose::Single, iterdata)?;
    Ok(Future::Own { entry, call: 0 })
}

/// `map(fn, iterdata, opts)`.
pub fn map(
    lua: &Lua,
    executor: &Executor,
    (function, data, options): (Value, Value, Option<Table>),
) -> Result<Table, Raise> {
    let function = function_first("map", &function, &data)?;
    let options = Options::new(options, MAP_OPTIONS, "map")?;
    let extra_args = options.table("extra_args")?;
    let options = JobOptions::read(executor, &options)?;
    let iterdata = Iterdata::read(lua, &Session::of(lua), &data, &options.encoding)?;
    let lazy = iterdata.lazy;
    let draft = Draft { executor, function: &function, extra_args, options };
    let entry = draft.start(lua, 'M', Purpose::Map, iterdata)?;
    Ok(futures::list(lua, &entry, lazy)?)
}

/// `map_reduce(map_fn, iterdata, reduce_fn, opts)`.
pub fn map_reduce(
    lua: &Lua,
    executor: &Executor,
    (function, data, reduce, options): (Value, Value, Value, Option<Table>),
) -> Result<Table, Raise> {
    let function = function_first("map_reduce", &function, &data)?;
    let Value::Function(reduce) = reduce else {
        return Err(Raise::argument(3, format!("function expected, got {}", reduce.type_name())));
    };
    let options = Options::new(options, MAP_REDUCE_OPTIONS, "map_reduce")?;
    if let Some(value) = options.value("spawn_reducer")?
        && !value
            .as_number()
            .or_else(|| value.as_integer().map(|i| i as f64))
            .is_some_and(|p| (0.0..=100.0).contains(&p))
    {
        return Err(options.refuse("spawn_reducer", "a percentage, 0 to 100", &value));
    }
    let extra_args = options.table("extra_args")?;
    let extra_args_reduce = options.table("extra_args_reduce")?;
    let mut map_options = JobOptions::read(executor, &options)?;
    let mut reduce_options = JobOptions::read(executor, &options)?;
    for (option, of) in [("map_runtime_memory", &mut map_options), ("reduce_runtime_memory", &mut reduce_options)] {
        if options.value(option)?.is_some() {
            of.memory_bytes = memory_bytes(executor, &options, option)?;
        }
    }
    reduce_options.chunksize = None;
    let iterdata = Iterdata::read(lua, &Session::of(lua), &data, &map_options.encoding)?;
    let is_stream = iterdata.feeder.is_some();
    let draft = Draft { executor, function: &function, extra_args, options: map_options };
    let maps = draft.start(lua, 'M', Purpose::MapOfReduce, iterdata)?;
    if is_stream {
        // The list of futures ends with the reducer's, so all maps must be known.
        let session = Session::of(lua);
        while maps.feeder.borrow().is_some() {
            if !Feeder::feed(lua, &session, &maps)? {
                let seen = crate::job::generation();
                if maps.job.wanted_elements() == 0 {
                    crate::job::wait(seen, std::time::Instant::now() + Duration::from_millis(100));
                }
            }
        }
    }
    let draft = Draft { executor, function: &reduce, extra_args: extra_args_reduce, options: reduce_options };
    let reducer = draft.start(lua, 'R', Purpose::Reduce, Iterdata::gathered())?;
    let (from, to) = (maps.job.clone(), reducer.job.clone());
    crate::io::handle().spawn(async move { gather(&from, &to).await });
    let total = maps.job.progress().total.unwrap_or(0);
    let list = (0..total)
        .map(|call| Future::Own { entry: maps.clone(), call })
        .chain([Future::Own { entry: reducer.clone(), call: 0 }]);
    Ok(futures::list_of(lua, list)?)
}

/// Hands the results of all maps to the reducer once they are there.
async fn gather(maps: &Arc<Job>, reducer: &Arc<Job>) {
    maps.ended().await;
    let total = maps.progress().total.unwrap_or(0);
    let (mut data, mut ends) = (Vec::new(), Vec::new());
    let mut call = 0;
    while call < total {
        call = maps.copy_messages(call, total, &mut data, &mut ends);
        if call == total {
            break;
        }
        match maps.result(call) {
            Some(CallResult::Object { key, .. }) => match maps.compute().scratch().get(&key).await {
                Ok(message) => {
                    data.extend_from_slice(&message);
                    ends.push(data.len());
                }
                Err(error) => {
                    let error = RemoteError::new(crate::protocol::kind::STORAGE, error.to_string());
                    return reducer.fail_call(0, error);
                }
            },
            Some(CallResult::Error(error)) => {
                debug_assert!(maps.call_state(call) != State::Done);
                let message = format!("map call {} failed: {}", futures::call_id(call), error.message);
                return reducer.fail_call(0, RemoteError { message, ..error.as_ref().clone() });
            }
            _ => {}
        }
        call += 1;
    }
    reducer.gather(Bytes::from(data), ends.into_iter().map(|end| end as u64).collect());
}

impl Iterdata {
    fn gathered() -> Self {
        Self { source: Source::results(1), feeder: None, depends: Vec::new(), remote: Vec::new(), lazy: false }
    }
}
