//! Names of buckets and keys: which are refused by every backend, and how messages show them.

use super::{StorageError, StorageErrorKind};
use crate::config::check_bucket_name;

/// S3's limit for a key (Amazon S3 user guide, "Naming Amazon S3 objects").
const LONGEST_KEY_BYTES: usize = 1024;

/// Refuses a bucket that breaks the rules for names.
pub(super) fn check_bucket(bucket: &str, action: &str) -> Result<(), StorageError> {
    check_bucket_name(bucket).map_err(|why| {
        let reason = format!("the bucket's name is not allowed: {why}");
        StorageError::new(StorageErrorKind::InvalidBucket, action, reason)
    })
}

/// Whether a key can be stored anywhere. Servers, and proxies on the way, take dots between slashes for steps of a path.
pub(super) fn check_key(key: &str) -> Result<(), String> {
    if key.is_empty() {
        return Err("the key is empty".into());
    }
    if key.len() > LONGEST_KEY_BYTES {
        return Err(format!("the key has {} bytes, at most {LONGEST_KEY_BYTES} are allowed", key.len()));
    }
    if key.contains('\0') {
        return Err("the key contains a NUL character".into());
    }
    match key.split('/').find(|segment| matches!(*segment, "." | "..")) {
        Some(segment) => Err(format!("the key contains `{segment}` between slashes")),
        None => Ok(()),
    }
}

/// What is tried with an object, for messages.
pub(super) fn on_object(verb: &str, bucket: &str, key: &str) -> String {
    // A key that is refused for its length need not be shown in full.
    let shown: String = key.chars().take(200).collect();
    let cut = if shown.len() < key.len() { "…" } else { "" };
    format!("{verb} object `{}{cut}` of bucket `{bucket}`", shown.escape_debug())
}

/// What is tried with a bucket, for messages.
pub(super) fn on_bucket(verb: &str, bucket: &str) -> String {
    format!("{verb} bucket `{}`", bucket.escape_debug())
}
