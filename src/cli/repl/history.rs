//! The history: chunks that were typed, in a file that several prompts share.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustyline::history::{FileHistory, History as _};

/// The most chunks that are kept.
pub const MOST_ENTRIES: usize = 3000;
/// The most bytes that are read: some chunks are long, but a file that is larger is no history.
const LARGEST_BYTES: u64 = 16 << 20;
/// The longest chunk that is kept.
const LONGEST_BYTES: usize = 64 << 10;
/// How a file of the line editor begins.
const HEADER: &[u8] = b"#V2\n";

/// The file of the history, or nothing where none can be had.
pub struct HistoryFile {
    path: Option<PathBuf>,
    /// Whether it was said that it cannot be written.
    is_told: bool,
}

impl HistoryFile {
    /// Opens the history, and reads it into `history`. What has to be said of it comes second.
    pub fn open(history: &mut FileHistory) -> (HistoryFile, Option<String>) {
        let Some(path) = path() else {
            tracing::info!("the history is not kept: there is no home");
            return (HistoryFile { path: None, is_told: true }, None);
        };
        let mut file = HistoryFile { path: Some(path.clone()), is_told: false };
        let notice = match check(&path) {
            Ok(true) => match history.load(&path) {
                Ok(()) => None,
                Err(error) => {
                    file.fail(&error.to_string());
                    None
                }
            },
            Ok(false) => None,
            Err(why) => file.set_aside(&path, &why),
        };
        (file, notice)
    }

    /// Moves a file that is no history out of the way.
    fn set_aside(&mut self, path: &Path, why: &str) -> Option<String> {
        let old = path.with_extension("old");
        match fs::rename(path, &old) {
            Ok(()) => Some(format!("{} {why}; it is {} now", path.display(), old.display())),
            Err(error) => {
                self.fail(&format!("{} {why}, and cannot be moved away: {error}", path.display()));
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
        let written = match path.parent() {
            Some(folder) if !folder.exists() => {
                DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        };
        let written = written.and_then(|()| history.append(&path).map_err(|error| error.to_string()));
        if let Err(why) = written {
            self.fail(&why);
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

/// `$XDG_STATE_HOME/lithops-lua/history`.
fn path() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let state = state.or_else(|| Some(std::env::home_dir().filter(|home| home.is_absolute())?.join(".local/state")))?;
    Some(state.join("lithops-lua/history"))
}

/// Whether there is a history at `path`; the error says what is there in its place.
fn check(path: &Path) -> Result<bool, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read ({error})");
    match fs::symlink_metadata(path) {
        Err(_) => return Ok(false),
        Ok(_) => match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(unreadable(error)),
            // A pipe would never end.
            Ok(metadata) if !metadata.is_file() => return Err("is no file".into()),
            Ok(metadata) if metadata.len() > LARGEST_BYTES => return Err("is too large for a history".into()),
            Ok(metadata) if metadata.len() == 0 => return Ok(false),
            Ok(_) => {}
        },
    }
    let mut content = Vec::new();
    File::open(path).and_then(|mut file| file.read_to_end(&mut content)).map_err(unreadable)?;
    if content.starts_with(HEADER) && std::str::from_utf8(&content).is_ok() {
        Ok(true)
    } else {
        Err("is no history of this version".into())
    }
}
