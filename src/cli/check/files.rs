//! Which files are checked: those that are named, and the Lua files below folders.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A text to be checked.
pub struct Source {
    /// As messages name it.
    pub name: String,
    /// `None`: standard input.
    pub path: Option<PathBuf>,
    pub text: Vec<u8>,
}

/// Reads all that is named. What cannot be read is told in a sentence each.
pub fn read(named: &[PathBuf]) -> (Vec<Source>, Vec<String>) {
    let (mut sources, mut failures) = (Vec::new(), Vec::new());
    let mut files = Vec::new();
    for path in named {
        if path.as_os_str() == "-" {
            let mut text = Vec::new();
            match io::stdin().read_to_end(&mut text) {
                Ok(_) => sources.push(Source { name: "stdin".into(), path: None, text }),
                Err(error) => failures.push(format!("cannot read standard input: {error}")),
            }
        } else if path.is_dir() {
            let before = files.len();
            if let Err(error) = walk(path, &mut files) {
                failures.push(format!("cannot read `{}`: {error}", path.display()));
            } else if files.len() == before {
                failures.push(format!("there is no Lua file in `{}`", path.display()));
            }
        } else {
            files.push(path.clone());
        }
    }
    for path in files {
        match fs::read(&path) {
            Ok(text) => sources.push(Source { name: path.display().to_string(), path: Some(path), text }),
            Err(error) => {
                let reason = match error.kind() {
                    io::ErrorKind::NotFound => "there is no such file".to_owned(),
                    io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
                    _ => error.to_string(),
                };
                failures.push(format!("cannot read `{}`: {reason}", path.display()));
            }
        }
    }
    (sources, failures)
}

/// The Lua files of a folder and of those in it, hidden ones left out, in order of their names.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !is_hidden {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "lua") && !is_hidden && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}
