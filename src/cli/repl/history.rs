//! The history: chunks that were typed, in a file that several prompts share.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustyline::history::{FileHistory, History as _};

use crate::config::state_folder;

/// The most chunks that are kept.
pub const MOST_ENTRIES: usize = 3000;
/// A file with more of them is cut down to [`MOST_ENTRIES`]: not each prompt is to write all of it anew.
const MOST_ENTRIES_IN_FILE: usize = MOST_ENTRIES * 3 / 2;
/// The most bytes that are read: some chunks are long, but a file that is larger is no history.
const LARGEST_BYTES: u64 = 16 << 20;
/// A file with more bytes is cut down to half of them, long before it is too large to be read.
const MOST_BYTES_IN_FILE: usize = 4 << 20;
/// The longest chunk that is kept.
const LONGEST_BYTES: usize = 64 << 10;
/// How a file of the line editor begins.
const HEADER: &[u8] = b"#V2\n";

/// The file of the history, or nothing where none can be had.
///
/// The line editor reads it, but does not write it: it would cut the file to nothing and write all of it again, with what other
/// prompts have added, and a full disk in between would be the end of the history.
pub struct HistoryFile {
    path: Option<PathBuf>,
    /// Whether it was said that it cannot be written.
    is_told: bool,
}

/// What is in the place of the history.
enum Found {
    Nothing,
    /// Its text.
    History(String),
    /// `/dev/null`, the usual way to keep none.
    Device,
}

impl HistoryFile {
    /// Opens the history, and reads it into `history`. What has to be said of it comes second.
    pub fn open(history: &mut FileHistory) -> (HistoryFile, Option<String>) {
        let Some(folder) = state_folder() else {
            tracing::info!("the history is not kept: there is no home");
            return (HistoryFile { path: None, is_told: true }, None);
        };
        let path = folder.join("history");
        let mut file = HistoryFile { path: Some(path.clone()), is_told: false };
        let notice = match look(&path) {
            Ok(Found::Nothing) => None,
            Ok(Found::Device) => {
                file.path = None;
                None
            }
            Ok(Found::History(text)) => {
                let loaded = history.load(&path).map_err(|error| error.to_string());
                let trimmed = loaded.and_then(|()| trim(&path, &text).map_err(|error| error.to_string()));
                if let Err(why) = trimmed {
                    file.fail(&why);
                }
                None
            }
            Err(why) => file.set_aside(&path, &why),
        };
        (file, notice)
    }

    /// Moves a file that is no history out of the way, if that takes the place of nothing.
    fn set_aside(&mut self, path: &Path, why: &str) -> Option<String> {
        let old = path.with_extension("old");
        let (shown, shown_old) = (path.display(), old.display());
        if old.symlink_metadata().is_ok() {
            self.path = None;
            return Some(format!("{shown} {why}, and there is a {shown_old} already; the history is not kept"));
        }
        match fs::rename(path, &old) {
            Ok(()) => Some(format!("{shown} {why}; it is {shown_old} now")),
            Err(error) => {
                self.fail(&format!("{shown} {why}, and cannot be moved away: {error}"));
                self.path = None;
                None
            }
        }
    }

    /// Adds a chunk to `history` and to the file.
    pub fn add(&mut self, history: &mut FileHistory, chunk: &str) {
        let Some(path) = self.path.clone() else {
            let _ = history.add(chunk);
            return;
        };
        if chunk.len() > LONGEST_BYTES || !history.add(chunk).unwrap_or(false) {
            return;
        }
        if let Err(error) = append(&path, chunk) {
            self.fail(&error.to_string());
        }
    }

    /// A home that cannot be written is as good as any other; who wants to know asks for the log.
    fn fail(&mut self, why: &str) {
        if !self.is_told {
            tracing::info!("the history is not kept: {why}");
            self.is_told = true;
        }
    }
}

