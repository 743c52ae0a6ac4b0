//! References to objects, which functions take and return in place of large values.

use serde::{Deserialize, Serialize};

use super::{Body, Storage, StorageError, StorageErrorKind};

/// In front of the keys of objects that were stored without one.
pub const CLOUD_OBJECTS_PREFIX: &str = "lithops/cloudobjects/";

/// The name of an object, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CloudObject {
    pub backend: String,
    pub bucket: String,
    pub key: String,
}

impl CloudObject {
    /// Stores a body and gives its reference. Without a bucket it is the default one, without a key one that nobody uses.
    pub async fn put(
        storage: &dyn Storage,
        body: Body,
        bucket: Option<&str>,
        key: Option<&str>,
    ) -> Result<CloudObject, StorageError> {
        let object = CloudObject {
            backend: storage.backend().into(),
            bucket: bucket.unwrap_or(storage.default_bucket()).into(),
            key: match key {
                Some(key) => key.into(),
                None => fresh_key()?,
            },
        };
        storage.put_object(&object.bucket, &object.key, body).await?;
        Ok(object)
    }

    /// Fails where this object is of another backend than `storage`.
    pub fn check_backend(&self, storage: &dyn Storage) -> Result<(), StorageError> {
        if self.backend == storage.backend() {
            return Ok(());
        }
        let reason = format!(
            "it is an object of storage backend `{}`, and this storage is `{}`",
            self.backend,
            storage.backend()
        );
        let action = format!("use cloud object `{}` of bucket `{}`", self.key, self.bucket);
        Err(StorageError::new(StorageErrorKind::NoSuchBackend, action, reason))
    }
}

fn fresh_key() -> Result<String, StorageError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        StorageError::new(StorageErrorKind::Io, "choose a key for a cloud object", error.to_string())
    })?;
    Ok(format!("{CLOUD_OBJECTS_PREFIX}{:032x}", u128::from_le_bytes(random)))
}
