//! What addresses lead to: stores, files, URLs, of which objects are read and nothing is written.

use std::path::PathBuf;
use std::sync::Arc;

use super::address::{Address, Scheme, Selector};
use super::compression::Compression;
use super::local::Files;
use super::object::{ByteRange, ObjectInfo, ObjectPages, ObjectReader};
use super::{LocalStorage, S3Storage, Storage, StorageError, StorageErrorKind, http};
use crate::config::Config;

/// An object that was found.
#[derive(Debug, Clone)]
pub struct Found {
    pub info: ObjectInfo,
    /// Whether ranges of it can be read.
    pub has_ranges: bool,
}

impl From<ObjectInfo> for Found {
    fn from(info: ObjectInfo) -> Found {
        Found { info, has_ranges: true }
    }
}

impl Found {
    /// Why it cannot be cut, at lines if there is a `newline`.
    pub fn is_one_piece(&self, newline: Option<u8>) -> Option<String> {
        if !self.has_ranges {
            return Some("its server gives no ranges".into());
        }
        // Exact ranges are of the bytes as they are stored.
        let format = newline.and_then(|_| Compression::of_name(&self.info.key))?;
        Some(format!("it is {format}, which can only be read from its start"))
    }
}

/// The place that a scheme stands for. Cheap to clone.
#[derive(Debug, Clone)]
pub enum ObjectSource {
    Stored(Arc<dyn Storage>),
    Files,
    Urls,
}

impl ObjectSource {
    /// The place, as the configuration has it, whichever storage is the default one.
    pub async fn open(scheme: Scheme, config: &Config) -> Result<ObjectSource, StorageError> {
        Ok(match scheme {
            Scheme::S3 => ObjectSource::Stored(Arc::new(S3Storage::open(config).await?)),
            Scheme::Local => {
                let section = &config.localhost;
                ObjectSource::Stored(Arc::new(LocalStorage::new(&section.storage_root, &section.storage_bucket)))
            }
            Scheme::File => ObjectSource::Files,
            Scheme::Http => ObjectSource::Urls,
        })
    }

    /// What is known of one object. Fails as [`Storage::head_object`].
    pub async fn find(&self, bucket: &str, key: &str) -> Result<Found, StorageError> {
        match self {
            ObjectSource::Stored(storage) => storage.head_object(bucket, key).await.map(Found::from),
            ObjectSource::Files => Files::head_object(key).await.map(Found::from),
            ObjectSource::Urls => http::find(key).await,
        }
    }

    /// The objects that an address may stand for, and perhaps others: those that [`Address::matches`] are meant.
    /// Otherwise as [`Storage::list_objects`].
    pub async fn list(&self, address: &Address) -> Result<ObjectPages, StorageError> {
        match (self, &address.selector) {
            (ObjectSource::Files, Selector::Glob(pattern)) => Files::list_matching(pattern).await,
            _ => self.list_objects(&address.bucket, address.literal_prefix()).await,
        }
    }

    /// As [`Storage::list_objects`].
    async fn list_objects(&self, bucket: &str, prefix: &str) -> Result<ObjectPages, StorageError> {
        match self {
            ObjectSource::Stored(storage) => storage.list_objects(bucket, prefix).await,
            ObjectSource::Files => Files::list_objects(prefix).await,
            ObjectSource::Urls => {
                let action = format!("list {prefix}");
                Err(StorageError::new(StorageErrorKind::InvalidKey, action, "a URL names one object"))
            }
        }
    }

    /// As [`Storage::get_object_stream`].
    pub async fn get_object_stream(
        &self,
        bucket: &str,
        key: &str,
        range: Option<ByteRange>,
    ) -> Result<ObjectReader, StorageError> {
        match self {
            ObjectSource::Stored(storage) => storage.get_object_stream(bucket, key, range).await,
            ObjectSource::Files => Files::get_object_stream(key, range).await,
            ObjectSource::Urls => http::open(key, range).await,
        }
    }

    /// The file of an object, where it is one of this machine.
    pub fn path(scheme: Scheme, bucket: &str, key: &str, config: &Config) -> Option<PathBuf> {
        match scheme {
            Scheme::File => Some(PathBuf::from(format!("/{key}"))),
            Scheme::Local => Some(config.localhost.storage_root.join(bucket).join(key)),
            Scheme::S3 | Scheme::Http => None,
        }
    }
}
