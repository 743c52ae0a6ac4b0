//! Finds files of tests.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::cli::io_errors::reason;
use crate::cli::lua_files;

/// Folders that are searched where the command line names nothing.
const USUAL: [&str; 3] = ["tests", "test", "spec"];

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
        let below = lua_files::below(path, |name| name.ends_with("_test.lua") || name.ends_with("_spec.lua"))
            .map_err(|(folder, error)| PathError::Unreadable(folder, error))?;
        if below.is_empty() && paths.len() == 1 {
            return Err(PathError::Empty(if path == Path::new(".") {
                "this folder".into()
            } else {
                format!("`{}`", path.display())
            }));
        }
        found.extend(below);
    }
    if found.is_empty() {
        let names: Vec<_> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(PathError::Empty(names.join(", ")));
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(found)
}
