//! Files that appear whole or not at all, in folders that come and go with them.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};
use tempfile::{NamedTempFile, TempPath};

use super::place::Place;
use crate::storage::moved;

/// What a put can lose to concurrent deletes of its folder, each time anew, before it gives up.
const MOST_ATTEMPTS: usize = 10_000;
/// What is copied of a file at once.
const COPY_BYTES: u64 = 16 << 20;
/// A file of `.tmp` younger than this may have been made and not yet locked.
const UNLOCKED_AT_MOST: Duration = Duration::from_secs(60);

pub(in crate::storage) enum Failure {
    /// A folder is where the file should be, or a file where a folder should be.
    Conflict,
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                Failure::Conflict
            }
            _ => Failure::Io(error),
        }
    }
}

/// Makes a folder and those above it, for this user alone.
pub(in crate::storage) fn create_private_folders(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A new file, for this user alone, that goes away with its handle. The lock tells sweepers that somebody writes it.
pub(in crate::storage) fn stage(staging: &Path) -> io::Result<NamedTempFile> {
    let staged = tempfile::Builder::new().prefix("put-").tempfile_in(staging)?;
    // A file system without locks is no reason to fail: then a sweep keeps what it cannot judge.
    let _ = flock(staged.as_file(), FlockOperation::NonBlockingLockShared);
    Ok(staged)
}

pub(super) fn write(staged: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()> {
    staged.as_file_mut().write_all(bytes)
}

pub(super) fn copy(path: &Path, staged: &mut NamedTempFile) -> io::Result<()> {
    let source = File::open(path)?;
    // The system copies by itself, a part at a time, so that somebody can see how far it is.
    loop {
        let copied = io::copy(&mut (&source).take(COPY_BYTES), staged.as_file_mut())?;
        if copied == 0 {
            return Ok(());
        }
        moved::add(copied);
    }
}

/// Renames a finished file to its place.
pub(in crate::storage) fn publish(staged: NamedTempFile, target: &Path) -> io::Result<()> {
    finish(staged)?.persist(target).map_err(|failed| failed.error)
}

/// The kernel's clock for files ticks in milliseconds, too coarse for telling two versions apart.
fn finish(staged: NamedTempFile) -> io::Result<TempPath> {
    staged.as_file().set_modified(SystemTime::now())?;
    Ok(staged.into_temp_path())
}

/// Renames a finished file to its place in a bucket, whose folders others may remove at any time.
pub(super) fn place(staged: NamedTempFile, place: &Place) -> Result<(), Failure> {
    let folder = place.file.parent().unwrap_or(&place.bucket);
    let mut staged = finish(staged)?;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let made = if folder == place.bucket { Ok(()) } else { create_private_folders(folder) };
        let error = match made {
            Ok(()) => match staged.persist(&place.file) {
                Ok(()) => return Ok(()),
                Err(failed) => {
                    staged = failed.path;
                    failed.error
                }
            },
            Err(error) => error,
        };
        let vanished = match error.kind() {
            io::ErrorKind::NotFound => true,
            // What was there when the folder was made, and is gone now: a folder that somebody removed.
            io::ErrorKind::AlreadyExists => !is_below_a_file(place),
            _ => false,
        };
        let empty = error.kind() == io::ErrorKind::IsADirectory && remove_empty(&place.file);
        if attempt == MOST_ATTEMPTS || !(vanished || empty) {
            return Err(error.into());
        }
        if !place.bucket.is_dir() {
            return Err(error.into());
        }
    }
}

fn is_below_a_file(place: &Place) -> bool {
    let mut folders = place.file.ancestors().skip(1).take_while(|folder| *folder != place.bucket);
    folders.any(Path::is_file)
}

/// Removes a folder that holds nothing but empty folders, as an interrupted delete leaves it.
fn remove_empty(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder || !remove_empty(&entry.path()) {
            return false;
        }
    }
    fs::remove_dir(folder).is_ok()
}

/// Removes an object, if it is there, and the folders that only it kept.
pub(super) fn remove(place: &Place) -> io::Result<()> {
    match fs::remove_file(&place.file) {
        Ok(()) => {}
        // A folder of other keys is no object; unlink says so in one of two ways.
        Err(error) if super::is_absence(&error) || place.file.is_dir() => return Ok(()),
        Err(error) => return Err(error),
    }
    let folders = place.file.ancestors().skip(1).take_while(|folder| *folder != place.bucket);
    for folder in folders {
        // Fails where the folder is not empty, and then those above it are not empty either.
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// Removes what programs that were killed left unfinished. Failures leave it to the next sweep.
pub(super) fn sweep(staging: &Path) {
    let Ok(entries) = fs::read_dir(staging) else {
        return;
    };
    for entry in entries.flatten() {
        let age = entry.metadata().and_then(|found| found.modified()).map(|modified| modified.elapsed());
        if !matches!(age, Ok(Ok(age)) if age > UNLOCKED_AT_MOST) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else {
            continue;
        };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_takes_what_is_old_and_unlocked() {
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - Duration::from_secs(3600);
        let live = stage(folder.path()).unwrap();
        live.as_file().set_modified(old).unwrap();
        let (dead, young) = (folder.path().join("put-dead"), folder.path().join("put-young"));
        File::create(&dead).unwrap().set_modified(old).unwrap();
        File::create(&young).unwrap();
        sweep(folder.path());
        assert!(live.path().exists() && young.exists() && !dead.exists());
    }

    #[test]
    fn empty_folders_go_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("empty/a/b")).unwrap();
        fs::create_dir_all(at("full/a")).unwrap();
        File::create(at("full/a/file")).unwrap();
        assert!(remove_empty(&at("empty")) && !at("empty").exists());
        assert!(!remove_empty(&at("full")) && at("full/a/file").exists());
    }
}
