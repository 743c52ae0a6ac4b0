//! Where records are kept, and which of them are removed.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use super::process;
use super::record::{DriverRecord, VERSION};
use crate::job::now_us;

/// Drivers whose records are kept, and how long.
const MOST_DRIVERS: usize = 200;
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);
/// More is no record of ours.
const LARGEST_BYTES: u64 = 64 << 20;
/// In front of the name of a file that is being written.
const UNFINISHED: &str = ".record-";
/// A write takes milliseconds.
const UNFINISHED_FOR: Duration = Duration::from_secs(3600);

/// A folder of records.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The user's own: below `XDG_STATE_HOME`, by default `~/.local/state`. `None` where there is no home.
    pub fn of_user() -> Option<Self> {
        Some(Self(crate::config::state_folder()?.join("jobs")))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The name of the record of a driver.
    pub(super) fn name_of(started_us: u64, pid: u32) -> String {
        format!("{started_us:016}-{pid}.json")
    }

    /// Writes the record of a driver, in place of the one that it had: whole, or not at all. Its last one outlives the machine, too.
    pub(super) fn write(&self, name: &str, record: &DriverRecord) -> io::Result<()> {
        let mut file = match self.unfinished() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
                self.unfinished()?
            }
            file => file?,
        };
        file.write_all(&serde_json::to_vec(record)?)?;
        if record.ended_us.is_some() {
            file.as_file().sync_all()?;
        }
        file.persist(self.0.join(name)).map(drop).map_err(|error| error.error)
    }

    fn unfinished(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED).permissions(Permissions::from_mode(0o600)).tempfile_in(&self.0)
    }

    /// Removes the records of drivers that are long gone, or too many. Those that run keep theirs.
    pub(super) fn prune(&self) {
        let (mut names, mut unfinished) = (Vec::new(), Vec::new());
        for name in self.all_names() {
            match name.starts_with(UNFINISHED) {
                true => unfinished.push(name),
                false if is_record(&name) => names.push(name),
                false => {}
            }
        }
        names.sort();
        let surplus = names.len().saturating_sub(MOST_DRIVERS);
        let oldest_us = now_us().saturating_sub(LONGEST.as_micros() as u64);
        for (index, name) in names.iter().enumerate() {
            // What somebody else has put here has no time, and is old.
            let (started_us, pid) = parts(name).unwrap_or((0, 0));
            let is_unwanted = index < surplus || started_us < oldest_us;
            if is_unwanted && process::Stat::of(pid).is_none() {
                let _ = fs::remove_file(self.0.join(name));
            }
        }
        unfinished.iter().for_each(|name| remove_if_left(&self.0.join(name)));
    }

    /// The records that can be read with the names of their files, the earliest first.
    pub fn records(&self) -> impl Iterator<Item = (String, DriverRecord)> {
        self.names().into_iter().filter_map(|name| Some((name.clone(), self.read(&name)?)))
    }

    /// The record in a file; `None` if it cannot be read, or is of another version.
    pub fn read(&self, name: &str) -> Option<DriverRecord> {
        let record: DriverRecord = serde_json::from_slice(&content(&self.0.join(name))?).ok()?;
        (record.version == VERSION).then_some(record)
    }

    /// The files' names, which begin with the time: the earliest first.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.all_names().filter(|name| is_record(name)).collect();
        names.sort();
        names
    }

    fn all_names(&self) -> impl Iterator<Item = String> + use<> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok())
    }
}

fn is_record(name: &str) -> bool {
    name.ends_with(".json") && !name.starts_with('.')
}

/// What is in a file that may be a record.
fn content(path: &Path) -> Option<Vec<u8>> {
    // Without the flag, a pipe would be waited for until somebody writes into it.
    let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST_BYTES {
        return None;
    }
    let mut content = Vec::with_capacity(metadata.len() as usize);
    file.take(LARGEST_BYTES).read_to_end(&mut content).ok()?;
    Some(content)
}

/// Removes what a driver was about to write when it was killed.
fn remove_if_left(path: &Path) {
    let age = fs::metadata(path).and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
    if matches!(age, Ok(Ok(age)) if age > UNFINISHED_FOR) {
        let _ = fs::remove_file(path);
    }
}

/// Time and process of a driver in the name of its file.
fn parts(name: &str) -> Option<(u64, u32)> {
    let (started_us, pid) = name.strip_suffix(".json")?.split_once('-')?;
    Some((started_us.parse().ok()?, pid.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    fn record() -> DriverRecord {
        DriverRecord {
            version: VERSION,
            host: process::host().into(),
            pid: 1,
            process_start: 0,
            script: "a.lua".into(),
            started_us: 1,
            written_us: 1,
            ended_us: None,
            jobs_left_out: 0,
            jobs: BTreeMap::new(),
        }
    }

    #[test]
    fn old_records_go_and_those_that_are_too_many() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder(temporary.path().join("jobs"));
        let now = now_us();
        // No process has such a number.
        let gone = 1 << 30;
        let day_us = 24 * 3600 * 1_000_000;
        let (ancient, own) =
            (Folder::name_of(now - 31 * day_us, gone), Folder::name_of(now - 32 * day_us, std::process::id()));
        for name in [&ancient, &own] {
            folder.write(name, &record()).unwrap();
        }
        folder.prune();
        // That of a process that lives stays.
        assert_eq!(folder.names(), std::slice::from_ref(&own));
        for number in 0..MOST_DRIVERS as u64 + 3 {
            folder.write(&Folder::name_of(now + number, gone), &record()).unwrap();
        }
        folder.prune();
        let names = folder.names();
        assert_eq!((names.len(), &names[0], &names[1]), (MOST_DRIVERS + 1, &own, &Folder::name_of(now + 3, gone)));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&folder.path().join(&own))), (0o700, 0o600));
    }

    #[test]
    fn what_is_no_record_is_passed_over() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder(temporary.path().to_path_buf());
        folder.write("1-1.json", &record()).unwrap();
        fs::write(folder.path().join("2-2.json"), "not a record").unwrap();
        folder.write("3-3.json", &DriverRecord { version: VERSION + 1, ..record() }).unwrap();
        fs::create_dir(folder.path().join("4-4.json")).unwrap();
        // Nobody ever writes into it.
        mkfifoat(CWD, folder.path().join("5-5.json"), Mode::RUSR | Mode::WUSR).unwrap();
        assert_eq!(folder.records().map(|(name, _)| name).collect::<Vec<_>>(), ["1-1.json"]);
    }

    #[test]
    fn what_is_too_large_for_a_record_is_not_read() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder(temporary.path().to_path_buf());
        File::create(folder.path().join("1-1.json")).unwrap().set_len(LARGEST_BYTES + 1).unwrap();
        let read_bytes = || -> u64 {
            let counts = fs::read_to_string("/proc/thread-self/io").unwrap();
            counts.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
        };
        let before = read_bytes();
        assert!(folder.read("1-1.json").is_none());
        assert!(read_bytes() - before < 1 << 20, "{} bytes", read_bytes() - before);
    }
}
