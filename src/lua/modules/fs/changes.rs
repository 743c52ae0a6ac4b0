//! Making, moving and removing files and folders.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use mlua::{Function, Lua, Table};

use super::content::replace_with;
use super::temporary::temp_dir;
use super::{PathArgument, answer, done, text};
use crate::lua::bind::{Raise, bind};
use crate::lua::options::Options;

/// Does something with two paths.
type Act = fn(&Path, &Path) -> io::Result<()>;

const FROM_TO: &[(&str, Act)] =
    &[("rename", |from, to| fs::rename(from, to)), ("copy", copy), ("symlink", |target, link| symlink(target, link))];

pub(super) fn install(lua: &Lua, module: &Table) -> mlua::Result<()> {
    let mkdir = bind(lua, "fs.mkdir", |lua, (PathArgument(path), options): (PathArgument, Option<Table>)| {
        let parents = Options::new(options, &["parents"], "mkdir")?.boolean("parents")?.unwrap_or(false);
        let made = if parents { fs::create_dir_all(&path) } else { fs::create_dir(&path) };
        Ok(done(lua, &path, made)?)
    })?;
    module.raw_set("mkdir", mkdir)?;
    let remove = bind(lua, "fs.remove", |lua, (PathArgument(path), options): (PathArgument, Option<Table>)| {
        let recursive = Options::new(options, &["recursive"], "remove")?.boolean("recursive")?.unwrap_or(false);
        if recursive && holds_the_script(&path) {
            return Err(Raise::argument(
                1,
                "this would remove a whole file system or the folder that the script is in",
            ));
        }
        if recursive && path.components().next_back() == Some(Component::ParentDir) {
            return Err(Raise::argument(1, "this would remove more than the path names, since it ends in `..`"));
        }
        Ok(done(lua, &path, remove(&path, recursive))?)
    })?;
    module.raw_set("remove", remove)?;
    for (name, act) in FROM_TO {
        let function = bind(lua, &format!("fs.{name}"), move |lua, paths: (PathArgument, PathArgument)| {
            let (PathArgument(from), PathArgument(to)) = paths;
            let acted = act(&from, &to);
            let is_of_target = acted.is_ok() || is_of_target(name, &from);
            Ok(done(lua, if is_of_target { &to } else { &from }, acted)?)
        })?;
        module.raw_set(*name, function)?;
    }
    let readlink = bind(lua, "fs.readlink", |lua, PathArgument(path): PathArgument| {
        Ok(answer(lua, &path, fs::read_link(&path).map(text))?)
    })?;
    module.raw_set("readlink", readlink)?;
    module.raw_set("temp_dir", bind(lua, "fs.temp_dir", |lua, work: Option<Function>| temp_dir(lua, work))?)?;
    let cwd = bind(lua, "fs.cwd", |lua, ()| Ok(answer(lua, Path::new("."), std::env::current_dir().map(text))?))?;
    module.raw_set("cwd", cwd)?;
    let home = bind(lua, "fs.home", |lua, ()| {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let home = home.ok_or_else(|| io::Error::other("HOME is not set, and the user has no home"));
        Ok(answer(lua, Path::new("~"), home.map(text))?)
    })?;
    module.raw_set("home", home)
}

/// Whether what failed is the target's fault: the system does not say which of the two paths it means.
fn is_of_target(name: &str, from: &Path) -> bool {
    match name {
        "symlink" => true,
        "copy" => from.is_file() && File::open(from).is_ok(),
        _ => fs::symlink_metadata(from).is_ok(),
    }
}

/// Whether the current folder is there or below, which it always is for `/`.
fn holds_the_script(path: &Path) -> bool {
    if !path.components().any(|part| matches!(part, Component::Normal(_))) {
        return true;
    }
    // Of a link, only the link is removed.
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        return false;
    }
    let Ok(whole) = fs::canonicalize(path) else {
        return false;
    };
    whole == Path::new("/") || std::env::current_dir().is_ok_and(|current| current.starts_with(&whole))
}

/// Copies a file, which others see whole or not at all.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let found = fs::metadata(from)?;
    if found.is_dir() {
        return Err(rustix::io::Errno::ISDIR.into());
    }
    if !found.is_file() {
        return Err(io::Error::other("only files can be copied"));
    }
    if fs::metadata(to).is_ok_and(|there| (there.dev(), there.ino()) == (found.dev(), found.ino())) {
        return Err(io::Error::other("this is the same file as the one to copy"));
    }
    let mut source = File::open(from)?;
    replace_with(to, Some(found.permissions().mode()), |target| io::copy(&mut source, target).map(drop))
}

fn remove(path: &Path, recursive: bool) -> io::Result<()> {
    // As it was given: `file/` is nothing.
    fs::symlink_metadata(path)?;
    // Without a slash or dot at the end, behind which a link would be what it leads to.
    let path: PathBuf = path.components().collect();
    let is_dir = fs::symlink_metadata(&path)?.is_dir();
    match (is_dir, recursive) {
        (true, true) => fs::remove_dir_all(path),
        (true, false) => fs::remove_dir(path),
        (false, _) => fs::remove_file(path),
    }
}
