//! `wait` and `get_result`: waiting for calls, and what they gave.

use std::rc::Rc;
use std::time::{Duration, Instant};

use mlua::{Function, Lua, MultiValue, Table, Value};

use super::errors;
use super::executor::Executor;
use super::futures::{self, Future, JobEntry, Purpose, as_future, lazy_calls};
use super::iterdata::Feeder;
use crate::codec::{DecodeOptions, Globals};
use crate::compute::local::FutureAnswer;
use crate::job::{self, CallResult, State};
use crate::lua::bind::Raise;
use crate::lua::options::Options;
use crate::lua::session::{Session, trusted};
use crate::lua::{LuaFailure, call_with_traceback};
use crate::protocol::{RemoteError, kind};

/// Between two looks at the clock and the progress bar.
const TICK: Duration = Duration::from_millis(100);
/// Results are decoded so many at a time: copies of their messages are small.
const DECODE_BATCH: u64 = 4096;

const RESULT_OPTIONS: DecodeOptions =
    DecodeOptions { trust: crate::codec::Trust::Untrusted, globals: Globals::IfAbsent };

fn decode_options() -> DecodeOptions {
    DecodeOptions { trust: trusted(), ..RESULT_OPTIONS }
}

/// Calls of one job with consecutive numbers.
#[derive(Clone)]
pub struct Run {
    pub entry: Rc<JobEntry>,
    pub from: u64,
    /// `None`: to the end, wherever that will be.
    to: Option<u64>,
}

impl Run {
    fn whole(entry: Rc<JobEntry>) -> Self {
        Self { entry, from: 0, to: None }
    }

    /// The call after the last one, as far as it is known.
    pub fn to(&self) -> u64 {
        self.to
            .or_else(|| self.entry.job.progress().total)
            .unwrap_or_else(|| self.entry.feeder.borrow().as_ref().map_or(0, Feeder::fed))
    }

    /// Ended and failed calls, and all of them if that is known.
    fn counts(&self) -> (u64, u64, Option<u64>) {
        let progress = self.entry.job.progress();
        match self.to {
            Some(to) if self.from != 0 || progress.total != Some(to) => {
                let (mut ended, mut failed) = (0, 0);
                for call in self.from..to {
                    let state = self.entry.job.call_state(call);
                    ended += u64::from(state.is_final());
                    failed += u64::from(state.is_final() && state != State::Done);
                }
                (ended, failed, Some(to - self.from))
            }
            _ => (progress.ended, progress.failed, progress.total),
        }
    }
}

/// What is waited for.
pub struct Selection {
    runs: Vec<Run>,
    /// Futures of the driver, in a worker.
    remote: Vec<Future>,
    /// Whether one future was named, not a list.
    is_single: bool,
}

impl Selection {
    /// What `value` names: a future, a list of futures, or nil: what `executor` has not been asked for yet.
    pub fn of(lua: &Lua, executor: Option<&Executor>, value: &Value, function: &str) -> Result<Self, Raise> {
        let _ = lua;
        let mut selection = Self { runs: Vec::new(), remote: Vec::new(), is_single: false };
        match value {
            Value::Nil if let Some(executor) = executor => {
                let entries = if function == "get_result" { executor.unread() } else { executor.unwaited() };
                selection.is_single = matches!(&*entries, [only] if only.purpose == Purpose::Single);
                selection.runs = entries.into_iter().map(Run::whole).collect();
            }
            Value::UserData(_) => match as_future(value) {
                Some(future) => {
                    selection.is_single = true;
                    selection.add(future);
                }
                None => return Err(Self::refuse(value)),
            },
            Value::Table(table) => match lazy_calls(table) {
                Some(entry) => selection.runs.push(Run::whole(entry)),
                None => {
                    for index in 1..=table.raw_len() {
                        let value: Value = table.raw_get(index)?;
                        let Some(future) = as_future(&value) else {
                            return Err(Raise::argument(
                                1,
                                format!("list of futures expected; element {index} is a {}", value.type_name()),
                            ));
                        };
                        selection.add(future);
                    }
                }
            },
            other => return Err(Self::refuse(other)),
        }
        Ok(selection)
    }

    fn refuse(value: &Value) -> Raise {
        let hint = match value {
            Value::Function(_) => " (the function itself; `lithops.map(fn, data)` gives the futures)",
            _ => "",
        };
        Raise::argument(1, format!("future or list of futures expected, got {}{hint}", value.type_name()))
    }

    fn add(&mut self, future: Future) {
        match future {
            Future::Own { entry, call } => match self.runs.last_mut() {
                Some(run) if Rc::ptr_eq(&run.entry, &entry) && run.to == Some(call) => run.to = Some(call + 1),
                _ => self.runs.push(Run { entry, from: call, to: Some(call + 1) }),
            },
            remote => self.remote.push(remote),
        }
    }

