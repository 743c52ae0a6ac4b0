//! Where an object is, and which names are refused.

use std::path::{Path, PathBuf};

use crate::config::check_bucket_name;
use crate::storage::{StorageError, StorageErrorKind};

/// S3's limit for a key (Amazon S3 user guide, "Naming Amazon S3 objects").
const LONGEST_KEY_BYTES: usize = 1024;
/// NAME_MAX of Linux file systems.
const LONGEST_SEGMENT_BYTES: usize = 255;

/// The path of an object that may or may not be there.
#[derive(Debug)]
pub(super) struct Place {
    pub key: String,
    /// The bucket's folder.
    pub bucket: PathBuf,
    pub file: PathBuf,
}

impl Place {
    pub fn new(root: &Path, bucket: &str, key: &str, action: &str) -> Result<Place, StorageError> {
        let bucket = bucket_folder(root, bucket, action)?;
        if let Err(reason) = check_key(key) {
            return Err(StorageError::new(StorageErrorKind::InvalidKey, action, reason));
        }
        Ok(Place { key: key.into(), file: bucket.join(key), bucket })
    }
}

pub(super) fn bucket_folder(root: &Path, bucket: &str, action: &str) -> Result<PathBuf, StorageError> {
    match check_bucket_name(bucket) {
        Ok(()) => Ok(root.join(bucket)),
        Err(why) => {
            let reason = format!("the bucket's name is not allowed: {why}");
            Err(StorageError::new(StorageErrorKind::InvalidBucket, action, reason))
        }
    }
}

/// Whether a key can be a path within a bucket.
fn check_key(key: &str) -> Result<(), String> {
    if key.is_empty() {
        return Err("the key is empty".into());
    }
    if key.len() > LONGEST_KEY_BYTES {
        return Err(format!("the key has {} bytes, at most {LONGEST_KEY_BYTES} are allowed", key.len()));
    }
    if key.contains('\0') {
        return Err("the key contains a NUL character".into());
    }
    for segment in key.split('/') {
        match segment {
            "" => {
                return Err("the key begins or ends with `/`, or has two of them in a row".into());
            }
            "." | ".." => return Err(format!("the key contains `{segment}` between slashes")),
            _ if segment.len() > LONGEST_SEGMENT_BYTES => {
                return Err(format!(
                    "a part of the key between slashes has {} bytes, at most {LONGEST_SEGMENT_BYTES} are allowed on this machine",
                    segment.len()
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let longest = format!("{}/{}", "a".repeat(255), "b".repeat(255));
        for good in ["a", "a/b/c", "...", ".hidden", "a b", "é/日本", "-", "a\\b", "~", "a\n", &longest] {
            assert_eq!(check_key(good), Ok(()), "{good:?}");
        }
        let long = "a/".repeat(512) + "a";
        for bad in ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a/.", "a\0b", &long, &"a".repeat(256)] {
            assert!(check_key(bad).is_err(), "{bad:?}");
        }
    }
}
