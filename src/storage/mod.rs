//! Object storage: buckets of objects, each under a key.
//!
//! [`Storage`] is what every backend offers, and [`open`] makes the one that the configuration names. Backends:
//!
//! - [`LocalStorage`]: a folder on this machine.
//! - [`S3Storage`]: Amazon S3, or another server that speaks its protocol.
//!
//! An [`Address`] names objects anywhere: in these stores, files, URLs; an [`ObjectSource`] reads them, and a [`Piece`] is a part of one,
//! cut at lines.
//!
//! Bodies and answers are bytes, or streams that hold a bounded buffer ([`Body`], [`ObjectReader`]);
//! listings come a page at a time ([`ObjectPages`]). Every failure is a [`StorageError`] with a stable kind.

mod address;
mod cloud_object;
pub(crate) mod compression;
mod decompress;
mod error;
mod http;
mod local;
mod moved;
mod names;
mod object;
mod piece;
mod s3;
mod scratch;
mod source;
pub mod temporary;
mod transfer;

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::config::Config;

pub use address::{Address, Scheme, Selector};
pub use cloud_object::CloudObject;
pub use error::{StorageError, StorageErrorKind};
pub use local::LocalStorage;
pub use moved::{counted, moved_bytes};
pub use object::{
    Body, ByteRange, CHUNK_BYTES, ChunkSource, ObjectInfo, ObjectPages, ObjectReader, PAGE_OBJECTS, UNKNOWN_SIZE,
};
pub use piece::Piece;
pub use s3::{S3Storage, given_up_uploads_are_forgotten};
pub use scratch::{JOBS_PREFIX, Scratch, ScratchEntry};
pub use source::{Found, ObjectSource};
pub use transfer::download as write_to_file;

use object::collect;

/// The store that `lithops.storage` names. Nothing of it is touched before its first use.
pub async fn open(config: &Config) -> Result<Arc<dyn Storage>, StorageError> {
    let backend = config.lithops.storage.as_str();
    match backend {
        "localhost" => {
            let section = &config.localhost;
            Ok(Arc::new(LocalStorage::new(&section.storage_root, &section.storage_bucket)))
        }
        "aws_s3" => Ok(Arc::new(S3Storage::open(config).await?)),
        _ => Err(StorageError::no_such_backend(backend)),
    }
}

/// A store of objects. Where a method fails, the error names bucket and key; a bucket or key that breaks
/// the rules for names is `invalid_bucket` or `invalid_key`, and a bucket that is not there `no_such_bucket`.
#[async_trait]
pub trait Storage: Send + Sync + Debug {
    /// The backend's name, as in the configuration.
    fn backend(&self) -> &str;

    /// The bucket used where none is named. It always exists, or is made by the first put.
    fn default_bucket(&self) -> &str;

    /// Stores an object, in place of the one that was there. Others see the old one or the new one, never a part;
    /// after an error they see the old one.
    async fn put_object(&self, bucket: &str, key: &str, body: Body) -> Result<(), StorageError>;

    /// Opens an object, or a range of it, for reading by chunks. It stays what it was when it was opened.
    ///
    /// # Errors
    /// `no_such_key`; `invalid_range` where the range begins at or after the end.
    async fn get_object_stream(
        &self,
        bucket: &str,
        key: &str,
        range: Option<ByteRange>,
    ) -> Result<ObjectReader, StorageError>;

    /// Reads an object, or a range of it, whole. Fails as [`Storage::get_object_stream`].
    async fn get_object(&self, bucket: &str, key: &str, range: Option<ByteRange>) -> Result<Bytes, StorageError> {
        collect(self.get_object_stream(bucket, key, range).await?).await
    }

    /// What is known of an object without reading it. `no_such_key` where there is none.
    async fn head_object(&self, bucket: &str, key: &str) -> Result<ObjectInfo, StorageError>;

    /// Succeeds where the bucket can be used.
    async fn head_bucket(&self, bucket: &str) -> Result<(), StorageError>;

    /// The buckets that there are, sorted. One that the first put would make is not among them.
    async fn list_buckets(&self) -> Result<Vec<String>, StorageError>;

    /// Makes a bucket; one that is there already is no error.
    async fn create_bucket(&self, bucket: &str) -> Result<(), StorageError>;

    /// Deletes an object; as on S3, one that is not there is no error.
    async fn delete_object(&self, bucket: &str, key: &str) -> Result<(), StorageError>;

    /// Deletes all these objects as far as possible, and gives what could not be deleted and why.
    /// An error of its own only where none could be tried.
    async fn delete_objects(&self, bucket: &str, keys: &[String]) -> Result<Vec<(String, StorageError)>, StorageError>;

    /// The objects whose keys begin with `prefix`, sorted by the bytes of their keys; another server than AWS's own may
    /// have an order of its own.
    /// Objects put or deleted meanwhile may be in it or not.
    async fn list_objects(&self, bucket: &str, prefix: &str) -> Result<ObjectPages, StorageError>;

    /// The keys that begin with `prefix`, sorted.
    async fn list_keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, StorageError> {
        let mut pages = self.list_objects(bucket, prefix).await?;
        let mut keys = Vec::new();
        while let Some(page) = pages.next_page().await? {
            keys.extend(page.into_iter().map(|object| object.key));
        }
        // Most servers sort them, and then this is one look at each.
        keys.sort();
        Ok(keys)
    }

    /// Stores a copy of an object of this store, in place of what was there.
    async fn copy_object(&self, bucket: &str, key: &str, to_bucket: &str, to_key: &str) -> Result<(), StorageError> {
        let object = self.get_object_stream(bucket, key, None).await?;
        self.put_object(to_bucket, to_key, object.into()).await
    }

    /// Stores a file's content.
    async fn upload_file(&self, path: &Path, bucket: &str, key: &str) -> Result<(), StorageError> {
        self.put_object(bucket, key, Body::File(path.into())).await
    }

    /// Writes an object to a file, which appears, or replaces the one that was there, only when it is complete. A pipe
    /// or a device takes it as it comes.
    async fn download_file(&self, bucket: &str, key: &str, path: &Path) -> Result<(), StorageError> {
        transfer::download(self.get_object_stream(bucket, key, None).await?, path).await
    }
}
