//! What a script waits for: futures, put together to runs of calls of the same job.

use std::rc::Rc;

use mlua::{Lua, Value};

use super::executor::Executor;
use super::futures::{Future, JobEntry, Purpose, as_future, lazy_calls};
use crate::job::{CallResult, State};
use crate::lua::bind::Raise;
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
}

/// What is waited for.
pub struct Selection {
    pub(super) runs: Vec<Run>,
    /// Futures of the driver, in a worker.
    pub(super) remote: Vec<Future>,
    /// Whether one future was named, not a list.
    pub(super) is_single: bool,
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

    pub(super) fn counts(&self) -> (u64, u64, Option<u64>) {
        self.runs.iter().fold((0, 0, Some(0)), |(ended, failed, total), run| {
            let (e, f, t) = run.counts();
            (ended + e, failed + f, total.zip(t).map(|(a, b)| a + b))
        })
    }

    /// The first call that failed, and how.
    pub(super) fn first_failure(&self) -> Option<(&Run, u64, RemoteError)> {
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
