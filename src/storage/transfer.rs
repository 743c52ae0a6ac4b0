//! Objects to files.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::local::blocking;
use super::{ObjectReader, StorageError};

/// Writes what a reader gives to a file, by way of a temporary one beside it.
pub(super) async fn download(mut reader: ObjectReader, path: &Path) -> Result<(), StorageError> {
    let action = format!("write object `{}` to {}", reader.info.key, path.display());
    let target: PathBuf = path.into();
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
        Some(folder) => folder.into(),
        None => target.clone(),
    };
    let mut file = blocking(&action, move || {
        // Not private as the storage is: it is made as any new file of this user.
        let mut builder = tempfile::Builder::new();
        builder.prefix(".download-").permissions(Permissions::from_mode(0o666)).tempfile_in(folder)
    })
    .await?;
    while let Some(chunk) = reader.next_chunk().await? {
        file = blocking(&action, move || -> std::io::Result<NamedTempFile> {
            file.write_all(&chunk)?;
            Ok(file)
        })
        .await?;
    }
    blocking(&action, move || file.persist(&target).map(drop).map_err(|failed| failed.error)).await
}
