//! Plots of the calls of jobs, as SVG: when each ran, and how many ran at a time.
//!
//! Written without a crate: what there is in Rust for it makes a picture of rectangles without names, and an SVG of rectangles is
//! text. Whoever looks at a file with a mouse sees which call a bar is.
//!
//! - `timeline`: a bar for each call; `histogram`: the calls that ran at a time.
//! - `frame`: axes, title and legend around either; `svg`: elements and numbers.

mod frame;
mod histogram;
mod svg;
mod timeline;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// When a call was where: seconds since the job was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallTimes {
    /// The driver gave it to the backend.
    pub submitted_s: f32,
    /// Its invocation reached the worker.
    pub worker_start_s: f32,
    /// The function began.
    pub start_s: f32,
    /// The function ended.
    pub end_s: f32,
    /// The driver knew of that.
    pub known_s: f32,
    /// Whether the function failed.
    pub failed: bool,
}

/// What is plotted.
#[derive(Clone, Debug)]
pub struct Calls {
    /// What the title says of them: `job a1b2c3-0-M000`.
    pub name: String,
    /// At least one.
    pub times: Vec<CallTimes>,
    /// Calls that are not among them, since they have not run to their end.
    pub left_out: u64,
}

/// The files of plots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// A bar for each call.
    pub timeline: PathBuf,
    /// How many ran at a time.
    pub histogram: PathBuf,
}

impl Files {
    /// Those below `dst`: a folder, which then has files of this name, or the beginning of the files' own names.
    pub fn at(dst: &str, name: &str) -> Self {
        let place = match dst.strip_prefix("~/").zip(std::env::home_dir()) {
            Some((below, home)) => home.join(below),
            None => PathBuf::from(dst),
        };
        let is_folder = dst.is_empty() || dst.ends_with('/') || place.is_dir();
        let prefix = if is_folder { place.join(name) } else { place };
        let file = |kind: &str| {
            let mut file = prefix.clone().into_os_string();
            file.push(format!("_{kind}.svg"));
            PathBuf::from(file)
        };
        Self { timeline: file("timeline"), histogram: file("histogram") }
    }

    /// Writes both. A folder that is missing is made.
    ///
    /// # Errors
    /// A sentence with the file that could not be written.
    pub fn write(&self, calls: &Calls) -> Result<(), String> {
        write(&self.timeline, &timeline::draw(calls))?;
        write(&self.histogram, &histogram::draw(calls))
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, text))
        .map_err(|error| format!("cannot write {}: {}", path.display(), reason(&error)))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::ReadOnlyFilesystem => "its file system is read-only".into(),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "a part of the path is a file, not a folder".into(),
        ErrorKind::NotFound => "its folder cannot be made".into(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full".into(),
        _ => error.to_string(),
    }
}

impl Calls {
    /// The earliest and the latest time: at least a microsecond apart.
    fn span(&self) -> (f64, f64) {
        // Clocks of workers elsewhere may be ahead of the driver's, or behind.
        let ends = self.times.iter().flat_map(|call| [call.submitted_s, call.start_s, call.end_s, call.known_s]);
        let (first, last) = ends.fold((0.0f32, 0.0f32), |(first, last), time| (first.min(time), last.max(time)));
        (f64::from(first), f64::from(last.max(first + 1e-6)))
    }

    /// `100 calls, 3 failed`.
    fn in_words(&self) -> String {
        let count = self.times.len();
        let failed = self.times.iter().filter(|call| call.failed).count();
        let mut words = if count == 1 { "1 call".to_owned() } else { format!("{count} calls") };
        if failed > 0 {
            words += &format!(", {failed} failed");
        }
        if self.left_out > 0 {
            words += &format!(", {} without times left out", self.left_out);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn calls(count: usize) -> Calls {
        let call = |number: usize| {
            let start_s = number as f32 * 0.5;
            CallTimes {
                submitted_s: 0.0,
                worker_start_s: start_s,
                start_s,
                end_s: start_s + 1.0,
                known_s: start_s + 1.01,
                failed: number % 10 == 3,
            }
        };
        Calls { name: "job <x> & co".into(), times: (0..count).map(call).collect(), left_out: 0 }
    }

    #[test]
    fn a_place_is_a_folder_or_the_beginning_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let of = |dst: &str| Files::at(dst, "e-M000").timeline.to_str().unwrap().to_owned();
        assert_eq!(of(path), format!("{path}/e-M000_timeline.svg"));
        assert_eq!(of(&format!("{path}/new/")), format!("{path}/new/e-M000_timeline.svg"));
        assert_eq!(of(&format!("{path}/run.1")), format!("{path}/run.1_timeline.svg"));
        assert_eq!(of(""), "e-M000_timeline.svg");
        assert!(of("~/x").ends_with("/x_timeline.svg") && !of("~/x").contains('~'));
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let error = Files::at("/proc/nowhere/x", "e").write(&calls(1)).unwrap_err();
        assert_eq!(error, "cannot write /proc/nowhere/x_timeline.svg: its folder cannot be made");
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Files::at(&format!("{}/x", file.path().display()), "e").write(&calls(1)).unwrap_err();
        assert!(error.ends_with("a part of the path is a file, not a folder"), "{error}");
    }
}
