//! Storage: the local backend on real folders, and what all backends share.

#[path = "support/disk.rs"]
mod disk;

#[path = "support/pieces.rs"]
mod pieces;

/// Opening a store as the configuration says, and references to objects.
#[path = "storage/backends.rs"]
mod backends;
/// Streams and files as bodies, and transfers that fail or are given up.
#[path = "storage/bodies.rs"]
mod bodies;
/// Listings, and the whole against a model.
#[path = "storage/listings.rs"]
mod listings;
/// The machine's side: permissions, full and read-only disks, others at the same time.
#[path = "storage/machine.rs"]
mod machine;
/// Keys, buckets, folders.
#[path = "storage/names.rs"]
mod names;
/// Putting, getting, ranges.
#[path = "storage/objects.rs"]
mod objects;

use std::fs;

use bytes::Bytes;
use lithops_lua::storage::{Body, LocalStorage, Storage, StorageError, StorageErrorKind as Kind};
use tempfile::TempDir;

const BUCKET: &str = "lithops";

fn fresh() -> (TempDir, LocalStorage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = LocalStorage::new(folder.path().join("data"), BUCKET);
    (folder, storage)
}

async fn put(storage: &LocalStorage, key: &str, body: impl Into<Bytes>) -> Result<(), StorageError> {
    storage.put_object(BUCKET, key, Body::Bytes(body.into())).await
}

async fn get(storage: &LocalStorage, key: &str) -> Result<Bytes, StorageError> {
    storage.get_object(BUCKET, key, None).await
}

async fn keys(storage: &LocalStorage, prefix: &str) -> Vec<String> {
    storage.list_keys(BUCKET, prefix).await.unwrap()
}

/// The files of `.tmp`: none after any put, whatever came of it.
fn debris(storage: &LocalStorage) -> usize {
    fs::read_dir(storage.root().join(".tmp")).map_or(0, Iterator::count)
}

fn kind<T: std::fmt::Debug>(result: Result<T, StorageError>) -> Kind {
    result.unwrap_err().kind()
}
