//! Looking at files and folders.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use glob::{GlobError, MatchOptions, Pattern, PatternError, glob_with};
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
        let mut search = Search::new(&pattern);
        match search.run(&pattern) {
            Ok(()) => {}
            Err(Trouble::Pattern(error)) => {
                let text = format!("bad pattern `{pattern}`: {}, at character {}", error.msg, error.pos + 1);
                return Err(Raise::argument(1, text));
            }
            Err(Trouble::Folder(path, error)) => return Ok(failure(lua, &path, &error)?),
        }
        Ok(answer(lua, Path::new(""), Ok(search.found.into_iter().map(text).collect::<Vec<_>>()))?)
    })?;
    module.raw_set("glob", glob)
}

/// The crate would leave out all names with a dot in front, those that the pattern names, too.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// Looks for what matches a pattern.
///
/// The crate follows links for `**`, which need not end if one leads back. So its part are patterns without.
struct Search {
    /// The names in the pattern that have a dot in front.
    hidden: Vec<Pattern>,
    found: BTreeSet<PathBuf>,
}

/// Why a search has no end.
enum Trouble {
    Pattern(PatternError),
    Folder(PathBuf, io::Error),
}

impl From<PatternError> for Trouble {
    fn from(error: PatternError) -> Trouble {
        Trouble::Pattern(error)
    }
}

impl From<GlobError> for Trouble {
    fn from(error: GlobError) -> Trouble {
        Trouble::Folder(error.path().to_owned(), error.into())
    }
}

impl Search {
    fn new(pattern: &str) -> Search {
        let hidden = pattern
            .split('/')
            .filter(|name| name.starts_with('.'))
            .filter_map(|name| Pattern::new(name).ok())
            .collect();
        Search { hidden, found: BTreeSet::new() }
    }

    fn run(&mut self, pattern: &str) -> Result<(), Trouble> {
        // All of it, since an error says where in it.
        Pattern::new(pattern)?;
        let Some(at) = any_folders(pattern) else {
            for path in glob_with(pattern, OPTIONS)? {
                let path = path?;
                if is_meant(&path, &self.hidden) {
                    self.found.insert(path);
                }
            }
            return Ok(());
        };
        let mut rest = &pattern[at + 2..];
        while let Some(more) = rest.strip_prefix('/').or(rest.strip_prefix("**/")) {
            rest = more;
        }
        if rest == "**" {
            rest = "";
        }
        match &pattern[..at] {
            "" => self.below(".".into(), rest),
            "/" => self.below("/".into(), rest),
            above => {
                for folder in glob_with(above, OPTIONS)? {
                    let folder = folder?;
                    if is_meant(&folder, &self.hidden) {
                        self.below(folder, rest)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Looks for `rest` in a folder and in all below, or for the folders below if it is empty.
    fn below(&mut self, folder: PathBuf, rest: &str) -> Result<(), Trouble> {
        let is_path = rest.contains('/');
        let name = if is_path || rest.is_empty() { None } else { Some(Pattern::new(rest)?) };
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            if is_path && let Some(pattern) = pattern_in(&folder, rest) {
                self.run(&pattern)?;
            }
            let entries = children(&folder).map_err(|error| Trouble::Folder(folder.clone(), error))?;
            for (entry, kind) in entries {
                if !is_meant(Path::new(&entry), &self.hidden) {
                    continue;
                }
                let path = if is_current(&folder) { PathBuf::from(&entry) } else { folder.join(&entry) };
                let is_found = match &name {
                    Some(name) => entry.to_str().is_some_and(|entry| name.matches_with(entry, OPTIONS)),
                    None => rest.is_empty() && (kind.is_dir() || kind.is_symlink() && path.is_dir()),
                };
                if kind.is_dir() {
                    folders.push(path.clone());
                }
                if is_found {
                    self.found.insert(path);
                }
            }
        }
        Ok(())
    }
}

/// Where the first `**` of a pattern is.
fn any_folders(pattern: &str) -> Option<usize> {
    let mut at = 0;
    for name in pattern.split('/') {
        if name == "**" {
            return Some(at);
        }
        at += name.len() + 1;
    }
    None
}

/// The pattern of `rest` within a folder. As for `*`, a name that is not UTF-8 matches nothing.
fn pattern_in(folder: &Path, rest: &str) -> Option<String> {
    if is_current(folder) {
        return Some(rest.to_owned());
    }
    let folder = Pattern::escape(folder.to_str()?);
    let separator = if folder.ends_with('/') { "" } else { "/" };
    Some(format!("{folder}{separator}{rest}"))
}

fn is_current(folder: &Path) -> bool {
    folder == Path::new(".")
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
