//! Deleting objects, a thousand by one request.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::{S3Storage, check};
use crate::storage::StorageError;
use crate::storage::names::{on_bucket, on_object};

/// The keys of one request (API reference of `DeleteObjects`).
const KEYS_AT_ONCE: usize = 1000;

impl S3Storage {
    pub(super) async fn delete_one(&self, bucket: &str, key: &str, action: &str) -> Result<(), StorageError> {
        let request = self.client().delete_object().bucket(bucket).key(key);
        match request.set_expected_bucket_owner(self.owner(bucket)).send().await {
            Ok(_) => Ok(()),
            Err(error) => self.unless_empty_default(bucket, self.explain(bucket, action, &error)),
        }
    }

    pub(super) async fn delete_many(
        &self,
        bucket: &str,
        keys: &[String],
    ) -> Result<Vec<(String, StorageError)>, StorageError> {
        let mut failed = Vec::new();
        let mut together = Vec::new();
        for key in keys {
            let action = on_object("delete", bucket, key);
            if let Err(error) = check(bucket, key, &action) {
                failed.push((key.clone(), error));
            } else if is_xml(key) {
                together.push(key.as_str());
            } else if let Err(error) = self.delete_one(bucket, key, &action).await {
                failed.push((key.clone(), error));
            }
        }
        let mut tried_any = together.len() < keys.len();
        for keys in together.chunks(KEYS_AT_ONCE) {
            match self.delete_together(bucket, keys).await {
                Ok(more) => failed.extend(more),
                Err(error) if !tried_any => return Err(error),
                Err(error) => {
                    failed
                        .extend(keys.iter().map(|key| ((*key).to_owned(), error.of(on_object("delete", bucket, key)))));
                }
            }
            tried_any = true;
        }
        Ok(failed)
    }

    async fn delete_together(&self, bucket: &str, keys: &[&str]) -> Result<Vec<(String, StorageError)>, StorageError> {
        let action = on_bucket("delete objects of", bucket);
        let objects = keys.iter().map(|key| ObjectIdentifier::builder().key(*key).build());
        let delete = objects
            .collect::<Result<_, _>>()
            .and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build())
            .map_err(|error| StorageError::new(crate::storage::StorageErrorKind::Io, &action, error.to_string()))?;
        let request = self.client().delete_objects().bucket(bucket).delete(delete);
        let answer = match request.set_expected_bucket_owner(self.owner(bucket)).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let error = self.explain(bucket, &action, &error);
                return self.unless_empty_default(bucket, error).map(|()| Vec::new());
            }
        };
        let failed = answer.errors.unwrap_or_default().into_iter().map(|error| {
            let key = error.key.unwrap_or_default();
            let action = on_object("delete", bucket, &key);
            let (code, message) = (error.code.as_deref(), error.message.as_deref());
            let error = self.0.connection.explain_reported(bucket, &action, code, message);
            (key, error)
        });
        Ok(failed.collect())
    }

    /// There is nothing to delete in a bucket that was not made yet.
    fn unless_empty_default(&self, bucket: &str, error: StorageError) -> Result<(), StorageError> {
        if self.is_empty_default(bucket, &error) { Ok(()) } else { Err(error) }
    }
}

/// Whether a key can be written in XML at all, which is what such a request is. (XML 1.0, production `Char`.)
fn is_xml(key: &str) -> bool {
    key.chars().all(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
}
