//! Starting jobs: `call_async`, `map`, `map_reduce`.

use std::rc::Rc;
use std::sync::Arc;

use mlua::{FromLua, Function, Lua, Table, Value};

use super::executor::Executor;
use super::function_name;
use super::futures::{self, Future, JobEntry, Purpose};
use super::iterdata::{Encoding, Feeder, Iterdata, refused};
use super::job_options::{CALL_OPTIONS, JobOptions, MAP_OPTIONS, MAP_REDUCE_OPTIONS, memory_bytes};
use super::kinds::describe;
use super::objects::{self, Input, ObjectOptions};
use super::wait;
use crate::codec::EncodeOptions;
use crate::config::Config;
use crate::job::{Directory, Job, JobSpec, Spawning, gather};
use crate::lua::bind::Raise;
use crate::lua::hints;
use crate::lua::options::{OptionTable, Options};
use crate::lua::session::Session;
use crate::lua::vm::Role;
use crate::report::records::{self, Place};
use crate::storage::Selector;

/// A capture above this size is named in a warning, once: it goes to every worker.
const LARGE_CAPTURE_BYTES: usize = 1 << 20;

/// Results of maps that are larger go to their reducer through the scratch store: an object costs less time there than as many bytes
/// twice through the driver.
const MAP_RESULT_BYTES: usize = 64 << 10;
/// The percentage of the maps that have ended before a reducer starts, as Lithops has it.
const SPAWN_REDUCER: f64 = 20.0;

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
        let variable = function_name::variable(lua, self.function);
        let name = function_name::in_words(variable.as_deref());
        hints::note_sent(lua, self.function)?;
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
            function_name: variable.unwrap_or_default(),
            function_source: function_name::source(self.function),
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
            // What goes to a reducer need not come through this process.
            inline_result_bytes: (purpose == Purpose::MapOfReduce).then_some(MAP_RESULT_BYTES),
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
        if session.role == Role::Driver && self.executor.config.lithops.job_records {
            record(lua, &job, &self.executor.config);
        }
        let entry = JobEntry::new(job, purpose, iterdata.feeder, self.executor.config.lithops.progress);
        if let Some(plan) = iterdata.objects {
            // What a reducer's list of futures needs is complete soon; it is small beside that list.
            let found = plan.start(&entry.job, purpose == Purpose::Map);
            let _ = entry.found_objects.set(found);
        }
        Iterdata::follow_remote(&session, &entry, iterdata.remote);
        session.add_running(entry.clone());
        if let Some(started) = &mut *session.started.borrow_mut() {
            started.push((entry.clone(), name));
        }
        self.executor.add(&entry);
        // The first elements, so that workers start before anybody waits. No more, however soon they are done: the script goes on.
        let enough = entry.job.wanted_elements() as u64;
        while Feeder::feed(lua, &session, &entry)? && entry.job.found() < enough {}
        Ok(entry)
    }
}

/// Writes down a job of a driver, so that `lithops-lua job` knows of it.
fn record(lua: &Lua, job: &Arc<Job>, config: &Config) {
    let lithops = &config.lithops;
    let place = Place { backend: lithops.backend.clone(), storage: lithops.storage.clone() };
    records::add(job, place, || {
        crate::lua::on_exit(records::finish);
        let arg = lua.globals().raw_get::<Option<Table>>("arg").ok().flatten();
        let name = arg.and_then(|arg| arg.raw_get::<Option<mlua::LuaString>>(0).ok().flatten());
        name.map_or_else(String::new, |name| name.to_string_lossy())
    });
}

fn function_first(lua: &Lua, name: &str, function: &Value, data: &Value) -> Result<Function, Raise> {
    if let Value::Function(function) = function {
        return Ok(function.clone());
    }
    let order = match data {
        Value::Function(_) => format!("; the function comes first: `{name}(fn, data)`"),
        _ => String::new(),
    };
    Err(Raise::argument(1, format!("function expected, got {}{order}", describe(lua, function))))
}

