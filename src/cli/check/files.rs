//! Which files are checked: those that are named, and the Lua files below folders.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cli::io_errors::reason;
use crate::cli::lua_files;
use crate::cli::printable::printable;

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
            match lua_files::below(path, |name| name.ends_with(".lua") && !name.starts_with('.')) {
                Ok(found) if found.is_empty() => failures.push(format!("there is no Lua file in `{}`", shown(path))),
                Ok(found) => files.extend(found),
                Err((folder, error)) => failures.push(unreadable(&folder, &error)),
            }
        } else {
            files.push(path.clone());
        }
    }
    for path in files {
        match fs::read(&path) {
            Ok(text) => sources.push(Source { name: path.display().to_string(), path: Some(path), text }),
            Err(error) => failures.push(unreadable(&path, &error)),
        }
    }
    (sources, failures)
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read `{}`: {}", shown(path), reason(error))
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}
