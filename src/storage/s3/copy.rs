//! Copying objects within S3, which does it by itself.

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::connection::time_to_complete;
use super::{S3Storage, Storage};
use crate::storage::{StorageError, StorageErrorKind};

/// What one request copies (API reference of `CopyObject`).
const MOST_BYTES: u64 = 5 << 30;
/// What the header of the source leaves as it is.
const IN_HEADER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl S3Storage {
    /// Copies an object. One that is too large for one request, or that a server of the user's own does not copy, goes
    /// through this machine.
    pub(super) async fn copy(&self, from: (&str, &str), to: (&str, &str), action: &str) -> Result<(), StorageError> {
        let (found, etag) = self.properties(from.0, from.1, action).await?;
        if found.size_bytes > MOST_BYTES {
            return self.through_this_machine(from, to).await;
        }
        let source = format!("{}/{}", from.0, utf8_percent_encode(from.1, IN_HEADER));
        let (source, etag) = (&source, &etag);
        let copied = self
            .with_bucket(to.0, || async move {
                let request = self.client().copy_object().bucket(to.0).key(to.1).copy_source(source);
                let request = request.set_copy_source_if_match(Some(etag.clone()).filter(|etag| !etag.is_empty()));
                let request = request.set_expected_source_bucket_owner(self.owner(from.0));
                let request = request.set_expected_bucket_owner(self.owner(to.0));
                match request.customize().config_override(time_to_complete()).send().await {
                    Ok(_) => Ok(true),
                    Err(error) if error.code() == Some("NotImplemented") => Ok(false),
                    // Which of the two buckets is missing is known: the source was there a moment ago.
                    Err(error) => Err(self.explain(to.0, action, &error)),
                }
            })
            .await;
        match copied {
            Ok(true) => Ok(()),
            Ok(false) => self.through_this_machine(from, to).await,
            Err(error) if error.kind() == StorageErrorKind::ObjectChanged => {
                let reason = "the object was replaced while it was copied: copy it again";
                Err(StorageError::new(StorageErrorKind::ObjectChanged, action, reason))
            }
            Err(error) => Err(error),
        }
    }

    async fn through_this_machine(&self, from: (&str, &str), to: (&str, &str)) -> Result<(), StorageError> {
        let object = self.get_object_stream(from.0, from.1, None).await?;
        self.put_object(to.0, to.1, object.into()).await
    }
}
