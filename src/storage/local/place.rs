//! Where an object is, and which names are refused.

use std::path::{Path, PathBuf};

use crate::storage::names;
use crate::storage::{StorageError, StorageErrorKind};

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
    names::check_bucket(bucket, action).map(|()| root.join(bucket))
}

/// Whether a key can be a path within a bucket.
fn check_key(key: &str) -> Result<(), String> {
    names::check_key(key)?;
    for segment in key.split('/') {
        match segment {
            "" => {
                return Err("the key begins or ends with `/`, or has two of them in a row".into());
            }
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
