//! `lithops-lua types`: what editors need to complete and check pipelines.
//!
//! - This file writes the annotations, or with `--markdown` the reference of the book.
//! - `settings` adds to what the language server reads, and leaves the rest of it as it is.

mod settings;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::exit::{Exit, complain};
use super::low_args::TypesArgs;
use super::run::print;
use crate::lua::modules::replace_file;
use crate::{lua, luacats};
use settings::{NotAdded, Wanted};

/// Where the annotations are, below the project's folder.
const TYPES: &str = ".lithops-lua/types";

/// The first line of what is written there: of files whose names are not ours, what begins otherwise is the user's own, and stays.
const HEADER: &str = "-- Written by `lithops-lua types`, which may replace or remove it.\n";

/// What the Lua language server reads: the first of these that is there, or else the first.
const SETTINGS: [&str; 2] = [".luarc.json", ".luarc.jsonc"];

/// Why a project has no annotations. Reads after "failed to".
#[derive(Debug, Error)]
enum Failure {
    #[error("write into {}: there is no such folder", .0.display())]
    NoFolder(PathBuf),
    #[error("write {}: {reason}", .path.display())]
    Write { path: PathBuf, reason: io::Error },
    #[error("read {}: {reason}", .path.display())]
    Read { path: PathBuf, reason: io::Error },
    #[error("add to {}: {reason}; add by hand: {}", .path.display(), settings::by_hand(TYPES))]
    NotAdded { path: PathBuf, reason: NotAdded },
}

/// Writes annotations and settings into a project, or the reference into a folder.
pub fn run(args: &TypesArgs) -> Exit {
    let written = match &args.markdown {
        Some(folder) => reference(folder),
        None => project(&args.folder),
    };
    match written {
        Ok(text) => print(&text),
        Err(error) => {
            complain(&format!("failed to {error}"));
            Exit::Script
        }
    }
}

/// Whether the file was another one, or not there.
fn write(path: &Path, text: &str) -> Result<bool, Failure> {
    if fs::read(path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(false);
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(parent).and_then(|()| replace_file(path, text.as_bytes()));
    written.map(|()| true).map_err(|reason| Failure::Write { path: path.to_owned(), reason })
}

fn reference(folder: &Path) -> Result<String, Failure> {
    let pages = luacats::markdown::pages(luacats::library());
    for page in &pages {
        write(&folder.join(&page.file), &page.text)?;
    }
    Ok(format!("{} pages in {}\n", pages.len(), folder.display()))
}

fn project(folder: &Path) -> Result<String, Failure> {
    if !folder.is_dir() {
        return Err(Failure::NoFolder(folder.to_owned()));
    }
    let place = |name: &str| if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
    let mut told = annotations(&place(TYPES))?;
    told.push_str(&add_settings(&place)?);
    Ok(told)
}

/// Writes all annotations, and removes those of an older version that this one does not have.
fn annotations(types: &Path) -> Result<String, Failure> {
    let files = lua::stdlib::library();
    let mut written = 0;
    for (name, text) in files {
        written += usize::from(write(&types.join(name), &format!("{HEADER}{text}"))?);
    }
    let failed = |reason| Failure::Write { path: types.to_owned(), reason };
    for entry in fs::read_dir(types).map_err(failed)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_known = files.iter().any(|(known, _)| *known == name);
        if name.ends_with(".d.lua") && !is_known && is_ours(&entry.path()) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(format!("{}: annotations, {} files, {written} of them new\n", types.display(), files.len()))
}

fn is_ours(path: &Path) -> bool {
    path.is_file() && fs::read(path).is_ok_and(|there| there.starts_with(HEADER.as_bytes()))
}

fn add_settings(place: &impl Fn(&str) -> PathBuf) -> Result<String, Failure> {
    let there = SETTINGS.iter().map(|name| place(name)).find(|path| path.exists());
    let path = there.unwrap_or_else(|| place(SETTINGS[0]));
    let (before, is_new) = match fs::read_to_string(&path) {
        Ok(text) => (text, false),
        Err(error) if error.kind() == ErrorKind::NotFound => ("{}".into(), true),
        Err(reason) => return Err(Failure::Read { path, reason }),
    };
    let wanted = Wanted { library: TYPES };
    let after = match settings::with(&before, &wanted) {
        Ok(after) => after,
        Err(reason) => return Err(Failure::NotAdded { path, reason }),
    };
    let what = match after {
        None => "has all settings of the Lua language server already",
        Some(after) => {
            write(&path, &after)?;
            if is_new {
                "settings of the Lua language server, new"
            } else {
                "settings of the Lua language server, added"
            }
        }
    };
    Ok(format!("{}: {what}\n", path.display()))
}
