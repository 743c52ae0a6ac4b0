//! Objects to files.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::local::blocking;
use super::{ObjectReader, StorageError};

/// Writes what a reader gives to a file, by way of a temporary one beside it.
pub(super) async fn download(mut reader: ObjectReader, path: &Path) -> Result<(), StorageError> {
    let Target { action, mut file, path } = Target::new(&reader.info.key, path).await?;
    while let Some(chunk) = reader.next_chunk().await? {
        file = blocking(&action, move || -> std::io::Result<NamedTempFile> {
            file.write_all(&chunk)?;
            Ok(file)
        })
        .await?;
    }
    Target { action, file, path }.publish().await
}

/// A file that is being written under another name. Dropped, it is gone.
pub(super) struct Target {
    action: String,
    file: NamedTempFile,
    path: PathBuf,
}

impl Target {
    /// The file for an object.
    pub async fn new(key: &str, path: &Path) -> Result<Target, StorageError> {
        let action = format!("write object `{key}` to {}", path.display());
        let folder = match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
            Some(folder) => folder.into(),
            None => path.into(),
        };
        let file = blocking(&action, move || {
            // Not private as the storage is: it is made as any new file of this user.
            let mut builder = tempfile::Builder::new();
            builder.prefix(".download-").permissions(Permissions::from_mode(0o666)).tempfile_in(folder)
        })
        .await?;
        Ok(Target { action, file, path: path.into() })
    }

    /// What is tried, for messages.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The file, for others to write to.
    pub fn file(&self) -> Result<File, StorageError> {
        self.file.as_file().try_clone().map_err(|error| StorageError::io(&self.action, &error))
    }

    /// Gives the file its name, in place of one that had it.
    pub async fn publish(self) -> Result<(), StorageError> {
        let Target { action, file, path } = self;
        blocking(&action, move || file.persist(&path).map(drop).map_err(|failed| failed.error)).await
    }
}