/// What is at `path`; the error says what is there in place of a history.
fn look(path: &Path) -> Result<Found, String> {
    let unreadable = |error: io::Error| format!("cannot be read ({error})");
    match fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Found::Nothing);
        }
        // Whoever may not look at it may not move it either.
        Err(error) if path.symlink_metadata().is_err() => {
            tracing::debug!("no history is read: {error}");
            return Ok(Found::Nothing);
        }
        Err(error) => return Err(unreadable(error)),
        Ok(metadata) if metadata.file_type().is_char_device() => return Ok(Found::Device),
        // A pipe would never end.
        Ok(metadata) if !metadata.is_file() => return Err("is no file".into()),
        Ok(metadata) if metadata.len() > LARGEST_BYTES => return Err("is too large for a history".into()),
        Ok(metadata) if metadata.len() == 0 => return Ok(Found::Nothing),
        Ok(_) => {}
    }
    let mut content = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut content)).map_err(unreadable)?;
    match String::from_utf8(content) {
        Ok(text) if text.as_bytes().starts_with(HEADER) => Ok(Found::History(text)),
        _ => Err("is no history of this version".into()),
    }
}

/// Opens the file for what is to be added, and locks it, as the line editor does where it reads.
fn open_to_append(path: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is no file any more"));
        }
        file.lock()?;
        // Another prompt may have put a shorter one in its place, while this one waited for the lock.
        match fs::metadata(path) {
            Ok(now) if (now.dev(), now.ino()) == (metadata.dev(), metadata.ino()) => return Ok(file),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
}

/// Adds a chunk to the end of the file, whole or not at all.
fn append(path: &Path, chunk: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = open_to_append(path)?;
    let length = file.metadata()?.len();
    let mut entry = Vec::with_capacity(chunk.len() + HEADER.len() + 2);
    if length == 0 {
        entry.extend_from_slice(HEADER);
    } else {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            entry.push(b'\n');
        }
    }
    entry.extend_from_slice(chunk.replace('\\', r"\\").replace('\n', r"\n").as_bytes());
    entry.push(b'\n');
    file.write_all(&entry).inspect_err(|_| {
        // Half of a chunk would become one with the next one.
        let _ = file.set_len(length);
    })
}

/// What is left of the history's `text` if it is to be cut down: its newest entries.
fn newest(text: &str) -> Option<&str> {
    let entries = text.get(HEADER.len()..)?;
    let is_short = entries.lines().count() <= MOST_ENTRIES_IN_FILE && entries.len() <= MOST_BYTES_IN_FILE;
    if is_short {
        return None;
    }
    let mut kept = entries.len();
    for line in entries.split_inclusive('\n').rev().take(MOST_ENTRIES) {
        if entries.len() - kept + line.len() > MOST_BYTES_IN_FILE / 2 {
            break;
        }
        kept -= line.len();
    }
    Some(&entries[kept..])
}

/// Takes old entries out of a file that was `text` a moment ago, if it has become long. Its place is taken by one that is written
/// already.
fn trim(path: &Path, text: &str) -> io::Result<()> {
    if newest(text).is_none() {
        return Ok(());
    }
    // A link stays one.
    let path = fs::canonicalize(path)?;
    let mut locked = open_to_append(&path)?;
    let mut text = String::new();
    locked.seek(SeekFrom::Start(0))?;
    locked.read_to_string(&mut text)?;
    let Some(kept) = newest(&text) else { return Ok(()) };
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut shorter = tempfile::Builder::new().prefix("history.").tempfile_in(folder)?;
    shorter.write_all(HEADER)?;
    shorter.write_all(kept.as_bytes())?;
    shorter.as_file().sync_data()?;
    shorter.persist(&path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_history_keeps_what_is_newest() {
        let header = "#V2\n";
        let lines = |from: usize, to: usize| (from..to).map(|i| format!("x = {i}\n")).collect::<String>();
        assert_eq!(newest(&format!("{header}{}", lines(0, MOST_ENTRIES_IN_FILE))), None);
        let many = MOST_ENTRIES_IN_FILE + 1;
        let text = format!("{header}{}", lines(0, many));
        assert_eq!(newest(&text), Some(lines(many - MOST_ENTRIES, many).as_str()));
        let long = format!("{}\n", "x".repeat(LONGEST_BYTES));
        let text = format!("{header}{}last\n", long.repeat(MOST_BYTES_IN_FILE / LONGEST_BYTES));
        let kept = newest(&text).unwrap();
        assert!(kept.ends_with("last\n") && kept.len() <= MOST_BYTES_IN_FILE / 2, "{}", kept.len());
    }
}
