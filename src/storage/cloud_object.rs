//! References to objects, which functions take and return in place of large values.

use serde::{Deserialize, Serialize};

use super::{Body, Storage, StorageError, StorageErrorKind};

/// The name of an object, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CloudObject {
    pub backend: String,
    pub bucket: String,
    pub key: String,
}

impl CloudObject {
    /// Stores a body and gives its reference.
    pub async fn put(storage: &dyn Storage, body: Body, bucket: &str, key: &str) -> Result<CloudObject, StorageError> {
        let object = CloudObject { backend: storage.backend().into(), bucket: bucket.into(), key: key.into() };
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
