//! Values too large for a message between driver and worker, passed by key.

mod folder;
mod stored;

use std::path::PathBuf;

use bytes::Bytes;

use super::StorageError;
use crate::config::Config;

use folder::FolderScratch;
use stored::StoredScratch;

/// In front of the keys of all jobs' values in storage; the executor's id follows. `lithops-lua clean` empties it.
pub const JOBS_PREFIX: &str = "lithops-lua/jobs/";

/// A place for passing values by key: a folder of this machine, or objects in the configured storage. A key names its
/// content, or is put only once: what is there under a key is never replaced by something else. Whoever made the place
/// empties it.
#[derive(Debug)]
pub struct Scratch(Form);

#[derive(Debug)]
enum Form {
    Folder(FolderScratch),
    Stored(Box<StoredScratch>),
}

/// A value in a [`Scratch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScratchEntry {
    pub key: String,
    pub size_bytes: u64,
}

impl Scratch {
    /// A folder, which is made by the first put.
    pub fn local(folder: PathBuf) -> Scratch {
        Scratch(Form::Folder(FolderScratch::new(folder)))
    }

    /// Objects under `prefix/` in the default bucket of the storage that `config` names, which is opened at first use.
    pub fn in_storage(config: Config, prefix: String) -> Scratch {
        Scratch(Form::Stored(Box::new(StoredScratch::new(config, prefix))))
    }

    /// The folder, if it is one.
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.0 {
            Form::Folder(scratch) => Some(scratch.folder().into()),
            Form::Stored(_) => None,
        }
    }

    /// Stores a value; readers see all of it or nothing. In storage, what this process has put under the key is not sent
    /// again.
    pub async fn put(&self, key: &str, body: Bytes) -> Result<(), StorageError> {
        match &self.0 {
            Form::Folder(scratch) => scratch.put(key, body).await,
            Form::Stored(scratch) => scratch.put(key, body).await,
        }
    }

    /// The value under a key, whole.
    pub async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        match &self.0 {
            Form::Folder(scratch) => scratch.get(key).await,
            Form::Stored(scratch) => scratch.get(key).await,
        }
    }

    /// Removes a value; one that is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        match &self.0 {
            Form::Folder(scratch) => scratch.delete(key).await,
            Form::Stored(scratch) => scratch.delete_all(&[key.to_owned()]).await,
        }
    }

    /// Removes all these values as far as possible.
    ///
    /// # Errors
    /// The first failure; all keys were tried.
    pub async fn delete_all(&self, keys: &[String]) -> Result<(), StorageError> {
        match &self.0 {
            Form::Folder(scratch) => {
                let mut result = Ok(());
                for key in keys {
                    result = result.and(scratch.delete(key).await);
                }
                result
            }
            Form::Stored(scratch) => scratch.delete_all(keys).await,
        }
    }

    /// Others will put values here for this process, which [`remove_all`](Self::remove_all) is to find.
    pub fn expect_values(&self) {
        if let Form::Stored(scratch) = &self.0 {
            scratch.expect_values();
        }
    }

    /// Removes all values. Where there can be none, nothing is asked of the storage.
    pub async fn remove_all(&self) -> Result<(), StorageError> {
        if let Form::Stored(scratch) = &self.0
            && !scratch.is_used()
        {
            return Ok(());
        }
        let keys: Vec<String> = self.list("").await?.into_iter().map(|entry| entry.key).collect();
        self.delete_all(&keys).await
    }

    /// The values whose keys begin with `prefix`, sorted by key.
    pub async fn list(&self, prefix: &str) -> Result<Vec<ScratchEntry>, StorageError> {
        match &self.0 {
            Form::Folder(scratch) => scratch.list(prefix).await,
            Form::Stored(scratch) => scratch.list(prefix).await,
        }
    }
}
