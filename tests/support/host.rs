//! Runs the real binary in a folder of its own.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A folder that is gone after the test. It is the home of what runs in it, too.
pub struct Folder(TempDir);

/// What a run of the program gave.
#[derive(Debug)]
pub struct Run {
    pub out: String,
    pub err: String,
    /// `None`: ended by a signal.
    pub code: Option<i32>,
}

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    /// A folder with one script, `pipeline.lua`.
    pub fn with(script: &str) -> Folder {
        let folder = Folder::new();
        folder.write("pipeline.lua", script);
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The program, with nothing of the environment that it reads.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lithops-lua"));
        command.args(args).current_dir(self.path()).env("HOME", self.path());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["XDG_STATE_HOME", "XDG_CACHE_HOME", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"].contains(&name.as_str())
                || name.to_ascii_lowercase().ends_with("_proxy")
                || name.starts_with("LUA_")
                || name.starts_with("LITHOPS_")
                || name.starts_with("RUST_")
            {
                command.env_remove(name);
            }
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.command(args).stdin(Stdio::null()).output().unwrap().into()
    }

    pub fn run_with_input(&self, args: &[&str], input: &str) -> Run {
        let piped = Stdio::piped;
        let mut command = self.command(args);
        let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
        match child.stdin.take().unwrap().write_all(input.as_bytes()) {
            // It may end before it has read all of it.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            written => written.unwrap(),
        }
        child.wait_with_output().unwrap().into()
    }
}

/// Runs `script` as `pipeline.lua` in a folder of its own.
pub fn run(script: &str) -> Run {
    Folder::with(script).run(&["pipeline.lua"])
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }
}

impl Run {
    /// It went well, and printed this.
    #[track_caller]
    pub fn prints(&self, expected: &str) {
        assert_eq!((self.out.as_str(), self.err.as_str(), self.code), (expected, "", Some(0)));
    }

    /// It ended with `code`, and said this on standard error.
    #[track_caller]
    pub fn fails(&self, code: i32, expected: &str) {
        assert_eq!((self.err.trim_end(), self.code), (expected.trim_end(), Some(code)), "stdout: {}", self.out);
    }

    /// It ended with `code` and one sentence with these words.
    #[track_caller]
    pub fn complains(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` is missing in {self:?}");
        }
    }
}

/// Looks at `condition` until it holds.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < end, "still waiting: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
