//! Values in a folder of this machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::ScratchEntry;
use crate::storage::local::{blocking, create_private_folders, publish, stage};
use crate::storage::{StorageError, StorageErrorKind};

/// Where values are written before they get their name.
const STAGING: &str = ".tmp";

#[derive(Debug)]
pub(super) struct FolderScratch {
    folder: PathBuf,
}

impl FolderScratch {
    pub fn new(folder: PathBuf) -> FolderScratch {
        FolderScratch { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub async fn put(&self, key: &str, body: Bytes) -> Result<(), StorageError> {
        let path = self.folder.join(key);
        let staging = self.folder.join(STAGING);
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
        let action = format!("read {}", path.display());
        let found = blocking(&action, move || match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(|bytes| Some(Bytes::from(bytes))),
        });
        let missing = || StorageError::new(StorageErrorKind::NoSuchKey, &action, "there is no such file");
        found.await?.ok_or_else(missing)
    }

    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        let path = self.folder.join(key);
        blocking(&format!("remove {}", path.display()), move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }

    pub async fn list(&self, prefix: &str) -> Result<Vec<ScratchEntry>, StorageError> {
        let (folder, prefix) = (self.folder.clone(), prefix.to_owned());
        blocking(&format!("list {}", folder.display()), move || {
            let mut entries = Vec::new();
            collect(&folder, "", &mut entries)?;
            entries.retain(|entry| entry.key.starts_with(&prefix));
            entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
            Ok(entries)
        })
        .await
    }
}

/// The values in the folder that the key `above`, which ends with `/`, stands for.
fn collect(root: &Path, above: &str, entries: &mut Vec<ScratchEntry>) -> io::Result<()> {
    let found = match fs::read_dir(root.join(above)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    for entry in found {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let key = format!("{above}{name}");
        if key == STAGING {
            continue;
        }
        match entry.metadata() {
            Ok(found) if found.is_dir() => collect(root, &format!("{key}/"), entries)?,
            Ok(found) => entries.push(ScratchEntry { key, size_bytes: found.len() }),
            // Removed at this moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
