//! Storage in a folder of this machine: a bucket is a folder in it, a key a path in the bucket.
//!
//! Everything is private to the user. A write goes to a file in `.tmp`, beside the buckets, and is then
//! renamed, so that nobody ever sees a part of an object. Data is not forced to the disk: an object may be lost when
//! the machine itself stops, not when the program does. All file work runs on tokio's threads for blocking work.

mod any_file;
mod files;
mod list;
mod place;
mod read;
mod route;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::names::{on_bucket, on_object};
use super::object::{Body, ByteRange, ObjectInfo, ObjectPages, ObjectReader};
use super::{Storage, StorageError, StorageErrorKind};

pub(super) use any_file::Files;
use files::Failure;
pub(super) use files::{create_private_folders, publish, stage};
use place::Place;

/// A folder of buckets. Cheap to clone; two for the same folder, in one process or several, agree.
#[derive(Debug, Clone)]
pub struct LocalStorage {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    default_bucket: String,
    /// Whether what killed programs left in `.tmp` was removed by this one.
    swept: AtomicBool,
}

impl LocalStorage {
    /// Storage in the folder `root`, which is made by the first put.
    pub fn new(root: impl Into<PathBuf>, default_bucket: impl Into<String>) -> LocalStorage {
        let shared = Shared { root: root.into(), default_bucket: default_bucket.into(), swept: AtomicBool::new(false) };
        LocalStorage { shared: Arc::new(shared) }
    }

    /// The folder of the buckets.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    fn bucket(&self, bucket: &str, action: &str) -> Result<PathBuf, StorageError> {
        place::bucket_folder(&self.shared.root, bucket, action)
    }

    fn place(&self, bucket: &str, key: &str, action: &str) -> Result<Place, StorageError> {
        Place::new(&self.shared.root, bucket, key, action)
    }

    /// A bucket that is there, or the default one, which needs no making.
    fn check_bucket(&self, bucket: &str, folder: &Path, action: &str) -> Result<(), StorageError> {
        if bucket == self.shared.default_bucket {
            return Ok(());
        }
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => Ok(()),
            Err(error) if !is_absence(&error) => Err(StorageError::io(action, &error)),
            _ => {
                let fix = format!(
                    "there is no such bucket: make it with `create_bucket(\"{bucket}\")`, or use the default one, `{}`",
                    self.shared.default_bucket
                );
                Err(StorageError::new(StorageErrorKind::NoSuchBucket, action, fix))
            }
        }
    }

    /// Makes the folders that a put needs, and gives the one for unfinished files.
    fn prepare(&self, bucket: &str, folder: &Path, action: &str) -> Result<PathBuf, StorageError> {
        let staging = self.shared.root.join(".tmp");
        create_private_folders(&staging).map_err(|error| self.unusable(error, action))?;
        if !self.shared.swept.swap(true, Ordering::Relaxed) {
            files::sweep(&staging);
        }
        self.check_bucket(bucket, folder, action)?;
        create_private_folders(folder).map_err(|error| self.unusable(error, action))?;
        Ok(staging)
    }

    /// The data folder cannot be made or written: the remedy is in the configuration.
    fn unusable(&self, error: io::Error, action: &str) -> StorageError {
        let full = StorageError::io(action, &error);
        if full.kind() == StorageErrorKind::DiskFull {
            return full;
        }
        let reason = format!(
            "the data folder {} cannot be written ({error}): set `localhost.storage_root` to a folder that can",
            self.shared.root.display()
        );
        StorageError::new(StorageErrorKind::AccessDenied, action, reason)
    }

    fn put_failed(&self, failure: Failure, action: &str) -> StorageError {
        match failure {
            Failure::Conflict => {
                let reason = "another key is a folder of this one, or this one of it, and local storage keeps keys as paths: choose another key";
                StorageError::new(StorageErrorKind::KeyConflict, action, reason)
            }
            Failure::Io(error)
                if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) =>
            {
                self.unusable(error, action)
            }
            Failure::Io(error) => StorageError::io(action, &error),
        }
    }
}

#[async_trait]
impl Storage for LocalStorage {
    fn backend(&self) -> &str {
        "localhost"
    }

    fn default_bucket(&self) -> &str {
        &self.shared.default_bucket
    }

    async fn put_object(&self, bucket: &str, key: &str, body: Body) -> Result<(), StorageError> {
        let action = on_object("put", bucket, key);
        let place = self.place(bucket, key, &action)?;
        let (this, name, at) = (self.clone(), bucket.to_string(), action.clone());
        // One hop to another thread stages a body that is at hand, and publishes it too.
        let (staged, place, stream) = run(&action, move || {
            let staging = this.prepare(&name, &place.bucket, &at)?;
            let mut staged = stage(&staging).map_err(|error| this.put_failed(Failure::Io(error), &at))?;
            let stream = match body {
                Body::Bytes(bytes) => {
                    files::write(&mut staged, &bytes).map_err(|error| StorageError::io(&at, &error))?;
                    None
                }
                Body::File(path) => {
                    files::copy(&path, &mut staged).map_err(|error| {
                        let at = format!("{at} from {}", path.display());
                        StorageError::io(at, &error)
                    })?;
                    None
                }
                Body::Stream(stream) => Some(stream),
            };
            if stream.is_none() {
                files::place(staged, &place).map_err(|failure| this.put_failed(failure, &at))?;
                return Ok((None, place, None));
            }
            Ok((Some(staged), place, stream))
        })
        .await?;
        let (Some(mut staged), Some(mut stream)) = (staged, stream) else {
            return Ok(());
        };
        while let Some(chunk) = stream.next_chunk().await? {
            staged = blocking(&action, move || files::write(&mut staged, &chunk).map(|()| staged)).await?;
        }
        let (this, at) = (self.clone(), action.clone());
        run(&action, move || files::place(staged, &place).map_err(|failure| this.put_failed(failure, &at))).await
    }

