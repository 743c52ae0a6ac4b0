//! Objects to files.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::local::blocking;
use super::{ObjectReader, StorageError, moved};

/// Links that may lead to a file, one to the other, as on Linux (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Writes what a reader gives to a file, which appears, or replaces the one that was there, only when it is complete. A pipe or
/// a device takes it as it comes.
pub async fn download(reader: ObjectReader, path: &Path) -> Result<(), StorageError> {
    Target::new(&reader.info.key, path).await?.fill(reader).await
}

/// Where an object is written to.
pub(super) struct Target {
    action: String,
    place: Place,
}

enum Place {
    /// A file that is being written under another name, beside its own. Dropped, it is gone.
    File { written: NamedTempFile, path: PathBuf },
    /// A pipe or a device, which takes what comes.
    Other(File),
}

impl Place {
    fn of(path: &Path) -> io::Result<Place> {
        let mode = match fs::metadata(path) {
            Ok(found) if found.is_file() => Some(found.permissions().mode() & 0o777),
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(_) => return OpenOptions::new().write(true).open(path).map(Place::Other),
            // What is in the way of a new file is told when that is made.
            Err(_) => None,
        };
        let path = end_of_links(path)?;
        let folder = match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
            Some(folder) => folder,
            None => path.as_path(),
        };
        // Not private as the storage is: it is made as any new file of this user, or is what the old one was.
        let wanted = Permissions::from_mode(mode.unwrap_or(0o666));
        let written = tempfile::Builder::new().prefix(".download-").permissions(wanted.clone()).tempfile_in(folder)?;
        if mode.is_some() && written.as_file().metadata()?.permissions().mode() & 0o777 != wanted.mode() {
            // The umask took some away.
            written.as_file().set_permissions(wanted)?;
        }
        Ok(Place::File { written, path })
    }
}

/// The path that links lead to, where there may be nothing.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(rustix::io::Errno::LOOP.into())
}

impl Target {
    /// The file for an object.
    pub async fn new(key: &str, path: &Path) -> Result<Target, StorageError> {
        let shown = path.display().to_string();
        let action = format!("write object `{}` to {}", key.escape_debug(), shown.escape_debug());
        let path = path.to_owned();
        let place = blocking(&action, move || Place::of(&path)).await?;
        Ok(Target { action, place })
    }

    /// What is tried, for messages.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Whether it can be written in any order.
    pub fn is_file(&self) -> bool {
        matches!(self.place, Place::File { .. })
    }

    /// The file, for others to write to.
    pub fn file(&self) -> Result<File, StorageError> {
        let file = match &self.place {
            Place::File { written, .. } => written.as_file(),
            Place::Other(file) => file,
        };
        file.try_clone().map_err(|error| StorageError::io(&self.action, &error))
    }

    /// Writes what a reader gives, and publishes it.
    pub async fn fill(self, mut reader: ObjectReader) -> Result<(), StorageError> {
        let mut file = self.file()?;
        while let Some(chunk) = reader.next_chunk().await? {
            file = blocking(&self.action, move || {
                file.write_all(&chunk)?;
                moved::add(chunk.len() as u64);
                Ok(file)
            })
            .await?;
        }
        self.publish().await
    }

    /// Gives the file its name, in place of one that had it.
    pub async fn publish(self) -> Result<(), StorageError> {
        let Target { action, place } = self;
        let Place::File { written, path } = place else { return Ok(()) };
        blocking(&action, move || written.persist(&path).map(drop).map_err(|failed| failed.error)).await
    }
}
