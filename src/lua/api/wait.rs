//! `wait`: waiting for calls, and handing in their input meanwhile.

use std::rc::Rc;
use std::time::{Duration, Instant};

use mlua::{Lua, Table, Value};

use super::errors;
use super::executor::Executor;
use super::futures::{self, Future, JobEntry, lazy_calls};
use super::iterdata::Feeder;
use super::selection::{Part, Selection};
use crate::io::Interrupted;
use crate::job::{self, CallResult};
use crate::lua::bind::Raise;
use crate::lua::options::Options;
use crate::lua::session::Session;
use crate::protocol::{RemoteError, kind};

/// Between two looks at the clock and the progress bar.
const TICK: Duration = Duration::from_millis(100);
pub(super) const WAIT_OPTIONS: &[&str] = &["return_when", "timeout", "throw_except", "download_results"];

/// When waiting ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Until {
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
pub(super) fn block(
    lua: &Lua,
    selection: &Selection,
    until: Until,
    stop_at_failure: bool,
    deadline: Option<Instant>,
) -> Result<(), Raise> {
    let session = Session::of(lua);
    selection.ask(&session);
    let mut progress = None;
    let mut place = None;
    let runs_are_whole = selection.runs.iter().all(|run| run.to.is_none() || run.to == run.entry.job.progress().total);
    let _eager = (until != Until::All || !runs_are_whole).then(job::Eager::new);
    loop {
        let seen = job::generation();
        if crate::io::is_interrupted() {
            session.waited_for.borrow_mut().extend(selection.runs.iter().map(|run| run.entry.clone()));
            return Err(Interrupted.into());
        }
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
        // Whoever waits for calls that were cancelled wants to know that they do nothing any more.
        let is_over = until != Until::All || !selection.runs.iter().any(|run| run.entry.job.is_being_left());
        if (until.is_reached(ended, total) && is_over) || (stop_at_failure && failed > 0) {
            return Ok(());
        }
        let now = Instant::now();
        if deadline.is_some_and(|deadline| now >= deadline) {
            return Ok(());
        }
        if fed {
            continue;
        }
        if let Some(entry) = selection.fed_by_waiter(until == Until::Any) {
            return Err(Raise::Message(format!(
                "job {} cannot be waited for by the iterator that gives its input, which ends before the job does; wait \
                 for single futures of it, or name those of other jobs",
                entry.job.job_id()
            )));
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

/// Waits until it is known how many calls a job has: until its iterator has given all, or all its stored objects are found. The
/// calls may have to end meanwhile, since no more than some wait for workers.
pub(super) fn until_all_is_known(lua: &Lua, entry: &Rc<JobEntry>) -> Result<(), Raise> {
    let session = Session::of(lua);
    let mut place = None;
    while entry.job.progress().total.is_none() {
        let seen = job::generation();
        if crate::io::is_interrupted() {
            return Err(Interrupted.into());
        }
        let mut fed = Feeder::feed(lua, &session, entry)?;
        let running = session.running.borrow().clone();
        for other in &running {
            fed |= Feeder::feed(lua, &session, other)?;
        }
        if fed {
            continue;
        }
        if place.is_none() {
            // In a worker: this may be the only one.
            place = session.give_place();
        }
        if entry.feeder.borrow().is_none() {
            entry.job.wait_found(u64::MAX);
        } else {
            job::wait(seen, Instant::now() + TICK);
        }
    }
    Ok(())
}

pub(super) fn deadline(timeout: Option<Duration>) -> Option<Instant> {
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
    let options = Options::new(options, WAIT_OPTIONS, "wait")?;
    let until = Until::read(&options)?;
    let throw = options.boolean("throw_except")?.unwrap_or(true);
    options.boolean("download_results")?;
    let timeout = options.seconds("timeout")?;
    let selection = Selection::of(lua, executor, value, function)?;
    block(lua, &selection, until, throw, deadline(timeout))?;
    if throw && let Some(raise) = failure(lua, &selection)? {
        if value.is_nil()
            && let Some(executor) = executor
        {
            selection.forget_failed();
            executor.forget_read();
        }
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
    for part in selection.parts() {
        match part {
            Part::Run(run) => {
                if run.counts().1 > 0 {
                    // The script asked to be given failures among the futures that are done.
                    run.entry.failure_told.set(true);
                }
                for call in run.from..run.to() {
                    let future = Future::Own { entry: run.entry.clone(), call };
                    if run.entry.job.call_state(call).is_final() { done.push(future) } else { not_done.push(future) }
                }
            }
            Part::Remote(future) => {
                let list = if future.answer().is_some() { &mut done } else { &mut not_done };
                list.push(Future::Remote(future.clone()));
            }
        }
    }
    if let Some(executor) = executor
        && not_done.is_empty()
        && value.is_nil()
    {
        executor.forget_waited();
    }
    Ok((futures::list_of(lua, done)?, futures::list_of(lua, not_done)?))
}

pub(super) fn failure(lua: &Lua, selection: &Selection) -> Result<Option<Raise>, Raise> {
    for part in selection.parts() {
        match part {
            Part::Run(run) => {
                let Some((call, error)) = run.first_failure() else { continue };
                let address = Future::Own { entry: run.entry.clone(), call }.address();
                for run in selection.runs() {
                    run.entry.failure_told.set(true);
                }
                return Ok(Some(Raise::Value(errors::object(lua, &error, &address)?)));
            }
            Part::Remote(future) => {
                let Some(error) = future.failure() else { continue };
                return Ok(Some(Raise::Value(errors::object(lua, error, &future.address)?)));
            }
        }
    }
    Ok(None)
}

/// Waits for everything that was started and has not ended, as a script's end does. Gives the first failure that nobody read.
pub fn drain(lua: &Lua) -> Result<Option<RemoteError>, Raise> {
    let session = Session::of(lua);
    let running: Vec<Rc<JobEntry>> = session.running.borrow().clone();
    let selection = Selection::of_jobs(running);
    block(lua, &selection, Until::All, false, None)?;
    for run in &selection.runs {
        for call in run.from..run.to() {
            if let Some(CallResult::Error(error)) = run.entry.job.result(call)
                && !run.entry.is_read(call)
                && !run.entry.failure_told.get()
                && error.kind != kind::CANCELLED
            {
                let mut error = errors::explained(lua, &error);
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
