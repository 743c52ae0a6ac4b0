//! Reading and writing whole files.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use mlua::{BString, Lua, LuaString, Table};
use rustix::fs::{Access, access};

use super::{PathArgument, answer, done};
use crate::lua::bind::bind;

pub(super) fn install(lua: &Lua, module: &Table) -> mlua::Result<()> {
    let read = bind(lua, "fs.read", |lua, PathArgument(path): PathArgument| {
        Ok(answer(lua, &path, fs::read(&path).map(BString::from))?)
    })?;
    module.raw_set("read", read)?;
    let write = bind(lua, "fs.write", |lua, (PathArgument(path), text): (PathArgument, LuaString)| {
        Ok(done(lua, &path, replace(&path, &text.as_bytes()))?)
    })?;
    module.raw_set("write", write)?;
    let append = bind(lua, "fs.append", |lua, (PathArgument(path), text): (PathArgument, LuaString)| {
        let file = OpenOptions::new().append(true).create(true).open(&path);
        Ok(done(lua, &path, file.and_then(|mut file| file.write_all(&text.as_bytes())))?)
    })?;
    module.raw_set("append", append)?;
    Ok(())
}

/// Writes a file, whole or not at all. A link stays one, and a file keeps its mode.
///
/// # Errors
/// What the system says. The file is as it was then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, None, |file| file.write_all(bytes))
}

/// Writes a file that others see as it was or as it will be, never a part of it. Without a mode, it keeps the one that it has.
pub(super) fn replace_with(
    path: &Path,
    mode: Option<u32>,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let there = fs::metadata(path);
    let mode = match &there {
        Ok(there) if there.is_file() && !is_descriptor(path) => {
            // Who may write to the folder could replace it all the same.
            access(path, Access::WRITE_OK)?;
            Some(mode.unwrap_or(there.permissions().mode()) & 0o7777)
        }
        // Devices, pipes and what is open already are written to; a folder refuses.
        Ok(_) => return write(&mut File::options().write(true).truncate(true).open(path)?),
        Err(_) => mode.map(|mode| mode & 0o7777),
    };
    // A link stays one: what it leads to is replaced.
    let path = end_of_links(path)?;
    let mut refused = None;
    let made = tempfile::Builder::new().prefix(".write-").make_in(folder_of(&path), |temporary| {
        // With the mode that any new file gets. The system's own error is kept, without the temporary name around it.
        File::create_new(temporary).inspect_err(|error| refused = error.raw_os_error())
    });
    let mut file = made.map_err(|error| refused.map_or(error, io::Error::from_raw_os_error))?;
    let set_mode = |file: &File, kept: u32| match mode {
        Some(mode) => file.set_permissions(Permissions::from_mode(mode & kept)),
        None => Ok(()),
    };
    // Before, so that nobody reads who may not; and after, since writing takes away some bits.
    set_mode(file.as_file(), 0o777)?;
    write(file.as_file_mut())?;
    set_mode(file.as_file(), 0o7777)?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// As many links as Linux follows.
const MAX_LINKS: usize = 40;

/// What a path leads to through links, even if there is nothing yet.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        if let Ok(end) = fs::canonicalize(&path) {
            return Ok(end);
        }
        let Ok(target) = fs::read_link(&path) else {
            return Ok(path);
        };
        path = folder_of(&path).join(target);
    }
    Err(rustix::io::Errno::LOOP.into())
}

/// Whether a path leads to an open file of a process, as `/dev/stdout` does: a link in `/proc/…/fd`.
fn is_descriptor(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let folder = fs::canonicalize(folder_of(&path));
        if folder.is_ok_and(|folder| folder.starts_with("/proc") && folder.ends_with("fd")) {
            return true;
        }
        let Ok(target) = fs::read_link(&path) else {
            return false;
        };
        path = folder_of(&path).join(target);
    }
    false
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
