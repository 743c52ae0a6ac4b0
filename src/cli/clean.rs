//! `lithops-lua clean`: removes what jobs left in storage, and cloud objects that were stored without a key.
//!
//! Executors remove what is theirs when they end; what is here was left by those that were killed.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use indicatif::HumanBytes;

use super::low_args::CleanOptions;
use crate::config::ConfigError;
use crate::lua::vm::ConfigChoice;
use crate::storage::temporary::{CLOUD_OBJECTS_PREFIX, DATASETS_PREFIX, is_temporary};
use crate::storage::{self, JOBS_PREFIX, ObjectInfo, Storage, StorageError};

/// Why not everything could be removed. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Some objects stay.
    #[error("{first} ({failed} of {count} objects could not be removed)")]
    Some { first: StorageError, failed: usize, count: usize },
}

/// What was found, and what became of it.
#[derive(Default)]
struct Tally {
    count: usize,
    size_bytes: u64,
    failed: Vec<StorageError>,
    /// The keys, for a dry run.
    keys: String,
}

/// Removes what the options say from the default bucket of the configured storage. Gives what goes to standard output.
///
/// # Errors
/// Where something could not be removed, or nothing looked at.
pub fn run(choice: &ConfigChoice, options: &CleanOptions) -> Result<String, Failure> {
    let config = choice.load()?;
    crate::io::handle().block_on(async {
        let storage = storage::open(&config).await?;
        let mut tally = Tally::default();
        sweep(&*storage, JOBS_PREFIX, |_| true, options, &mut tally).await?;
        sweep(&*storage, CLOUD_OBJECTS_PREFIX, is_temporary, options, &mut tally).await?;
        sweep(&*storage, DATASETS_PREFIX, |_| true, options, &mut tally).await?;
        tally.told(&*storage, options.dry_run)
    })
}

/// A page at a time, since there may be millions.
async fn sweep(
    storage: &dyn Storage,
    prefix: &str,
    is_ours: impl Fn(&str) -> bool,
    options: &CleanOptions,
    tally: &mut Tally,
) -> Result<(), StorageError> {
    let age = options.older_than.map(|hours| Duration::from_secs_f64(hours * 3600.0));
    let newest = age.and_then(|age| SystemTime::now().checked_sub(age));
    let is_meant =
        |object: &ObjectInfo| is_ours(&object.key) && newest.is_none_or(|newest| object.last_modified < newest);
    let bucket = storage.default_bucket();
    let mut pages = storage.list_objects(bucket, prefix).await?;
    while let Some(mut page) = pages.next_page().await? {
        page.retain(is_meant);
        tally.count += page.len();
        tally.size_bytes += page.iter().map(|object| object.size_bytes).sum::<u64>();
        if options.dry_run {
            page.iter().for_each(|object| tally.keys.extend([&object.key, "\n"]));
            continue;
        }
        let sizes: Vec<(String, u64)> = page.into_iter().map(|object| (object.key, object.size_bytes)).collect();
        let keys: Vec<String> = sizes.iter().map(|(key, _)| key.clone()).collect();
        for (failed, error) in storage.delete_objects(bucket, &keys).await? {
            tally.size_bytes -= sizes.iter().find(|(key, _)| *key == failed).map_or(0, |(_, size_bytes)| *size_bytes);
            tally.failed.push(error);
        }
    }
    Ok(())
}

impl Tally {
    fn told(mut self, storage: &dyn Storage, dry_run: bool) -> Result<String, Failure> {
        let (failed, count) = (self.failed.len(), self.count);
        if let Some(first) = self.failed.into_iter().next() {
            return Err(Failure::Some { first, failed, count });
        }
        let verb = if dry_run { "would remove" } else { "removed" };
        let objects = if count == 1 { "object" } else { "objects" };
        let size = HumanBytes(self.size_bytes);
        let (bucket, backend) = (storage.default_bucket(), storage.backend());
        // Writing to a string never fails.
        let _ = writeln!(self.keys, "{verb} {count} {objects}, {size}, from bucket {bucket} ({backend})");
        Ok(self.keys)
    }
}
