//! `clean`: giving back what jobs left behind.

use mlua::{Lua, Table};

use super::executor::Executor;
use crate::lua::bind::Raise;
use crate::lua::options::Options;

/// Forgets jobs whose results nobody has asked for, and removes large results from the scratch store, and the cloud objects `cs`.
/// What is still running stays unless `force` is set, which cancels it.
pub fn clean(lua: &Lua, executor: &Executor, options: Option<Table>) -> Result<(), Raise> {
    let options = Options::new(options, &["fs", "cs", "clean_cloudobjects", "clean_fn", "force"], "clean")?;
    let force = options.boolean("force")?.unwrap_or(false);
    options.boolean("clean_cloudobjects")?;
    let clean_functions = options.boolean("clean_fn")?.unwrap_or(false);
    if let Some(objects) = options.value("cs")? {
        super::storage::delete_cloud_objects(lua, objects)?;
    }
    let named = options.value("fs")?;
    let entries = match &named {
        Some(futures) => {
            let selection = super::selection::Selection::of(lua, None, futures, "clean")?;
            selection.runs().iter().map(|run| run.entry.clone()).collect()
        }
        None => executor.unread(),
    };
    for entry in &entries {
        if force {
            entry.stop_input();
            let progress = entry.job.progress();
            for call in 0..progress.total.unwrap_or(0) {
                entry.job.cancel(call);
            }
        }
        if entry.job.is_ended() {
            let job = entry.job.clone();
            crate::io::handle().block_on(async move { job.remove_objects(clean_functions).await });
            entry.mark_read(0, entry.job.progress().total.unwrap_or(0));
        }
    }
    executor.forget_read();
    Ok(())
}
