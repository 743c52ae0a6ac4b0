//! `get_result` and `future:result`: what the calls gave.

use mlua::{Function, Lua, MultiValue, Table, Value};

use super::errors;
use super::executor::Executor;
use super::futures::{Future, Purpose, as_future, lazy_calls};
use super::remote::RemoteFuture;
use super::selection::{Part, Run, Selection, no_future};
use super::wait::{Until, block, deadline, failure};
use crate::codec::{DecodeOptions, Globals};
use crate::compute::local::{FutureAddress, FutureAnswer};
use crate::job::CallResult;
use crate::lua::bind::Raise;
use crate::lua::hints;
use crate::lua::options::Options;
use crate::lua::session::{Session, trusted};
use crate::lua::{LuaFailure, call_with_traceback};
use crate::protocol::{RemoteError, kind};

pub(super) const RESULT_OPTIONS: &[&str] = &["timeout", "throw_except"];

/// Results are decoded so many at a time: copies of their messages are small.
const DECODE_BATCH: u64 = 4096;

fn decode_options() -> DecodeOptions {
    DecodeOptions { trust: trusted(), globals: Globals::IfAbsent }
}

/// `get_result(fs, opts)`: what the calls gave.
pub fn get_result(
    lua: &Lua,
    executor: Option<&Executor>,
    value: &Value,
    options: Option<Table>,
    function: &'static str,
) -> Result<Value, Raise> {
    let options = Options::new(options, RESULT_OPTIONS, "get_result")?;
    let throw = options.boolean("throw_except")?.unwrap_or(true);
    let timeout = options.seconds("timeout")?;
    let selection = Selection::of(lua, executor, value, function)?;
    block(lua, &selection, Until::All, throw, deadline(timeout))?;
    if throw && let Some(raise) = failure(lua, &selection)? {
        if value.is_nil()
            && let Some(executor) = executor
        {
            selection.forget_failed();
            executor.forget_read();
        }
        return Err(raise);
    }
    let (ended, _, total) = selection.counts();
    if total != Some(ended) {
        let of = total.map_or_else(String::new, |total| format!(" of {total}"));
        let seconds = timeout.unwrap_or_default().as_secs_f64();
        let message = format!("get_result: {ended}{of} calls had ended after {seconds} s; they go on");
        return Err(errors::raise(lua, kind::TIMEOUT, &message));
    }
    let skip_read = value.is_nil();
    let results = lua.create_table_with_capacity(total.unwrap_or(0) as usize, 1)?;
    let mut count = 0;
    let has_reducer = selection.runs.iter().any(|run| run.entry.purpose == Purpose::Reduce);
    let mut reducers = 0;
    for part in selection.parts() {
        let run = match part {
            Part::Run(run) => run,
            Part::Remote(future) => {
                count += 1;
                results.raw_set(count, first(answer(lua, future, throw)?))?;
                continue;
            }
        };
        if run.entry.purpose == Purpose::MapOfReduce && (has_reducer || skip_read) {
            run.entry.mark_read(run.from, run.to());
            continue;
        }
        reducers += u64::from(run.entry.purpose == Purpose::Reduce);
        count = collect(lua, run, &results, count, Collect { skip_read, throw })?;
        run.entry.mark_read(run.from, run.to());
    }
    if let Some(executor) = executor {
        executor.forget_read();
    }
    if selection.is_single || (reducers == 1 && count == 1) {
        return Ok(results.raw_get(1)?);
    }
    results.raw_set("n", count)?;
    hints::note_results(lua, &results)?;
    Ok(Value::Table(results))
}

/// Which results of a run are wanted, and what becomes of those that are errors.
#[derive(Clone, Copy)]
struct Collect {
    /// Leaves out what was given to the script before.
    skip_read: bool,
    /// Raises errors, in place of giving them.
    throw: bool,
}

/// Puts the results of a run behind the first `count` entries of `results`; gives how many there are then.
fn collect(lua: &Lua, run: &Run, results: &Table, count: u64, options: Collect) -> Result<u64, Raise> {
    let Collect { skip_read, throw } = options;
    let session = Session::of(lua);
    let (mut call, to, mut count) = (run.from, run.to(), count);
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    while call < to {
        if skip_read && run.entry.is_read(call) {
            call += 1;
            continue;
        }
        let mut stop = to.min(call + DECODE_BATCH);
        if skip_read && let Some(read) = (call..stop).find(|call| run.entry.is_read(*call)) {
            stop = read;
        }
        bytes.clear();
        ends.clear();
        let reached = run.entry.job.copy_messages(call, stop, &mut bytes, &mut ends);
        let mut from = 0;
        let messages = ends.iter().map(|end| {
            let message = &bytes[from..*end];
            from = *end;
            message
        });
        session
            .codec()
            .decode_list(lua, messages, results, count as i64 + 1, decode_options())
            .map_err(|error| Raise::Message(error.to_string()))?;
        count += reached - call;
        call = reached;
        if call < stop {
            count += 1;
            results.raw_set(count, first(outcome(lua, run, call, throw)?))?;
            call += 1;
        }
    }
    Ok(count)
}

