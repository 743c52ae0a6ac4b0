//! Looking at files and folders.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use glob::{MatchOptions, Pattern, glob_with};
use mlua::{Lua, LuaString, Table, Value};

use super::{PathArgument, answer, failure, reason, text};
use crate::lua::bind::{Raise, bind};
use crate::lua::options::Options;

pub(super) fn install(lua: &Lua, module: &Table) -> mlua::Result<()> {
    let exists = bind(lua, "fs.exists", |_, PathArgument(path): PathArgument| Ok(path.exists()))?;
    module.raw_set("exists", exists)?;
    let is_file = bind(lua, "fs.is_file", |_, PathArgument(path): PathArgument| Ok(path.is_file()))?;
    module.raw_set("is_file", is_file)?;
    let is_dir = bind(lua, "fs.is_dir", |_, PathArgument(path): PathArgument| Ok(path.is_dir()))?;
    module.raw_set("is_dir", is_dir)?;
    let stat = bind(lua, "fs.stat", |lua, (PathArgument(path), options): (PathArgument, Option<Table>)| {
        let follow = Options::new(options, &["follow"], "stat")?.boolean("follow")?.unwrap_or(true);
        let found = if follow { fs::metadata(&path) } else { fs::symlink_metadata(&path) };
        let found = match found {
            Ok(found) => found,
            Err(error) => return Ok(failure(lua, &path, &error)?),
        };
        Ok(answer(lua, &path, Ok(describe(lua, &found)?))?)
    })?;
    module.raw_set("stat", stat)?;
    let list = bind(lua, "fs.list", |lua, PathArgument(path): PathArgument| {
        let names = children(&path).map(|entries| entries.into_iter().map(|(name, _)| text(name)).collect::<Vec<_>>());
        Ok(answer(lua, &path, names)?)
    })?;
    module.raw_set("list", list)?;
    let walk = bind(lua, "fs.walk", |lua, PathArgument(path): PathArgument| {
        let walk = RefCell::new(Walk::new(path)?);
        Ok(bind(lua, "fs.walk", move |_, ()| {
            Ok(match walk.borrow_mut().next()? {
                Some((path, kind)) => (Some(text(path)), Some(kind)),
                None => (None, None),
            })
        })?)
    })?;
    module.raw_set("walk", walk)?;
    let glob = bind(lua, "fs.glob", |lua, pattern: LuaString| {
        let Ok(pattern) = pattern.to_str() else {
            return Err(Raise::argument(1, "a pattern is UTF-8, and this string is not"));
        };
        // The crate would leave out all names with a dot in front, those that the pattern names, too.
        let options =
            MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };
        let paths = glob_with(&pattern, options).map_err(|error| {
            Raise::argument(1, format!("bad pattern `{pattern}`: {}, at character {}", error.msg, error.pos + 1))
        })?;
        let hidden: Vec<_> = pattern
            .split('/')
            .filter(|name| name.starts_with('.'))
            .filter_map(|name| Pattern::new(name).ok())
            .collect();
        let mut found = Vec::new();
        for path in paths {
            match path {
                Ok(path) if is_meant(&path, &hidden) => found.push(path),
                Ok(_) => {}
                Err(error) => return Ok(failure(lua, error.path(), error.error())?),
            }
        }
        found.sort();
        Ok(answer(lua, Path::new(""), Ok(found.into_iter().map(text).collect::<Vec<_>>()))?)
    })?;
    module.raw_set("glob", glob)
}

/// As a shell: a name with a dot in front is matched only by a pattern with one, and `.*` is neither the folder itself nor
/// the one above.
fn is_meant(path: &Path, hidden: &[Pattern]) -> bool {
    let mut names = path.as_os_str().as_bytes().split(|byte| *byte == b'/').filter(|name| name.starts_with(b"."));
    names.all(|name| {
        let name = String::from_utf8_lossy(name);
        let is_dots = matches!(&*name, "." | "..");
        hidden.iter().any(|pattern| if is_dots { pattern.as_str() == name } else { pattern.matches(&name) })
    })
}

fn kind(kind: FileType) -> &'static str {
    if kind.is_file() {
        "file"
    } else if kind.is_dir() {
        "dir"
    } else if kind.is_symlink() {
        "link"
    } else {
        "other"
    }
}

fn describe(lua: &Lua, found: &Metadata) -> mlua::Result<Value> {
    let entry = lua.create_table_with_capacity(0, 4)?;
    entry.raw_set("size", found.len() as f64)?;
    entry.raw_set("modified", found.mtime() as f64 + found.mtime_nsec() as f64 / 1e9)?;
    entry.raw_set("kind", kind(found.file_type()))?;
    entry.raw_set("mode", f64::from(found.mode() & 0o7777))?;
    Ok(Value::Table(entry))
}

/// What is in a folder, sorted by name.
fn children(folder: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        entries.push((entry.file_name(), entry.file_type()?));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(entries)
}

/// Goes through a tree, folders before what is in them. It holds the rest of the folders on its way down.
struct Walk {
    levels: Vec<(PathBuf, IntoIter<(OsString, FileType)>)>,
    /// A folder that was given and not entered yet, so that a script may remove it first.
    entering: Option<PathBuf>,
}

impl Walk {
    fn new(root: PathBuf) -> Result<Walk, Raise> {
        let mut walk = Walk { levels: Vec::new(), entering: None };
        walk.enter(root)?;
        Ok(walk)
    }

    fn enter(&mut self, folder: PathBuf) -> Result<(), Raise> {
        let entries = children(&folder)
            .map_err(|error| Raise::Message(format!("{}: {}", folder.to_string_lossy(), reason(&error))))?;
        self.levels.push((folder, entries.into_iter()));
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(PathBuf, &'static str)>, Raise> {
        if let Some(folder) = self.entering.take().filter(|folder| folder.is_dir()) {
            self.enter(folder)?;
        }
        while let Some((folder, entries)) = self.levels.last_mut() {
            let Some((name, found)) = entries.next() else {
                self.levels.pop();
                continue;
            };
            let path = folder.join(name);
            if found.is_dir() {
                self.entering = Some(path.clone());
            }
            return Ok(Some((path, kind(found))));
        }
        Ok(None)
    }
}
