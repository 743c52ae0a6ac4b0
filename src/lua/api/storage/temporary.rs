//! Cloud objects without a key: made for the call that runs, or for the driver, and removed with their executor.

use std::sync::{Arc, Once};
use std::time::Duration;

use mlua::Lua;

use super::raise;
use crate::lua::api::executor::Executor;
use crate::lua::bind::Raise;
use crate::lua::session::Session;
use crate::lua::vm::Role;
use crate::storage::{Storage, temporary};

/// How long the end of a driver may take to remove them.
const CLEAN_TIMEOUT: Duration = Duration::from_secs(30);

/// A key for an object that is about to be stored in a bucket, and the place that is remembered for it from now on, if
/// it was not before. `made_with` is what the store was made with.
pub(super) fn fresh_key(
    lua: &Lua,
    storage: &Arc<dyn Storage>,
    bucket: &str,
    made_with: impl FnOnce() -> String,
) -> Result<(String, Option<temporary::Place>), Raise> {
    let session = Session::of(lua);
    let mut remembered = None;
    let key = if session.role == Role::Driver {
        let executor = Executor::default(&session)?;
        clean_at_exit();
        let place = temporary::Place {
            executor_id: executor.id.clone(),
            store: temporary::Store::Opened { storage: storage.clone(), bucket: bucket.into(), made_with: made_with() },
            is_cleaned_at_exit: executor.config.lithops.data_cleaner,
        };
        remembered = temporary::expect(place.clone()).then_some(place);
        temporary::fresh_key(&executor.id, temporary::OF_DRIVER)
    } else {
        let call = session.call.borrow();
        if call.job_id.is_empty() {
            // The function is being loaded.
            temporary::fresh_key(&session.root_executor.borrow(), temporary::OF_DRIVER)
        } else {
            temporary::fresh_key(&call.executor_id, &call.job_id)
        }
    };
    key.map(|key| (key, remembered)).map_err(|error| raise(lua, &error))
}

/// Jobs of this executor may store cloud objects from now on, in the store of its configuration.
pub fn expect_cloud_objects(executor: &Executor) {
    // In a call, they are the driver's to remove, whose executor's id is in front of this one's.
    if !executor.id.contains('.') {
        temporary::expect(place_of(executor));
    }
}

/// Jobs of this executor may store what passes between the stages of datasets.
pub fn expect_datasets(executor: &Executor) {
    if !executor.id.contains('.') {
        temporary::expect_datasets(place_of(executor));
    }
}

fn place_of(executor: &Executor) -> temporary::Place {
    temporary::Place {
        executor_id: executor.id.clone(),
        store: temporary::Store::Configured(Box::new(executor.config.clone())),
        is_cleaned_at_exit: executor.config.lithops.data_cleaner,
    }
}

/// Removes the cloud objects without a key that were made for this executor, by its calls or by the driver, but those of the
/// jobs `running`.
pub fn remove_cloud_objects(lua: &Lua, executor: &Executor, running: &[String]) -> Result<(), Raise> {
    let removed = crate::io::block_on(async {
        if Session::of(lua).role == Role::Driver {
            temporary::empty_places_of(&executor.id, running).await
        } else if executor.may_have_cloud_objects() {
            place_of(executor).empty(running).await
        } else {
            Ok(())
        }
    })?;
    removed.map_err(|error| raise(lua, &error))
}

/// Sees to it that the end of this driver removes them. To be called before a backend is opened: its workers end first.
pub fn clean_at_exit() {
    static CLEAN: Once = Once::new();
    CLEAN.call_once(|| {
        crate::lua::on_exit(|| {
            let emptied = temporary::empty_places_at_exit(crate::lua::interrupt::has_come());
            let removing = async { tokio::time::timeout(CLEAN_TIMEOUT, emptied).await };
            let why = match crate::io::handle().block_on(removing) {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("it takes more than {} s", CLEAN_TIMEOUT.as_secs()),
            };
            tracing::warn!("cannot remove temporary objects ({why}); `lithops-lua clean` does");
        });
    });
}
