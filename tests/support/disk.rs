//! Disks that are full.

use std::path::Path;

use tempfile::TempDir;

/// A file system in memory, with options of `mount`, which only root can make; gone when dropped.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None`: this user cannot make one.
    pub fn new(options: &str) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("skipped: this user cannot mount a file system");
        }
        mounted.then_some(SmallDisk(folder))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}
