//! `job_summary`: what the calls of a job took.

use mlua::{Lua, Table, Value};

use super::executor::Executor;
use super::selection::Selection;
use crate::job::State;
use crate::lua::bind::Raise;

/// A table of counts and times (seconds) of the given futures, `nil`: all jobs not yet read.
pub fn job_summary(lua: &Lua, executor: &Executor, futures: &Value) -> Result<Table, Raise> {
    let selection = Selection::of(lua, Some(executor), futures, "job_summary")?;
    let (mut calls, mut done, mut failed) = (0u64, 0u64, 0u64);
    let (mut exec_s, mut longest_s) = (0.0f64, 0.0f64);
    let (mut first_us, mut last_us) = (u64::MAX, 0);
    for run in selection.runs() {
        for call in run.from..run.to() {
            calls += 1;
            let state = run.entry.job.call_state(call);
            done += u64::from(state == State::Done);
            failed += u64::from(state.is_final() && state != State::Done);
            let stats = run.entry.job.stats(call);
            if stats.end_us > 0 {
                let seconds = stats.end_us.saturating_sub(stats.start_us) as f64 / 1e6;
                exec_s += seconds;
                longest_s = longest_s.max(seconds);
                first_us = first_us.min(stats.job_created_us);
                last_us = last_us.max(stats.known_us);
            }
        }
    }
    let table = lua.create_table()?;
    table.raw_set("calls", calls)?;
    table.raw_set("done", done)?;
    table.raw_set("failed", failed)?;
    table.raw_set("exec_time", exec_s)?;
    table.raw_set("exec_time_max", longest_s)?;
    table.raw_set("exec_time_mean", if done + failed > 0 { exec_s / (done + failed) as f64 } else { 0.0 })?;
    table.raw_set("wall_time", last_us.saturating_sub(first_us) as f64 / 1e6)?;
    Ok(table)
}
