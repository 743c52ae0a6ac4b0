//! The Lua files below a folder that are somebody's own: what `check` and `test` look through.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that hold what others made.
const LEFT_OUT: [&str; 2] = ["lua_modules", "target"];

/// A folder that cannot be read.
pub type Unreadable = (PathBuf, io::Error);

/// The files of a folder and of those in it whose names are wanted, in order of their names. Hidden folders, and those that hold
/// what others made, are passed by.
pub fn below(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, Unreadable> {
    let mut found = Vec::new();
    walk(folder, &is_wanted, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, is_wanted: &impl Fn(&str) -> bool, found: &mut Vec<PathBuf>) -> Result<(), Unreadable> {
    let unreadable = |error| (folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // A file in this folder is named as one would type it.
        let path = if folder == Path::new(".") { PathBuf::from(entry.file_name()) } else { entry.path() };
        // A link to a folder may lead back here.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if !name.starts_with('.') && !LEFT_OUT.contains(&&*name) {
                walk(&path, is_wanted, found)?;
            }
        } else if is_wanted(&name) && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}
