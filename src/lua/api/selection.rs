//! What a script waits for: futures, put together to runs of calls of the same job.

use std::rc::Rc;

use mlua::{Lua, Value};

use super::executor::Executor;
use super::futures::{Future, JobEntry, Purpose, as_future, lazy_calls};
use super::kinds::{Kind, describe};
use super::remote::RemoteFuture;
use crate::job::{CallResult, State};
use crate::lua::bind::Raise;
use crate::lua::session::Session;
use crate::protocol::RemoteError;

/// Calls of one job with consecutive numbers.
#[derive(Clone)]
pub struct Run {
    pub entry: Rc<JobEntry>,
    pub from: u64,
    /// `None`: to the end, wherever that will be.
    pub(super) to: Option<u64>,
}

impl Run {
    pub(super) fn whole(entry: Rc<JobEntry>) -> Self {
        Self { entry, from: 0, to: None }
    }

    /// Whether it is all of a job, however many calls that will be.
    pub(super) fn is_whole(&self) -> bool {
        self.to.is_none()
    }

    /// The call after the last one, as far as it is known.
    pub fn to(&self) -> u64 {
        self.to.or_else(|| self.entry.job.progress().total).unwrap_or_else(|| self.entry.job.found())
    }

    /// Ended and failed calls, and all of them if that is known.
    pub(super) fn counts(&self) -> (u64, u64, Option<u64>) {
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

    /// The first call that failed, and how.
    pub(super) fn first_failure(&self) -> Option<(u64, RemoteError)> {
        if self.counts().1 == 0 {
            return None;
        }
        (self.from..self.to()).find_map(|call| match self.entry.job.result(call) {
            Some(CallResult::Error(error)) => Some((call, error.as_ref().clone())),
            _ => None,
        })
    }
}

/// A part of what is waited for.
pub(super) enum Part<'a> {
    Run(&'a Run),
    Remote(&'a RemoteFuture),
}

/// What is waited for.
pub struct Selection {
    pub(super) runs: Vec<Run>,
    /// Futures of the driver, in a worker, each behind the number of runs that come before it.
    remote: Vec<(usize, RemoteFuture)>,
    /// Whether one future was named, not a list.
    pub(super) is_single: bool,
}

impl Selection {
    /// Whole jobs.
    pub(super) fn of_jobs(entries: Vec<Rc<JobEntry>>) -> Self {
        Self { runs: entries.into_iter().map(Run::whole).collect(), remote: Vec::new(), is_single: false }
    }

    /// What `value` names: a future, a list of futures, or nil: what `executor` has not been asked for yet.
    pub fn of(lua: &Lua, executor: Option<&Executor>, value: &Value, function: &str) -> Result<Self, Raise> {
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
                None => return Err(Self::refuse(lua, executor, value, function)),
            },
            Value::Table(table) => match lazy_calls(table) {
                Some(entry) => selection.runs.push(Run::whole(entry)),
                None => {
                    if table.raw_len() == 0 && !table.is_empty() {
                        let why = "list of futures expected, got a table whose keys are not 1, 2, …";
                        return Err(Raise::argument(1, why));
                    }
                    for index in 1..=table.raw_len() {
                        let value: Value = table.raw_get(index)?;
                        let Some(future) = as_future(&value) else {
                            return Err(Raise::argument(1, Self::refuse_element(lua, index, &value)));
                        };
                        selection.add(future);
                    }
                }
            },
            other => return Err(Self::refuse(lua, executor, other, function)),
        }
        Ok(selection)
    }

    fn refuse(lua: &Lua, executor: Option<&Executor>, value: &Value, function: &str) -> Raise {
        let remedy = match value {
            Value::Nil if executor.is_none() => format!("; call it with a colon, `futures:{function}()`"),
            Value::Function(_) => "; `lithops.map(fn, data)` calls a function, and gives the futures".into(),
            _ => String::new(),
        };
        Raise::argument(1, format!("future or list of futures expected, got {}{remedy}", describe(lua, value)))
    }

