//! Cloud objects that were stored without a key: whose they are, and how they go away with their executor.
//!
//! Their keys name the executor, and with it all executors of nested jobs, whose ids begin with the outermost one's.

use std::sync::{Arc, Mutex, MutexGuard};

use super::{Storage, StorageError, StorageErrorKind, open};
use crate::config::Config;

/// In front of the keys of objects that were stored without one.
pub const CLOUD_OBJECTS_PREFIX: &str = "lithops/cloudobjects/";
/// In front of the keys of what passes between the stages of datasets, as `stdlib/dataset/context.lua` names it.
pub const DATASETS_PREFIX: &str = "lithops/datasets/";
/// In place of a job, for objects that the driver itself stored.
pub const OF_DRIVER: &str = "driver";

/// A key that nobody uses, for an object of a job.
pub fn fresh_key(executor_id: &str, job_id: &str) -> Result<String, StorageError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        StorageError::new(StorageErrorKind::Io, "choose a key for a cloud object", error.to_string())
    })?;
    Ok(format!("{}{job_id}/{:032x}", prefix_of(executor_id), u128::from_le_bytes(random)))
}

/// `1f2e3d-0.a0b1c2-3` is an executor in a call of `1f2e3d-0`.
fn prefix_of(executor_id: &str) -> String {
    format!("{CLOUD_OBJECTS_PREFIX}{}/", executor_id.replace('.', "/"))
}

/// Whether [`fresh_key`] made this key. Others may have chosen one with the same beginning.
pub fn is_temporary(key: &str) -> bool {
    let Some(rest) = key.strip_prefix(CLOUD_OBJECTS_PREFIX) else { return false };
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_executor = |text: &str| {
        text.split_once('-').is_some_and(|(session, number)| {
            session.len() == 6 && is_hex(session) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        })
    };
    let is_job = |text: &str| {
        let digits = text.strip_prefix(['M', 'A', 'R']).unwrap_or_default();
        text == OF_DRIVER || digits.len() >= 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut steps = rest.rsplit('/');
    let (random, job) = (steps.next().unwrap_or_default(), steps.next().unwrap_or_default());
    let mut executors = steps.peekable();
    random.len() == 32 && is_hex(random) && is_job(job) && executors.peek().is_some() && executors.all(is_executor)
}

/// Where there may be objects of an executor.
#[derive(Debug, Clone)]
pub struct Place {
    pub executor_id: String,
    pub store: Store,
    /// Whether they are removed without being asked to.
    pub is_cleaned_at_exit: bool,
}

/// A store, and a bucket of it.
#[derive(Debug, Clone)]
pub enum Store {
    Opened {
        storage: Arc<dyn Storage>,
        bucket: String,
        /// What the store was made with: two of the same are one.
        made_with: String,
    },
    /// The default bucket of the store that a configuration names.
    Configured(Box<Config>),
}

impl Place {
    fn is(&self, other: &Place) -> bool {
        let same = match (&self.store, &other.store) {
            (Store::Configured(_), Store::Configured(_)) => true,
            (Store::Opened { bucket, made_with, .. }, Store::Opened { bucket: another, made_with: other, .. }) => {
                bucket == another && made_with == other
            }
            _ => false,
        };
        same && self.executor_id == other.executor_id
    }

    /// Removes what is there, but nothing of the jobs `running`, nor of jobs in their calls.
    ///
    /// # Errors
    /// The first failure; everything was tried.
    pub async fn empty(&self, running: &[String]) -> Result<(), StorageError> {
        let prefix = prefix_of(&self.executor_id);
        let is_in_use = |key: &str| {
            // A job, or the executor of a nested one.
            let of = key.strip_prefix(&prefix).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            if of.contains('-') { !running.is_empty() } else { running.iter().any(|job_id| job_id == of) }
        };
        self.remove(&prefix, |key| is_temporary(key) && !is_in_use(key)).await
    }

    /// Removes what passes between the stages of datasets that this executor computes, or those of nested jobs.
    async fn remove_datasets(&self) -> Result<(), StorageError> {
        let prefix = format!("{DATASETS_PREFIX}{}", self.executor_id);
        self.remove(&prefix, |key| key[prefix.len()..].starts_with(['/', '.'])).await
    }

    /// Removes the keys that are meant, a page at a time.
    async fn remove(&self, prefix: &str, is_meant: impl Fn(&str) -> bool) -> Result<(), StorageError> {
        let (storage, bucket) = match &self.store {
            Store::Opened { storage, bucket, .. } => (storage.clone(), bucket.clone()),
            Store::Configured(config) => {
                let storage = open(config).await?;
                let bucket = storage.default_bucket().to_owned();
                (storage, bucket)
            }
        };
        let mut pages = match storage.list_objects(&bucket, prefix).await {
            // Nothing was put there, or it went with its bucket.
            Err(error) if error.kind() == StorageErrorKind::NoSuchBucket => return Ok(()),
            pages => pages?,
        };
        let mut result = Ok(());
        while let Some(page) = pages.next_page().await? {
            let keys: Vec<String> = page.into_iter().map(|object| object.key).filter(|key| is_meant(key)).collect();
            if keys.is_empty() {
                continue;
            }
            let failed = storage.delete_objects(&bucket, &keys).await?;
            result = result.and(failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error)));
        }
        result
    }
}

