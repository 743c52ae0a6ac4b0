//! Values as objects in the configured storage.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::OnceCell;

use super::ScratchEntry;
use crate::config::Config;
use crate::storage::{Body, Storage, StorageError, open};

pub(super) struct StoredScratch {
    config: Config,
    /// In front of all keys, with a slash at its end.
    prefix: String,
    /// Opened by whoever needs it first: a job of small calls never does.
    opened: OnceCell<Arc<dyn Storage>>,
    /// Whether there may be values of others.
    expects: AtomicBool,
    /// What this process has put or is putting.
    sent: Mutex<HashMap<String, Arc<OnceCell<()>>>>,
}

impl StoredScratch {
    pub fn new(config: Config, prefix: String) -> StoredScratch {
        let prefix = format!("{}/", prefix.trim_end_matches('/'));
        StoredScratch {
            config,
            prefix,
            opened: OnceCell::new(),
            expects: AtomicBool::new(false),
            sent: Mutex::default(),
        }
    }

    pub fn expect_values(&self) {
        self.expects.store(true, Ordering::Relaxed);
    }

    /// Whether there may be anything.
    pub fn is_used(&self) -> bool {
        self.opened.get().is_some() || self.expects.load(Ordering::Relaxed)
    }

    async fn storage(&self) -> Result<&dyn Storage, StorageError> {
        self.opened.get_or_try_init(|| open(&self.config)).await.map(Arc::as_ref)
    }

    fn sent(&self) -> MutexGuard<'_, HashMap<String, Arc<OnceCell<()>>>> {
        self.sent.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn object(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    pub async fn put(&self, key: &str, body: Bytes) -> Result<(), StorageError> {
        let sent = self.sent().entry(key.to_owned()).or_default().clone();
        // Whoever comes while it is on its way waits; after a failure the next one tries.
        let put = sent.get_or_try_init(|| async {
            let storage = self.storage().await?;
            storage.put_object(storage.default_bucket(), &self.object(key), Body::Bytes(body)).await
        });
        put.await.copied()
    }

    pub async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        let storage = self.storage().await?;
        storage.get_object(storage.default_bucket(), &self.object(key), None).await
    }

    pub async fn delete_all(&self, keys: &[String]) -> Result<(), StorageError> {
        if keys.is_empty() {
            return Ok(());
        }
        {
            let mut sent = self.sent();
            keys.iter().for_each(|key| drop(sent.remove(key)));
        }
        let storage = self.storage().await?;
        let failed = match keys {
            [key] => return storage.delete_object(storage.default_bucket(), &self.object(key)).await,
            keys => {
                let objects: Vec<String> = keys.iter().map(|key| self.object(key)).collect();
                storage.delete_objects(storage.default_bucket(), &objects).await?
            }
        };
        failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    }

    pub async fn list(&self, prefix: &str) -> Result<Vec<ScratchEntry>, StorageError> {
        let storage = self.storage().await?;
        let mut pages = storage.list_objects(storage.default_bucket(), &self.object(prefix)).await?;
        let mut entries = Vec::new();
        while let Some(page) = pages.next_page().await? {
            entries.extend(page.into_iter().filter_map(|object| {
                let key = object.key.strip_prefix(&self.prefix)?.to_owned();
                Some(ScratchEntry { key, size_bytes: object.size_bytes })
            }));
        }
        Ok(entries)
    }
}

impl fmt::Debug for StoredScratch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let opened = self.opened.get().is_some();
        f.debug_struct("StoredScratch").field("prefix", &self.prefix).field("opened", &opened).finish_non_exhaustive()
    }
}
