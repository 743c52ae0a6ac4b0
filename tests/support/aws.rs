//! The program on emulated AWS: a folder with a configuration, and the emulator's environment around what runs in it.

use std::process::{Command, Stdio};

use crate::emulator::{Emulator, Knobs, ROLE};
use crate::jobs::with_prelude;
use crate::support::{Folder, Run};

/// An emulated AWS, and a folder whose `.lithops_config` says to use it.
pub struct Aws {
    pub emulator: Emulator,
    pub folder: Folder,
}

impl Aws {
    pub fn new() -> Aws {
        Aws::with(Knobs::default())
    }

    pub fn with(knobs: Knobs) -> Aws {
        let folder = Folder::new();
        folder.write(".lithops_config", config("", ""));
        Aws { emulator: Emulator::start(knobs), folder }
    }

    /// More keys of the sections `lithops` and `aws_lambda`, as flow mappings without their braces.
    pub fn configure(&self, lithops: &str, aws_lambda: &str) {
        self.folder.write(".lithops_config", config(lithops, aws_lambda));
    }

    /// The program with these arguments.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.folder.command(args);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command.envs(self.emulator.environment()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.command(args).output().unwrap().into()
    }

    /// Runs a script with the prelude, as `pipeline.lua`; `here` is the path of its folder.
    pub fn script(&self, script: &str) -> Run {
        self.folder.write("pipeline.lua", with_prelude(script));
        self.run(&["pipeline.lua", self.folder.path().to_str().unwrap()])
    }

    /// Runs a script whose asserts all hold.
    #[track_caller]
    pub fn passes(&self, script: &str) {
        self.script(&format!("{script}\nprint 'ok'")).prints("ok\n");
    }

    /// Requests of an operation so far, as `s3:PutObject`; or of a whole service, as `s3:`.
    pub fn requests(&self, operation: &str) -> u64 {
        let record = self.emulator.record();
        let counted = record.requests.iter().filter(|(name, _)| {
            if operation.ends_with(':') { name.starts_with(operation) } else { name.as_str() == operation }
        });
        counted.map(|(_, count)| count).sum()
    }

    /// The keys of all objects in all buckets.
    pub fn objects(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.emulator.buckets(), "", &mut found);
        found.sort();
        found
    }
}

fn walk(folder: &std::path::Path, under: &str, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // The server keeps notes of its own beside the objects.
        if name.starts_with('.') {
            continue;
        }
        let path = if under.is_empty() { name } else { format!("{under}/{name}") };
        if entry.path().is_dir() { walk(&entry.path(), &path, found) } else { found.push(path) }
    }
}

fn config(lithops: &str, aws_lambda: &str) -> String {
    let more = |keys: &str| if keys.is_empty() { String::new() } else { format!(", {keys}") };
    format!(
        "lithops: {{backend: aws_lambda{}}}\naws_lambda: {{execution_role: '{ROLE}'{}}}\n",
        more(lithops),
        more(aws_lambda)
    )
}