/// `map(fn, pairs(t))` passes what a loop takes: a function that all tables share, and then the table.
fn refuse_loop(lua: &Lua, data: &Value) -> Result<(), Raise> {
    let Value::Function(function) = data else { return Ok(()) };
    let globals = lua.globals();
    let is_pairs = globals.raw_get::<Value>("next")? == *data;
    let is_ipairs = || -> mlua::Result<bool> {
        let ipairs: Function = globals.raw_get("ipairs")?;
        Ok(ipairs.call::<Value>(lua.create_table()?)? == *data)
    };
    let why = if is_pairs {
        "list expected, got `pairs(t)`, which is for loops; make a list of the values, or of `lithops.args(key, value)`"
    } else if function.info().what == "C" && is_ipairs().unwrap_or(false) {
        "list expected, got `ipairs(list)`, which is for loops; pass the list itself"
    } else {
        return Ok(());
    };
    Err(Raise::argument(2, why))
}

/// The options, which are the argument at `position`.
fn options_at(lua: &Lua, options: Value, position: usize) -> Result<OptionTable, Raise> {
    let why = "options are a table, `{ name = value }`, and further arguments go into its `extra_args`";
    OptionTable::from_lua(options.clone(), lua)
        .map_err(|_| Raise::argument(position, format!("{why}, got {}", describe(lua, &options))))
}

