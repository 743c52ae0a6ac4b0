//! Where the files of running jobs are: a folder that is private to the user and goes with the driver.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::{Pid, test_kill_process};
use tempfile::TempDir;

/// In front of the process id of the driver in the folder's name.
const PREFIX: &str = "lithops-lua-";
/// Nobody but the user may even list it.
const PRIVATE: u32 = 0o700;

pub(super) struct RunFolder(TempDir);

impl RunFolder {
    /// Makes one in `parent`, and removes those of drivers that were killed before they could.
    ///
    /// # Errors
    /// A sentence with the folder and the remedy.
    pub fn new(parent: &Path) -> io::Result<Self> {
        remove_orphans(parent);
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).permissions(Permissions::from_mode(PRIVATE));
        builder.tempdir_in(parent).map(Self).map_err(|error| {
            let message = format!(
                "cannot create a folder for running jobs in {}: {}; set TMPDIR to a folder that can be written",
                parent.display(),
                reason(&error)
            );
            io::Error::new(error.kind(), message)
        })
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Removes the folder and all in it. Safe to call twice.
    pub fn remove(&self) {
        let _ = std::fs::remove_dir_all(self.0.path());
    }
}

/// Why there is no folder, without the name that it would have had.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".into(),
        io::ErrorKind::NotADirectory => "it is no folder".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::ReadOnlyFilesystem => "its file system is read-only".into(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full".into(),
        _ => error.to_string(),
    }
}

fn remove_orphans(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split_once('-')).map(|(pid, _)| pid);
        let Some(pid) = pid.and_then(|pid| Pid::from_raw(pid.parse().ok()?)) else { continue };
        // Another user's cannot be removed, and a process of another user counts as alive.
        if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_of_dead_drivers_go_and_others_stay() {
        let parent = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let dead = parent.path().join(format!("{PREFIX}{}-abc", child.id()));
        child.wait().unwrap();
        let other = parent.path().join("lithops-lua-notes");
        std::fs::create_dir_all(dead.join("scratch")).unwrap();
        std::fs::create_dir_all(&other).unwrap();
        let folder = RunFolder::new(parent.path()).unwrap();
        assert!(!dead.exists() && other.exists());
        let second = RunFolder::new(parent.path()).unwrap();
        assert!(folder.path().exists() && second.path().exists());
    }
}