    async fn get_object_stream(
        &self,
        bucket: &str,
        key: &str,
        range: Option<ByteRange>,
    ) -> Result<ObjectReader, StorageError> {
        let action = on_object("get", bucket, key);
        let opened = self.open_object(bucket, key, range, &action, Ok).await?;
        Ok(opened.into_reader(action))
    }

    async fn get_object(&self, bucket: &str, key: &str, range: Option<ByteRange>) -> Result<Bytes, StorageError> {
        let action = on_object("get", bucket, key);
        self.open_object(bucket, key, range, &action, |opened| opened.read_whole()).await
    }

    async fn head_object(&self, bucket: &str, key: &str) -> Result<ObjectInfo, StorageError> {
        let action = on_object("get the properties of", bucket, key);
        self.open_object(bucket, key, None, &action, |opened| Ok(opened.info)).await
    }

    async fn head_bucket(&self, bucket: &str) -> Result<(), StorageError> {
        let action = on_bucket("look at", bucket);
        let folder = self.bucket(bucket, &action)?;
        let (this, name, at) = (self.clone(), bucket.to_string(), action.clone());
        run(&action, move || this.check_bucket(&name, &folder, &at)).await
    }

    async fn list_buckets(&self) -> Result<Vec<String>, StorageError> {
        let action = "list buckets".to_owned();
        let (root, at) = (self.shared.root.clone(), action.clone());
        run(&action, move || {
            let entries = match fs::read_dir(root) {
                Ok(entries) => entries,
                Err(error) if is_absence(&error) => return Ok(Vec::new()),
                Err(error) => return Err(StorageError::io(&at, &error)),
            };
            let entries: Vec<_> = entries.collect::<io::Result<_>>().map_err(|error| StorageError::io(&at, &error))?;
            let folders = entries.into_iter().filter(|entry| entry.path().is_dir());
            let found = folders.filter_map(|entry| entry.file_name().into_string().ok());
            let mut buckets: Vec<String> =
                found.filter(|name| crate::storage::names::check_bucket(name, &at).is_ok()).collect();
            buckets.sort();
            Ok(buckets)
        })
        .await
    }

    async fn create_bucket(&self, bucket: &str) -> Result<(), StorageError> {
        let action = on_bucket("create", bucket);
        let folder = self.bucket(bucket, &action)?;
        let (this, at) = (self.clone(), action.clone());
        run(&action, move || create_private_folders(&folder).map_err(|error| this.unusable(error, &at))).await
    }

    async fn delete_object(&self, bucket: &str, key: &str) -> Result<(), StorageError> {
        let failed = self.delete_objects(bucket, &[key.into()]).await?;
        failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    }

    async fn delete_objects(&self, bucket: &str, keys: &[String]) -> Result<Vec<(String, StorageError)>, StorageError> {
        let action = on_bucket("delete objects of", bucket);
        let folder = self.bucket(bucket, &action)?;
        let (this, name, at, keys) = (self.clone(), bucket.to_string(), action.clone(), keys.to_vec());
        run(&action, move || {
            this.check_bucket(&name, &folder, &at)?;
            let mut failed = Vec::new();
            for key in keys {
                let action = on_object("delete", &name, &key);
                let deleted = this
                    .place(&name, &key, &action)
                    .and_then(|place| files::remove(&place).map_err(|error| StorageError::io(action, &error)));
                failed.extend(deleted.err().map(|error| (key, error)));
            }
            Ok(failed)
        })
        .await
    }

    async fn list_objects(&self, bucket: &str, prefix: &str) -> Result<ObjectPages, StorageError> {
        let action = on_bucket("list", bucket);
        let folder = self.bucket(bucket, &action)?;
        let (this, name, at) = (self.clone(), bucket.to_string(), action.clone());
        let prefix = prefix.to_string();
        let walk = run(&action, move || {
            this.check_bucket(&name, &folder, &at)?;
            list::Walk::new(folder, &prefix).map_err(|error| StorageError::io(at, &error))
        })
        .await?;
        Ok(list::pages(walk, action))
    }
}

impl LocalStorage {
    /// Opens an object on a thread for blocking work and does `then` with it there.
    async fn open_object<T: Send + 'static>(
        &self,
        bucket: &str,
        key: &str,
        range: Option<ByteRange>,
        action: &str,
        then: impl FnOnce(read::Opened) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StorageError> {
        let place = self.place(bucket, key, action)?;
        let (this, name, at) = (self.clone(), bucket.to_string(), action.to_string());
        run(action, move || {
            let opened = read::Opened::new(&place, range, &at)?;
            let Some(opened) = opened else {
                this.check_bucket(&name, &place.bucket, &at)?;
                return Err(StorageError::new(StorageErrorKind::NoSuchKey, at, "there is no such key"));
            };
            then(opened).map_err(|error| StorageError::io(at, &error))
        })
        .await
    }
}

/// Whether the error says that there is nothing: also where a part of the path is a file, or a key is longer than any here.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename)
}

/// Runs file work where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    action: &str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    let at = action.to_string();
    run(action, move || work().map_err(|error| StorageError::io(at, &error))).await
}

async fn run<T: Send + 'static>(
    action: &str,
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => Err(StorageError::new(StorageErrorKind::Io, action, stopped.to_string())),
    }
}
