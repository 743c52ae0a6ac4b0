//! `clean`: giving back what jobs left behind.

use std::rc::Rc;

use mlua::{Lua, Table};

use super::executor::Executor;
use super::futures::JobEntry;
use crate::lua::bind::Raise;
use crate::lua::options::Options;

/// Forgets jobs whose results nobody has asked for, and removes large results from the scratch store, the cloud objects that
/// were made for the executor without a key, and those of `cs`. What is still running stays, with the results of maps that
/// it reduces, unless `force` is set, which cancels it.
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
    let entries: Vec<_> = match &named {
        Some(futures) => {
            let selection = super::selection::Selection::of(lua, None, futures, "clean")?;
            selection.runs().iter().map(|run| run.entry.clone()).collect()
        }
        None => executor.unread(),
    };
    if force {
        // All of them first: reducers come behind their maps, whose results nobody needs any more then.
        for entry in &entries {
            entry.stop_input();
            for call in 0..entry.job.progress().total.unwrap_or(0) {
                entry.job.cancel(call);
            }
        }
    }
    // The results of maps, and the cloud objects among them, are the input of their reducer.
    let is_over = |entry: &Rc<JobEntry>| entry.job.is_ended() && !entry.job.is_being_reduced();
    for entry in &entries {
        if is_over(entry) {
            let job = entry.job.clone();
            crate::io::handle().block_on(async move { job.remove_objects(clean_functions).await });
            entry.mark_read(0, entry.job.progress().total.unwrap_or(0));
        }
    }
    if clean_cloud_objects && is_whole {
        let running = entries.iter().filter(|entry| !force && !is_over(entry));
        let running: Vec<String> = running.map(|entry| entry.job.job_id().to_owned()).collect();
        super::storage::remove_cloud_objects(lua, executor, &running)?;
    }
    executor.forget_read();
    Ok(())
}