/// `call_async(fn, data, opts)`.
pub fn call_async(
    lua: &Lua,
    executor: &Executor,
    (function, data, options): (Value, Value, Value),
) -> Result<Future, Raise> {
    let function = function_first(lua, "call_async", &function, &data)?;
    let OptionTable(options) = options_at(lua, options, 3)?;
    let options = Options::new(options, CALL_OPTIONS, "call_async")?;
    let extra_args = options.list("extra_args")?;
    let options = JobOptions::read(executor, &options)?;
    let data = match single_object(lua, executor, &function, data, &options.encoding)? {
        Input::Values(data) => data,
        Input::Objects(plan) => {
            let draft = Draft { executor, function: &function, extra_args, options };
            let entry = draft.start(lua, 'A', Purpose::Single, Iterdata::of_objects(*plan))?;
            futures::known_calls(lua, &entry, 1);
            return Ok(Future::Own { entry, call: 0 });
        }
    };
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

/// The argument of a single call: an object, if the function's parameter is called `obj` and the argument is the address of one.
fn single_object(
    lua: &Lua,
    executor: &Executor,
    function: &Function,
    data: Value,
    encoding: &Encoding,
) -> Result<Input, Raise> {
    if matches!(data, Value::Table(_) | Value::Function(_)) {
        return Ok(Input::Values(data));
    }
    let input = objects::read(lua, function, data, ObjectOptions::default(), encoding, &executor.config)?;
    if let Input::Objects(plan) = &input
        && let Some(many) = plan.inputs.iter().find(|input| !matches!(input.address.selector, Selector::Key(_)))
    {
        let why = format!("address of one object expected, and {} may be several: use `map`", many.address);
        return Err(Raise::argument(2, why));
    }
    Ok(input)
}

/// `map(fn, iterdata, opts)`.
pub fn map(lua: &Lua, executor: &Executor, (function, data, options): (Value, Value, Value)) -> Result<Table, Raise> {
    let function = function_first(lua, "map", &function, &data)?;
    refuse_loop(lua, &data)?;
    let OptionTable(options) = options_at(lua, options, 3)?;
    let options = Options::new(options, MAP_OPTIONS, "map")?;
    let extra_args = options.list("extra_args")?;
    let given = options;
    let options = JobOptions::read(executor, &given)?;
    let iterdata = read_input(lua, executor, &function, data, (&given, &options.encoding))?;
    let lazy = iterdata.lazy;
    let draft = Draft { executor, function: &function, extra_args, options };
    let entry = draft.start(lua, 'M', Purpose::Map, iterdata)?;
    Ok(futures::list(lua, &entry, lazy)?)
}

/// `map_reduce(map_fn, iterdata, reduce_fn, opts)`.
pub fn map_reduce(
    lua: &Lua,
    executor: &Executor,
    (function, data, reduce, options): (Value, Value, Value, Value),
) -> Result<Table, Raise> {
    let function = function_first(lua, "map_reduce", &function, &data)?;
    refuse_loop(lua, &data)?;
    let Value::Function(reduce) = reduce else {
        let order = match data {
            Value::Function(_) => "; the function that reduces comes last: `map_reduce(map_fn, data, reduce_fn)`",
            _ => "",
        };
        return Err(Raise::argument(3, format!("function expected, got {}{order}", describe(lua, &reduce))));
    };
    let OptionTable(options) = options_at(lua, options, 4)?;
    let options = Options::new(options, MAP_REDUCE_OPTIONS, "map_reduce")?;
    let spawning = read_spawning(&options)?;
    let by_key = options.boolean("obj_reduce_by_key")?.unwrap_or(false);
    let extra_args = options.list("extra_args")?;
    let extra_args_reduce = options.list("extra_args_reduce")?;
    let mut map_options = JobOptions::read(executor, &options)?;
    let mut reduce_options = JobOptions::read(executor, &options)?;
    for (option, of) in [("map_runtime_memory", &mut map_options), ("reduce_runtime_memory", &mut reduce_options)] {
        if options.value(option)?.is_some() {
            of.memory_bytes = memory_bytes(executor, &options, option)?;
        }
    }
    reduce_options.chunksize = None;
    let iterdata = read_input(lua, executor, &function, data, (&options, &map_options.encoding))?;
    if by_key && iterdata.objects.is_none() {
        let why = "option `obj_reduce_by_key` is for stored objects as input, and these elements are none";
        return Err(Raise::message(why));
    }
    let draft = Draft { executor, function: &function, extra_args, options: map_options };
    let maps = draft.start(lua, 'M', Purpose::MapOfReduce, iterdata)?;
    // The list of futures ends with the reducer's, so all maps must be known.
    wait::until_all_is_known(lua, &maps)?;
    let total = maps.job.progress().total.unwrap_or(0);
    let groups = match maps.found_objects.get().filter(|_| by_key) {
        None => std::iter::once(0..total).collect(),
        Some(found) => {
            let mut from = 0;
            // A job that failed as a whole may have ended before all that was found was handed in.
            let group = |end: u64| std::mem::replace(&mut from, end.min(total))..end.min(total);
            found.ends().into_iter().map(group).collect::<Vec<_>>()
        }
    };
    let draft = Draft { executor, function: &reduce, extra_args: extra_args_reduce, options: reduce_options };
    let reducer = draft.start(lua, 'R', Purpose::Reduce, Iterdata::gathered(groups.len() as u64))?;
    let reducers = groups.len() as u64;
    gather(&maps.job, &reducer.job, groups, spawning);
    let map_futures = (0..total).map(|call| Future::Own { entry: maps.clone(), call });
    let reduce_futures = (0..reducers).map(|call| Future::Own { entry: reducer.clone(), call });
    Ok(futures::list_of(lua, map_futures.chain(reduce_futures))?)
}

/// When reducers start, as the options say.
fn read_spawning(options: &Options) -> Result<Spawning, Raise> {
    let Some(value) = options.value("spawn_reducer")? else {
        return Ok(Spawning { percent: SPAWN_REDUCER, is_wish: false });
    };
    let percent = value.as_number().or_else(|| value.as_integer().map(|integer| integer as f64));
    match percent.filter(|percent| (0.0..=100.0).contains(percent)) {
        Some(percent) => Ok(Spawning { percent, is_wish: true }),
        None => Err(options.refuse("spawn_reducer", "a percentage, 0 to 100", &value)),
    }
}

/// What a job walks over: values, or stored objects.
fn read_input(
    lua: &Lua,
    executor: &Executor,
    function: &Function,
    data: Value,
    (options, encoding): (&Options, &Encoding),
) -> Result<Iterdata, Raise> {
    let of_objects = ObjectOptions::of(options)?;
    let data = match objects::read(lua, function, data, of_objects, encoding, &executor.config)? {
        Input::Objects(plan) => return Ok(Iterdata::of_objects(*plan)),
        Input::Values(data) => data,
    };
    if of_objects.are_set() {
        let why = "options `obj_…` are for stored objects as input: name the function's first parameter `obj` and pass \
                   addresses, or pass `lithops.objects(addresses)`";
        return Err(Raise::message(why));
    }
    Iterdata::read(lua, &Session::of(lua), &data, encoding)
}