    /// The calls, job by job.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    fn counts(&self) -> (u64, u64, Option<u64>) {
        self.runs.iter().fold((0, 0, Some(0)), |(ended, failed, total), run| {
            let (e, f, t) = run.counts();
            (ended + e, failed + f, total.zip(t).map(|(a, b)| a + b))
        })
    }

    /// The first call that failed, and how.
    fn first_failure(&self) -> Option<(&Run, u64, RemoteError)> {
        for run in &self.runs {
            if run.counts().1 == 0 {
                continue;
            }
            for call in run.from..run.to() {
                if let Some(CallResult::Error(error)) = run.entry.job.result(call) {
                    return Some((run, call, error.as_ref().clone()));
                }
            }
        }
        None
    }
}

/// When waiting ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Until {
    All,
    Any,
    Now,
    Percent(f64),
}

impl Until {
    fn is_reached(self, ended: u64, total: Option<u64>) -> bool {
        match self {
            Self::Now => true,
            Self::Any => ended > 0 || total == Some(0),
            Self::All => total == Some(ended),
            Self::Percent(percent) => total.is_some_and(|total| ended as f64 >= total as f64 * percent / 100.0),
        }
    }

    fn read(options: &Options) -> Result<Self, Raise> {
        let Some(value) = options.value("return_when")? else { return Ok(Self::All) };
        let number = value.as_number().or_else(|| value.as_integer().map(|integer| integer as f64));
        match (value.as_string().map(|text| text.to_string_lossy()).as_deref(), number) {
            (Some("ALL_COMPLETED"), _) => Ok(Self::All),
            (Some("ANY_COMPLETED"), _) => Ok(Self::Any),
            (Some("ALWAYS"), _) => Ok(Self::Now),
            (None, Some(percent)) if (0.0..=100.0).contains(&percent) => Ok(Self::Percent(percent)),
            _ => Err(options.refuse(
                "return_when",
                "lithops.ALL_COMPLETED, lithops.ANY_COMPLETED, lithops.ALWAYS or a percentage",
                &value,
            )),
        }
    }
}

/// Blocks until enough calls have ended, one has failed (if `stop_at_failure`), or the time is over.
fn block(
    lua: &Lua,
    selection: &Selection,
    until: Until,
    stop_at_failure: bool,
    deadline: Option<Instant>,
) -> Result<(), Raise> {
    let session = Session::of(lua);
    let mut progress = None;
    let mut place = None;
    let runs_are_whole = selection.runs.iter().all(|run| run.to.is_none() || run.to == run.entry.job.progress().total);
    let _eager = (until != Until::All || !runs_are_whole).then(job::Eager::new);
    loop {
        let seen = job::generation();
        let mut fed = false;
        for run in &selection.runs {
            fed |= Feeder::feed(lua, &session, &run.entry)?;
        }
        // Jobs that nobody waits for yet need their input too.
        let running = session.running.borrow().clone();
        for entry in &running {
            fed |= Feeder::feed(lua, &session, entry)?;
        }
        let (ended, failed, total) = selection.counts();
        if until.is_reached(ended, total) || (stop_at_failure && failed > 0) {
            return Ok(());
        }
        let now = Instant::now();
        if deadline.is_some_and(|deadline| now >= deadline) {
            return Ok(());
        }
        if fed {
            continue;
        }
        if place.is_none() {
            place = session.give_place();
        }
        if session.progress_allowed.get() && selection.runs.iter().any(|run| run.entry.progress) {
            let progress = progress.get_or_insert_with(crate::report::Progress::new);
            progress.set(ended, failed, total);
        }
        let tick = now + TICK;
        job::wait(seen, deadline.map_or(tick, |deadline| deadline.min(tick)));
    }
}

impl Session {
    /// In a worker: the place of the call that runs here, for others while it waits.
    fn give_place(&self) -> Option<Box<dyn std::any::Any>> {
        let relay = self.relay.get()?;
        if let Some(hooks) = &*self.hooks.borrow() {
            hooks.before_wait();
        }
        Some(crate::compute::Compute::give_place(&**relay))
    }
}

/// Waits for the futures that a driver owns, in a worker.
fn block_on_remote(lua: &Lua, selection: &Selection) {
    let session = Session::of(lua);
    let Some(relay) = session.relay.get() else { return };
    let pending: Vec<&Future> = selection
        .remote
        .iter()
        .filter(|future| matches!(future, Future::Remote { answer, .. } if answer.borrow().is_none()))
        .collect();
    if pending.is_empty() {
        return;
    }
    let _place = session.give_place();
    for future in pending {
        if let Future::Remote { address, answer } = future {
            let got = crate::io::handle().block_on(relay.fetch_future(address));
            *answer.borrow_mut() = Some(got);
        }
    }
}

fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}

/// `wait(fs, opts)`: the futures that are done, and the others.
pub fn wait(
    lua: &Lua,
    executor: Option<&Executor>,
    value: &Value,
    options: Option<Table>,
    function: &'static str,
) -> Result<(Table, Table), Raise> {
    let known = ["return_when", "timeout", "throw_except", "download_results"];
    let options = Options::new(options, &known, "wait")?;
    let until = Until::read(&options)?;
    let throw = options.boolean("throw_except")?.unwrap_or(true);
    options.boolean("download_results")?;
    let timeout = options.seconds("timeout")?;
    let selection = Selection::of(lua, executor, value, function)?;
    block(lua, &selection, until, throw, deadline(timeout))?;
    if until == Until::All {
        block_on_remote(lua, &selection);
    }
    if throw && let Some(raise) = failure(lua, &selection)? {
        return Err(raise);
    }
    if let Value::Table(list) = value
        && let Some(entry) = lazy_calls(list)
        && entry.job.is_ended()
    {
        // All of a list whose futures are made as they are looked at: it is the answer itself.
        return Ok((list.clone(), futures::list_of(lua, [])?));
    }
    let (mut done, mut not_done) = (Vec::new(), Vec::new());
    for run in &selection.runs {
        if run.counts().1 > 0 {
            // The script asked to be given failures among the futures that are done.
            run.entry.failure_told.set(true);
        }
        for call in run.from..run.to() {
            let future = Future::Own { entry: run.entry.clone(), call };
            if run.entry.job.call_state(call).is_final() { done.push(future) } else { not_done.push(future) }
        }
    }
    for future in selection.remote {
        let answered = matches!(&future, Future::Remote { answer, .. } if answer.borrow().is_some());
        if answered { done.push(future) } else { not_done.push(future) }
    }
    if let Some(executor) = executor
        && not_done.is_empty()
        && value.is_nil()
    {
        executor.forget_waited();
    }
    Ok((futures::list_of(lua, done)?, futures::list_of(lua, not_done)?))
}

fn failure(lua: &Lua, selection: &Selection) -> Result<Option<Raise>, Raise> {
    if let Some((run, call, error)) = selection.first_failure() {
        let address = Future::Own { entry: run.entry.clone(), call }.address();
        for run in &selection.runs {
            run.entry.failure_told.set(true);
        }
        return Ok(Some(Raise::Value(errors::object(lua, &error, &address)?)));
    }
    for future in &selection.remote {
        if let Future::Remote { address, answer } = future
            && let Some(FutureAnswer::Failed(error)) = &*answer.borrow()
        {
            return Ok(Some(Raise::Value(errors::object(lua, error, address)?)));
        }
    }
    Ok(None)
}

/// `get_result(fs, opts)`: what the calls gave.
pub fn get_result(
    lua: &Lua,
    executor: Option<&Executor>,
    value: &Value,
    options: Option<Table>,
    function: &'static str,
) -> Result<Value, Raise> {
    let options = Options::new(options, &["timeout", "throw_except"], "get_result")?;
    let throw = options.boolean("throw_except")?.unwrap_or(true);
    let timeout = options.seconds("timeout")?;
    let selection = Selection::of(lua, executor, value, function)?;
    block(lua, &selection, Until::All, throw, deadline(timeout))?;
    block_on_remote(lua, &selection);
    if throw && let Some(raise) = failure(lua, &selection)? {
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
    for run in &selection.runs {
        if run.entry.purpose == Purpose::MapOfReduce && (has_reducer || skip_read) {
            run.entry.mark_read(run.from, run.to());
            continue;
        }
        reducers += u64::from(run.entry.purpose == Purpose::Reduce);
        count = collect(lua, run, &results, count, skip_read)?;
        run.entry.mark_read(run.from, run.to());
    }
    for future in &selection.remote {
        if let Future::Remote { address, answer } = future {
            count += 1;
            let value = match &*answer.borrow() {
                Some(FutureAnswer::Value(message)) => first(decode(lua, message)?),
                Some(FutureAnswer::Failed(error)) => errors::object(lua, error, address)?,
                None => Value::Nil,
            };
            results.raw_set(count, value)?;
        }
    }
    if let Some(executor) = executor {
        executor.forget_read();
    }
    if selection.is_single || (reducers == 1 && count == 1) {
        return Ok(results.raw_get(1)?);
    }
    results.raw_set("n", count)?;
    Ok(Value::Table(results))
}

/// Puts the results of a run behind the first `count` entries of `results`; gives how many there are then.
fn collect(lua: &Lua, run: &Run, results: &Table, count: u64, skip_read: bool) -> Result<u64, Raise> {
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
            results.raw_set(count, first(outcome(lua, run, call)?))?;
            call += 1;
        }
    }
    Ok(count)
}