/// All values of a call that has ended, or its error object, which `throw` raises.
fn outcome(lua: &Lua, run: &Run, call: u64, throw: bool) -> Result<MultiValue, Raise> {
    match run.entry.job.result(call) {
        Some(CallResult::Message(message)) => decode(lua, &message),
        Some(CallResult::Object { key, sha256 }) => {
            let scratch = run.entry.job.compute().scratch();
            let message = crate::io::block_on(scratch.get(&key))?
                .map_err(|error| errors::raise(lua, kind::STORAGE, &format!("cannot read a result: {error}")))?;
            if crate::protocol::sha256_hex(&message) != sha256 {
                return Err(errors::raise(lua, kind::STORAGE, &format!("the result in {key} was changed")));
            }
            decode(lua, &message)
        }
        Some(CallResult::Error(error)) => {
            let address = Future::Own { entry: run.entry.clone(), call }.address();
            failed(lua, &error, &address, throw)
        }
        None => Ok(MultiValue::new()),
    }
}

/// The same of a future of the driver.
fn answer(lua: &Lua, future: &RemoteFuture, throw: bool) -> Result<MultiValue, Raise> {
    match future.answer() {
        Some(FutureAnswer::Value(message)) => decode(lua, message),
        Some(FutureAnswer::Failed(error)) => failed(lua, error, &future.address, throw),
        None => Ok(MultiValue::new()),
    }
}

fn failed(lua: &Lua, error: &RemoteError, address: &FutureAddress, throw: bool) -> Result<MultiValue, Raise> {
    let object = errors::object(lua, error, address)?;
    if throw { Err(Raise::Value(object)) } else { Ok(MultiValue::from_iter([object])) }
}

fn decode(lua: &Lua, message: &[u8]) -> Result<MultiValue, Raise> {
    Session::of(lua)
        .codec()
        .decode(lua, message, decode_options())
        .map_err(|error| Raise::Message(format!("cannot read a result: {error}")))
}

fn first(values: MultiValue) -> Value {
    values.into_iter().next().unwrap_or(Value::Nil)
}

/// `future:result(opts)`: all that its function returned.
pub fn result(lua: &Lua, value: &Value, options: Option<Table>) -> Result<MultiValue, Raise> {
    let options = Options::new(options, RESULT_OPTIONS, "result")?;
    let throw = options.boolean("throw_except")?.unwrap_or(true);
    let timeout = options.seconds("timeout")?;
    if as_future(value).is_none() {
        return Err(no_future(lua, value, "result"));
    }
    let selection = Selection::of(lua, None, value, "result")?;
    block(lua, &selection, Until::All, false, deadline(timeout))?;
    if throw && let Some(raise) = failure(lua, &selection)? {
        return Err(raise);
    }
    if selection.counts().0 == 0 {
        let seconds = timeout.unwrap_or_default().as_secs_f64();
        let message = format!("result: the call had not ended after {seconds} s; it goes on");
        return Err(errors::raise(lua, kind::TIMEOUT, &message));
    }
    match selection.parts().next() {
        Some(Part::Run(run)) => {
            run.entry.mark_read(run.from, run.to());
            outcome(lua, run, run.from, throw)
        }
        Some(Part::Remote(future)) => answer(lua, future, throw),
        None => Ok(MultiValue::new()),
    }
}

/// What a function returned, with the results of the futures in place of them: those of its nested jobs are its result.
pub fn resolve_returned(lua: &Lua, mut values: MultiValue) -> Result<MultiValue, LuaFailure> {
    let is_futures = match values.front() {
        Some(value @ Value::UserData(_)) => as_future(value).is_some(),
        Some(Value::Table(table)) => {
            lazy_calls(table).is_some() || table.raw_get::<Value>(1).is_ok_and(|first| as_future(&first).is_some())
        }
        _ => false,
    };
    if !is_futures {
        return Ok(values);
    }
    let futures = values.pop_front().unwrap_or(Value::Nil);
    let lithops: Table = lua.globals().raw_get("lithops").map_err(LuaFailure::from)?;
    let get_result: Function = lithops.raw_get("get_result").map_err(LuaFailure::from)?;
    let mut resolved = call_with_traceback(lua, &get_result, futures)?;
    resolved.extend(values);
    // They may be futures themselves.
    resolve_returned(lua, resolved)
}
