//! Workers and folders of this machine.

use std::io;
use std::path::Path;

use super::Findings;
use crate::config::{Config, Override};
use crate::lua::vm::{ConfigChoice, Vm, VmSettings};

/// A job of one call. Its function shows that code arrives, its value that answers come back.
const CALL: &str = "\
local number = 6
local ok, answer = pcall(function() return lithops.call_async(function(x) return x * number end, 7):result() end)
if ok and answer == 42 then return nil end
return tostring(answer)";

/// Whether a worker starts and answers.
pub fn look_at_workers(choice: &ConfigChoice, findings: &mut Findings) {
    const NAME: &str = "workers";
    match call_a_worker(choice) {
        Ok(None) => findings.ok(NAME, "one was started, and answered"),
        Ok(Some(reason)) => findings.failed(NAME, format!("a call failed: {reason}")),
        Err(error) => findings.failed(NAME, format!("a call cannot be made: {error}")),
    }
}

fn call_a_worker(choice: &ConfigChoice) -> mlua::Result<Option<String>> {
    let mut choice = choice.clone().without_records();
    // One is enough, and nothing is to be drawn.
    choice.overrides.extend([Override::backend_option("max_workers", "max_workers", &1.into())]);
    let vm = Vm::new(&VmSettings::driver(Vec::new(), choice))?;
    vm.lua.load(CALL).set_name("=doctor").eval()
}

/// Whether the folder of the local storage can be written, or made.
pub fn look_at_storage(config: &Config, findings: &mut Findings) {
    const NAME: &str = "storage folder";
    let root = &config.localhost.storage_root;
    match try_to_write(root) {
        Ok(()) => findings.ok(NAME, root.display()),
        Err((folder, error)) => findings.failed(
            NAME,
            format!(
                "{} cannot be written ({error}): make it writable, or set `localhost.storage_root` to another folder",
                folder.display()
            ),
        ),
    }
}

/// Writes to the folder; where it is not there, to the one that it would be made in.
fn try_to_write(folder: &Path) -> Result<(), (&Path, io::Error)> {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    tempfile::tempfile_in(there).map(drop).map_err(|error| (there, error))
}
