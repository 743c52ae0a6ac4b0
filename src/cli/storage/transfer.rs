//! One object or file from here to there, each pair by the best way that its ends have.

use std::path::Path;
use std::time::SystemTime;

use super::Failure;
use super::place::{Item, Places};
use super::standard::{StandardInput, to_standard_output};
use crate::storage::{
    self, Body, ObjectInfo, ObjectReader, ObjectSource, Scheme, StorageError, StorageErrorKind, UNKNOWN_SIZE, counted,
};

/// Copies one.
pub(super) async fn one(places: &Places, from: &Item, to: &Item) -> Result<(), Failure> {
    if from == to && *from != Item::Standard {
        return Err(Failure::Refused(format!("copy {}: it would be copied to itself", from.shown())));
    }
    match (from, to) {
        (Item::File(path), Item::Object { scheme, bucket, key }) => {
            Ok(places.store(*scheme).await?.upload_file(path, bucket, key).await?)
        }
        (Item::Object { scheme, bucket, key }, Item::File(path)) if *scheme != Scheme::Http => {
            Ok(places.store(*scheme).await?.download_file(bucket, key, path).await?)
        }
        (Item::Object { scheme, bucket, key }, Item::Object { scheme: to, bucket: to_bucket, key: to_key })
            if scheme == to =>
        {
            Ok(places.store(*scheme).await?.copy_object(bucket, key, to_bucket, to_key).await?)
        }
        _ => through_here(places, from, to).await,
    }
}

async fn through_here(places: &Places, from: &Item, to: &Item) -> Result<(), Failure> {
    let reader = open(places, from).await?;
    match to {
        Item::Standard => to_standard_output(reader).await,
        Item::File(path) => Ok(storage::write_to_file(reader, path).await?),
        Item::Object { scheme, bucket, key } => {
            let body = Body::Stream(counted(Box::new(reader)));
            Ok(places.store(*scheme).await?.put_object(bucket, key, body).await?)
        }
    }
}

async fn open(places: &Places, from: &Item) -> Result<ObjectReader, StorageError> {
    match from {
        Item::Standard => {
            let info = ObjectInfo {
                key: "-".into(),
                size_bytes: UNKNOWN_SIZE,
                last_modified: SystemTime::UNIX_EPOCH,
                etag: String::new(),
            };
            Ok(ObjectReader::new(info, UNKNOWN_SIZE, Box::new(StandardInput)))
        }
        Item::File(path) => ObjectSource::Files.get_object_stream("", &file_key(path)?, None).await,
        Item::Object { scheme, bucket, key } => {
            places.source(*scheme).await?.get_object_stream(bucket, key, None).await
        }
    }
}

/// A path as the key of a file.
pub(super) fn file_key(path: &Path) -> Result<String, StorageError> {
    let action = || format!("read {}", path.display());
    let absolute = std::path::absolute(path).map_err(|error| StorageError::io(action(), &error))?;
    match absolute.to_str() {
        Some(text) => Ok(text.trim_start_matches('/').into()),
        None => Err(StorageError::new(StorageErrorKind::InvalidKey, action(), "its name is not UTF-8: rename it")),
    }
}

/// How large it is, if that can be known.
pub(super) async fn size_bytes(places: &Places, from: &Item) -> Option<u64> {
    let known = match from {
        Item::Standard => None,
        Item::File(path) => path.metadata().ok().filter(std::fs::Metadata::is_file).map(|found| found.len()),
        Item::Object { scheme, bucket, key } => {
            Some(places.source(*scheme).await.ok()?.find(bucket, key).await.ok()?.info.size_bytes)
        }
    };
    known.filter(|size_bytes| *size_bytes != UNKNOWN_SIZE)
}

/// Whether something is there already.
pub(super) async fn is_there(places: &Places, to: &Item) -> Result<bool, Failure> {
    match to {
        Item::Standard => Ok(false),
        Item::File(path) => Ok(path.symlink_metadata().is_ok()),
        Item::Object { scheme, bucket, key } => match places.store(*scheme).await?.head_object(bucket, key).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == StorageErrorKind::NoSuchKey => Ok(false),
            Err(error) => Err(error.into()),
        },
    }
}