    fn refuse_element(lua: &Lua, index: usize, value: &Value) -> String {
        let remedy = match Kind::of(lua, value) {
            Some(Kind::Futures) => "; name each list by itself, or put the futures of all into one",
            _ => "; what `get_result` gave are no futures any more",
        };
        format!("list of futures expected, and element {index} is a {}{remedy}", describe(lua, value))
    }

    fn add(&mut self, future: Future) {
        match future {
            Future::Own { entry, call } => {
                let is_behind_remote = self.remote.last().is_some_and(|(before, _)| *before == self.runs.len());
                match self.runs.last_mut() {
                    Some(run) if Rc::ptr_eq(&run.entry, &entry) && run.to == Some(call) && !is_behind_remote => {
                        run.to = Some(call + 1);
                    }
                    _ => self.runs.push(Run { entry, from: call, to: Some(call + 1) }),
                }
            }
            Future::Remote(future) => self.remote.push((self.runs.len(), future)),
        }
    }

    /// Counts the job whose failure was raised as read and waited for, so that it is not raised again by whoever asks for
    /// what is left; so does the reducer, which fails with its maps.
    pub(super) fn forget_failed(&self) {
        let mut from_failed = self.runs.iter().skip_while(|run| run.first_failure().is_none());
        let Some(failed) = from_failed.next() else { return };
        failed.entry.forget();
        if failed.entry.purpose == Purpose::MapOfReduce {
            for reducer in from_failed.take_while(|run| run.entry.purpose == Purpose::Reduce) {
                reducer.entry.forget();
            }
        }
    }

    /// The job that would never end, since its own iterator waits for it; waiting for `any` call ends if there is one.
    pub(super) fn fed_by_waiter(&self, any: bool) -> Option<&JobEntry> {
        let has_calls = !self.remote.is_empty() || self.runs.iter().any(|run| run.to() > run.from);
        if any && has_calls {
            return None;
        }
        let is_fed =
            |run: &&Run| run.is_whole() && run.entry.is_being_fed.get() && run.entry.job.progress().total.is_none();
        self.runs.iter().find(is_fed).map(|run| &*run.entry)
    }

    /// Has the answers of the driver's futures fetched.
    pub(super) fn ask(&self, session: &Session) {
        for (_, future) in &self.remote {
            future.ask(session);
        }
    }

    /// Everything in the order in which it was named.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let mut remote = self.remote.iter().peekable();
        let mut runs = self.runs.iter().enumerate().peekable();
        std::iter::from_fn(move || {
            let run = runs.peek().map_or(usize::MAX, |(index, _)| *index);
            match remote.next_if(|(before, _)| *before <= run) {
                Some((_, future)) => Some(Part::Remote(future)),
                None => runs.next().map(|(_, run)| Part::Run(run)),
            }
        })
    }

    /// The calls, job by job.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Whether nothing is left to wait for.
    pub fn is_ended(&self) -> bool {
        let (ended, _, total) = self.counts();
        total == Some(ended)
    }

    pub(super) fn counts(&self) -> (u64, u64, Option<u64>) {
        let answered = self.remote.iter().filter(|(_, future)| future.answer().is_some()).count() as u64;
        let failed = self.remote.iter().filter(|(_, future)| future.failure().is_some()).count() as u64;
        let remote = (answered, failed, Some(self.remote.len() as u64));
        self.runs.iter().fold(remote, |(ended, failed, total), run| {
            let (e, f, t) = run.counts();
            (ended + e, failed + f, total.zip(t).map(|(a, b)| a + b))
        })
    }
}

/// A method of futures was called on something else, which a dot in place of the colon does.
pub(super) fn no_future(lua: &Lua, value: &Value, method: &str) -> Raise {
    let remedy = match value {
        Value::Nil => format!("; call it with a colon, `future:{method}()`"),
        _ => String::new(),
    };
    Raise::argument(1, format!("future expected, got {}{remedy}", describe(lua, value)))
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
