//! `plot`: when the calls of jobs ran, as pictures.

use mlua::{Lua, LuaString, Value};

use super::executor::Executor;
use super::selection::{Run, Selection};
use crate::job::State;
use crate::lua::bind::Raise;
use crate::report::plot::{CallTimes, Calls, Files};

/// Writes a timeline and a histogram of the given futures, `nil`: of what was not waited for yet, or else of the latest job. Gives
/// the files.
pub fn plot(
    lua: &Lua,
    executor: &Executor,
    (futures, dst): (Value, Option<LuaString>),
) -> Result<(String, String), Raise> {
    let selection = match &futures {
        Value::Nil if executor.unwaited().is_empty() => Selection::of_jobs(executor.latest()),
        _ => Selection::of(lua, Some(executor), &futures, "plot")?,
    };
    let runs = selection.runs();
    let calls = read(runs);
    let Some(first) = runs.first().filter(|_| !calls.times.is_empty()) else {
        return Err(Raise::message(match calls.left_out {
            0 => "plot: there are no calls; pass the futures of a job, or start one first",
            _ => "plot: no call has run to its end; wait for the futures first",
        }));
    };
    let job = &first.entry.job;
    let dst = dst.map_or_else(String::new, |dst| dst.to_string_lossy());
    let files = Files::at(&dst, &format!("{}-{}", job.executor_id(), job.job_id()));
    files
        .write(&calls)
        .map_err(|why| Raise::Message(format!("plot: {why}; name another place as the second argument")))?;
    Ok((files.timeline.to_string_lossy().into_owned(), files.histogram.to_string_lossy().into_owned()))
}

fn read(runs: &[Run]) -> Calls {
    let mut names: Vec<String> = Vec::new();
    for run in runs {
        let name = format!("{}-{}", run.entry.job.executor_id(), run.entry.job.job_id());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let name = match names.as_slice() {
        [one] => format!("job {one}"),
        [one, other] => format!("jobs {one} and {other}"),
        several => format!("{} jobs", several.len()),
    };
    let made_us = runs.iter().map(|run| run.entry.job.created_us()).min().unwrap_or(0);
    let since = |us: u64| ((us as f64 - made_us as f64) / 1e6) as f32;
    let mut calls = Calls { name, times: Vec::new(), left_out: 0 };
    for (run, call) in runs.iter().flat_map(|run| (run.from..run.to()).map(move |call| (run, call))) {
        let times = run.entry.job.stats(call);
        let state = run.entry.job.call_state(call);
        if times.end_us == 0 || !state.is_final() {
            calls.left_out += 1;
            continue;
        }
        calls.times.push(CallTimes {
            submitted_s: since(times.submitted_us),
            worker_start_s: since(times.worker_start_us),
            start_s: since(times.start_us),
            end_s: since(times.end_us),
            known_s: since(times.known_us),
            failed: state != State::Done,
        });
    }
    calls
}
