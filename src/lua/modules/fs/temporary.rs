//! Folders for temporary files, and their end: with a function, with a worker's call, with the process.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use mlua::{Function, Lua, MultiValue};

use super::{answer, text};
use crate::compute::local::SCRATCH_VARIABLE;
use crate::lua::bind::Raise;
use crate::lua::call_with_traceback;
use crate::lua::exit::{on_call_end, on_exit};
use crate::lua::session::Session;
use crate::lua::vm::Role;

/// Nobody but the user may even list it.
const PRIVATE: u32 = 0o700;

/// Folders that are there still: what ends the process inside a function ends them, too.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn folders() -> MutexGuard<'static, Vec<PathBuf>> {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder that is removed when this is dropped.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
        folders().retain(|folder| *folder != self.0);
    }
}

/// A folder for as long as `work` runs; without it, for as long as a worker's call, or the process.
pub(super) fn temp_dir(lua: &Lua, work: Option<Function>) -> Result<MultiValue, Raise> {
    let path = match make(lua) {
        Ok(path) => path,
        Err(error) => return Ok(answer::<()>(lua, &parent(lua), Err(error))?),
    };
    let given = text(&path);
    if let Some(work) = work {
        let _folder = Temporary(path);
        return Ok(call_with_traceback(lua, &work, given)?);
    }
    if Session::of(lua).role == Role::Worker {
        let folder = Temporary(path.clone());
        on_call_end(lua, move || drop(folder));
    }
    Ok(answer(lua, &path, Ok(given))?)
}

/// Makes a folder that goes with the process at the latest.
fn make(lua: &Lua) -> io::Result<PathBuf> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        on_exit(|| {
            let left = std::mem::take(&mut *folders());
            for folder in left {
                let _ = fs::remove_dir_all(folder);
            }
        });
    });
    let mut builder = tempfile::Builder::new();
    builder.prefix("lithops-").permissions(Permissions::from_mode(PRIVATE));
    let path = builder.tempdir_in(parent(lua))?.keep();
    folders().push(path.clone());
    Ok(path)
}

/// Where it is made. A worker that is killed removes nothing, so on this machine its folders are in the one of its
/// driver, which goes with the driver; unless a job's `TMPDIR` leads elsewhere.
fn parent(lua: &Lua) -> PathBuf {
    let usual = std::env::temp_dir();
    if Session::of(lua).role == Role::Worker
        && let Some(scratch) = std::env::var_os(SCRATCH_VARIABLE)
        && let Some(of_driver) = Path::new(&scratch).parent()
        && of_driver.parent() == Some(usual.as_path())
    {
        return of_driver.to_owned();
    }
    usual
}