/// The places that this process knows. Nothing is asked of a store that is not among them.
static PLACES: Mutex<Vec<Place>> = Mutex::new(Vec::new());
/// Those of executors that compute datasets.
static DATASETS: Mutex<Vec<Place>> = Mutex::new(Vec::new());

fn locked(places: &'static Mutex<Vec<Place>>) -> MutexGuard<'static, Vec<Place>> {
    places.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn places() -> MutexGuard<'static, Vec<Place>> {
    locked(&PLACES)
}

/// Remembers a place, and says whether it was not known before.
pub fn expect(place: Place) -> bool {
    add(&mut places(), place)
}

/// Remembers a place with what passes between the stages of datasets.
pub fn expect_datasets(place: Place) {
    add(&mut locked(&DATASETS), place);
}

fn add(places: &mut Vec<Place>, place: Place) -> bool {
    let is_new = !places.iter().any(|known| known.is(&place));
    if is_new {
        places.push(place);
    }
    is_new
}

/// Forgets a place, where nothing could be put.
pub fn forget(place: &Place) {
    places().retain(|known| !known.is(place));
}

/// Empties the places of one executor, but keeps what belongs to the jobs `running`. The places stay known.
///
/// # Errors
/// The first failure; everything was tried.
pub async fn empty_places_of(executor_id: &str, running: &[String]) -> Result<(), StorageError> {
    let own: Vec<Place> = places().iter().filter(|place| place.executor_id == executor_id).cloned().collect();
    empty(own, running).await
}

/// Empties all places that are to be emptied when the process ends. If it was interrupted, so were datasets, which otherwise remove
/// what is theirs.
///
/// # Errors
/// The first failure; everything was tried.
pub async fn empty_places_at_exit(is_interrupted: bool) -> Result<(), StorageError> {
    let mut all = std::mem::take(&mut *places());
    all.retain(|place| place.is_cleaned_at_exit);
    let mut result = Ok(());
    if is_interrupted {
        let datasets = std::mem::take(&mut *locked(&DATASETS));
        for place in datasets.iter().filter(|place| place.is_cleaned_at_exit) {
            result = result.and(place.remove_datasets().await);
        }
    }
    result.and(empty(all, &[]).await)
}

async fn empty(places: Vec<Place>, running: &[String]) -> Result<(), StorageError> {
    let mut result = Ok(());
    for place in places {
        result = result.and(place.empty(running).await);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_keys_are_told_from_others() {
        for (executor_id, job_id) in [("1f2e3d-0", "M000"), ("1f2e3d-12", OF_DRIVER), ("1f2e3d-0.a0b1c2-3", "A1234")] {
            let key = fresh_key(executor_id, job_id).unwrap();
            assert!(is_temporary(&key), "{key}");
            for other in [key[..key.len() - 1].to_owned(), format!("{key}0"), format!("x{key}"), format!("{key}/x")] {
                assert!(!is_temporary(&other), "{other}");
            }
        }
        let random = "0".repeat(32);
        for other in ["", "mine", &random, &format!("M000/{random}"), &format!("1f2e3d-0/own/{random}")] {
            assert!(!is_temporary(&format!("{CLOUD_OBJECTS_PREFIX}{other}")), "{other}");
        }
    }

    #[test]
    fn a_place_is_known_until_it_is_forgotten() {
        let storage = Arc::new(crate::storage::LocalStorage::new("/nowhere", "bucket"));
        let store = Store::Opened { storage, bucket: "bucket".into(), made_with: "{}".into() };
        let place = Place { executor_id: "ffffff-0".into(), store, is_cleaned_at_exit: true };
        assert!(expect(place.clone()) && !expect(place.clone()));
        forget(&place);
        assert!(expect(place.clone()));
        forget(&place);
    }

    #[test]
    fn an_executors_keys_include_those_of_nested_jobs() {
        let key = fresh_key("1f2e3d-0.a0b1c2-3", "A000").unwrap();
        assert!(key.starts_with(&prefix_of("1f2e3d-0")) && !key.starts_with(&prefix_of("1f2e3d-01")));
    }
}