/// All values of a call that has ended, or its error object.
fn outcome(lua: &Lua, run: &Run, call: u64) -> Result<MultiValue, Raise> {
    match run.entry.job.result(call) {
        Some(CallResult::Message(message)) => decode(lua, &message),
        Some(CallResult::Object { key, sha256 }) => {
            let scratch = run.entry.job.compute().scratch();
            let message = crate::io::handle()
                .block_on(scratch.get(&key))
                .map_err(|error| errors::raise(lua, kind::STORAGE, &format!("cannot read a result: {error}")))?;
            if crate::protocol::sha256_hex(&message) != sha256 {
                return Err(errors::raise(lua, kind::STORAGE, &format!("the result in {key} was changed")));
            }
            decode(lua, &message)
        }
        Some(CallResult::Error(error)) => {
            let address = Future::Own { entry: run.entry.clone(), call }.address();
            Ok(MultiValue::from_iter([errors::object(lua, &error, &address)?]))
        }
        None => Ok(MultiValue::new()),
    }
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
    let options = Options::new(options, &["timeout", "throw_except"], "result")?;
    let throw = options.boolean("throw_except")?.unwrap_or(true);
    let timeout = options.seconds("timeout")?;
    if as_future(value).is_none() {
        return Err(Raise::argument(1, format!("future expected, got {}", value.type_name())));
    }
    let selection = Selection::of(lua, None, value, "result")?;
    block(lua, &selection, Until::All, false, deadline(timeout))?;
    block_on_remote(lua, &selection);
    if throw && let Some(raise) = failure(lua, &selection)? {
        return Err(raise);
    }
    if let Some(run) = selection.runs.first() {
        if !run.entry.job.call_state(run.from).is_final() {
            let seconds = timeout.unwrap_or_default().as_secs_f64();
            return Err(errors::raise(
                lua,
                kind::TIMEOUT,
                &format!("result: the call had not ended after {seconds} s; it goes on"),
            ));
        }
        run.entry.mark_read(run.from, run.to());
        return outcome(lua, run, run.from);
    }
    match selection.remote.first() {
        Some(Future::Remote { address, answer }) => match &*answer.borrow() {
            Some(FutureAnswer::Value(message)) => decode(lua, message),
            Some(FutureAnswer::Failed(error)) => Ok(MultiValue::from_iter([errors::object(lua, error, address)?])),
            None => Ok(MultiValue::new()),
        },
        _ => Ok(MultiValue::new()),
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

/// A list of futures in a line: `10 futures: 7 done, 1 failed, 2 running`.
pub fn summary(lua: &Lua, value: &Value) -> Result<String, Raise> {
    let selection = Selection::of(lua, None, value, "tostring")?;
    let states = [State::Done, State::Failed, State::Cancelled, State::Running, State::Invoked, State::New];
    let mut counts = [0u64; 6];
    for run in &selection.runs {
        for call in run.from..run.to() {
            let state = run.entry.job.call_state(call);
            if let Some(index) = states.iter().position(|known| *known == state) {
                counts[index] += 1;
            }
        }
    }
    let total: u64 = counts.iter().sum::<u64>() + selection.remote.len() as u64;
    let parts: Vec<String> = states
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {}", state.name()))
        .collect();
    let noun = if total == 1 { "future" } else { "futures" };
    Ok(if parts.is_empty() { format!("{total} {noun}") } else { format!("{total} {noun}: {}", parts.join(", ")) })
}

/// Waits for everything that was started and has not ended, as a script's end does. Gives the first failure that nobody read.
pub fn drain(lua: &Lua) -> Result<Option<RemoteError>, Raise> {
    let session = Session::of(lua);
    let running: Vec<Rc<JobEntry>> = session.running.borrow().clone();
    let selection =
        Selection { runs: running.into_iter().map(Run::whole).collect(), remote: Vec::new(), is_single: false };
    block(lua, &selection, Until::All, false, None)?;
    for run in &selection.runs {
        for call in run.from..run.to() {
            if let Some(CallResult::Error(error)) = run.entry.job.result(call)
                && !run.entry.is_read(call)
                && !run.entry.failure_told.get()
                && error.kind != kind::CANCELLED
            {
                let mut error = error.as_ref().clone();
                error.message = format!(
                    "call {} of job {} failed ({}), and nobody asked for its result: {}",
                    futures::call_id(call),
                    run.entry.job.job_id(),
                    error.kind,
                    error.message
                );
                return Ok(Some(error));
            }
        }
    }
    Ok(None)
}
