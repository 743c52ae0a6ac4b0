//! Values too large for a message between driver and worker on this machine, in a folder of one job run.

use std::fs;
use std::io;
use std::path::PathBuf;

use bytes::Bytes;

use super::local::{blocking, create_private_folders, publish, stage};
use super::{StorageError, StorageErrorKind};

/// A folder for passing values by key. Whoever made the folder removes it.
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    pub fn local(folder: PathBuf) -> Scratch {
        Scratch { folder }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Stores a value; readers see all of it or nothing.
    pub async fn put(&self, key: &str, body: Bytes) -> Result<(), StorageError> {
        let path = self.folder.join(key);
        let staging = self.folder.join(".tmp");
        blocking(&format!("store {}", path.display()), move || {
            create_private_folders(&staging)?;
            let mut staged = stage(&staging)?;
            io::Write::write_all(&mut staged, &body)?;
            create_private_folders(path.parent().unwrap_or(&staging))?;
            publish(staged, &path)
        })
        .await
        .map_err(|error| match error.kind() {
            StorageErrorKind::DiskFull => error.with_remedy("set TMPDIR to a folder with more space"),
            StorageErrorKind::AccessDenied => error.with_remedy("set TMPDIR to a folder that can be written"),
            _ => error,
        })
    }

    pub async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        let path = self.folder.join(key);
        blocking(&format!("read {}", path.display()), move || fs::read(path).map(Bytes::from)).await
    }

    /// Removes a value; one that is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        let path = self.folder.join(key);
        blocking(&format!("remove {}", path.display()), move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }
}
