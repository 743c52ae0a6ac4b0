//! Finds files of tests.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Folders that are searched where the command line names nothing.
const USUAL: [&str; 3] = ["tests", "test", "spec"];

/// Folders that hold what others made.
const LEFT_OUT: [&str; 2] = ["lua_modules", "target"];

/// A path that leads to no tests.
#[derive(Debug, Error)]
pub enum PathError {
    /// It is not there, or cannot be read.
    #[error("cannot read `{}`: {}", .0.display(), reason(.1))]
    Unreadable(PathBuf, io::Error),
    /// There are no files of tests below it.
    #[error("there are no tests in {0}: files of tests are named `*_test.lua` or `*_spec.lua`")]
    Empty(String),
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

/// The files that `paths` name, each once, those of a folder in order of their names.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, PathError> {
    let usual: Vec<PathBuf> = USUAL.iter().map(PathBuf::from).filter(|path| path.is_dir()).collect();
    let here = [PathBuf::from(".")];
    let paths = match (paths.is_empty(), usual.is_empty()) {
        (false, _) => paths,
        (true, false) => &usual,
        (true, true) => &here,
    };
    let mut found = Vec::new();
    for path in paths {
        let unreadable = |error| PathError::Unreadable(path.clone(), error);
        if !fs::metadata(path).map_err(unreadable)?.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        search(path, &mut found)?;
        if found.len() == before && paths.len() == 1 {
            return Err(PathError::Empty(if path == Path::new(".") {
                "this folder".into()
            } else {
                format!("`{}`", path.display())
            }));
        }
        found[before..].sort();
    }
    if found.is_empty() {
        let names: Vec<_> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(PathError::Empty(names.join(", ")));
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(found)
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), PathError> {
    let unreadable = |error| PathError::Unreadable(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // A file in this folder is named as one would type it.
        let path = if folder == Path::new(".") { PathBuf::from(entry.file_name()) } else { entry.path() };
        // A link to a folder may lead back here.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if !name.starts_with('.') && !LEFT_OUT.contains(&&*name) {
                search(&path, found)?;
            }
        } else if (name.ends_with("_test.lua") || name.ends_with("_spec.lua")) && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}
