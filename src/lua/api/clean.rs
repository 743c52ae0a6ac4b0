//! `clean`: giving back what jobs left behind.

use std::collections::HashMap;
use std::rc::Rc;

use mlua::{Lua, Table};

use super::executor::Executor;
use super::futures::JobEntry;
use super::selection::{Run, Selection};
use crate::lua::bind::Raise;
use crate::lua::options::Options;

/// Calls of one job that are to be cleaned.
struct Chosen {
    entry: Rc<JobEntry>,
    runs: Vec<Run>,
}

impl Chosen {
    /// The calls of `runs`, job by job.
    fn of(runs: &[Run]) -> Vec<Self> {
        let mut chosen: Vec<Self> = Vec::new();
        let mut places = HashMap::new();
        for run in runs {
            let place = *places.entry(Rc::as_ptr(&run.entry)).or_insert_with(|| {
                chosen.push(Self { entry: run.entry.clone(), runs: Vec::new() });
                chosen.len() - 1
            });
            chosen[place].runs.push(run.clone());
        }
        chosen
    }

    /// Whether they are all calls of the job.
    fn is_whole_job(&self) -> bool {
        if self.runs.iter().any(Run::is_whole) {
            return true;
        }
        let mut spans: Vec<(u64, u64)> = self.runs.iter().map(|run| (run.from, run.to())).collect();
        spans.sort_unstable();
        let reached =
            spans.iter().fold(0, |reached, (from, to)| if *from <= reached { reached.max(*to) } else { reached });
        self.entry.job.progress().total == Some(reached)
    }

    fn calls(&self) -> impl Iterator<Item = u64> {
        self.runs.iter().flat_map(|run| run.from..run.to())
    }
}

/// Forgets jobs whose results nobody has asked for, and removes large results from the scratch store, the cloud objects that
/// were made for the executor without a key, and those of `cs`. What is still running stays, with the results of maps that
/// it reduces, unless `force` is set, which cancels it. Of a
/// job of which `fs` names a part, the calls that are not named stay, and with them all that it stored.
pub fn clean(lua: &Lua, executor: &Executor, options: Option<Table>) -> Result<(), Raise> {
    let options = Options::new(options, &["fs", "cs", "clean_cloudobjects", "clean_fn", "force"], "clean")?;
    let force = options.boolean("force")?.unwrap_or(false);
    let clean_cloud_objects = options.boolean("clean_cloudobjects")?.unwrap_or(true);
    let clean_functions = options.boolean("clean_fn")?.unwrap_or(false);
    let named_objects = options.value("cs")?;
    let is_whole = named_objects.is_none() && options.value("fs")?.is_none();
    if let Some(objects) = named_objects {
        super::storage::delete_cloud_objects(lua, objects)?;
    }
    let named = options.value("fs")?;
    let selection = match &named {
        Some(futures) => Selection::of(lua, None, futures, "clean")?,
        None => Selection::of_jobs(executor.unread()),
    };
    let chosen = Chosen::of(selection.runs());
    if force {
        // All of them first: reducers come behind their maps, whose results nobody needs any more then.
        for part in &chosen {
            if part.is_whole_job() {
                part.entry.stop_input();
            }
            for call in part.calls() {
                part.entry.job.cancel(call);
            }
        }
    }
    // The results of maps, and the cloud objects among them, are the input of their reducer.
    let is_over = |entry: &Rc<JobEntry>| entry.job.is_ended() && !entry.job.is_being_reduced();
    for part in &chosen {
        let entry = &part.entry;
        if !part.is_whole_job() {
            for call in part.calls().filter(|call| entry.job.call_state(*call).is_final()) {
                entry.mark_read(call, call + 1);
            }
        } else if is_over(entry) {
            let job = entry.job.clone();
            crate::io::block_on(async move { job.remove_objects(clean_functions).await })?;
            entry.mark_read(0, entry.job.progress().total.unwrap_or(0));
        }
    }
    if clean_cloud_objects && is_whole {
        let running = chosen.iter().filter(|part| !force && !is_over(&part.entry));
        let running: Vec<String> = running.map(|part| part.entry.job.job_id().to_owned()).collect();
        super::storage::remove_cloud_objects(lua, executor, &running)?;
    }
    executor.forget_read();
    Ok(())
}
