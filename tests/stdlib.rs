//! The standard library's own tests, in `tests/stdlib`, run by the command that users run theirs with.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

use std::path::Path;
use std::process::Stdio;

use support::{Folder, Run};

#[test]
fn tests_of_the_standard_library_pass() {
    let home = Folder::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = home.command(&["test", "tests/stdlib"]);
    // Where a person would run them; the home is still an empty folder.
    let run: Run = command.current_dir(root).stdin(Stdio::null()).output().unwrap().into();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let last = run.out.lines().last().unwrap();
    let passed: usize = last.split(' ').next().unwrap().parse().unwrap();
    assert!(passed >= 99, "{last}");
    assert!(last.contains(" passed, 0 failed"), "{last}");
    for name in ["argparse", "inspect", "nearest", "testing"] {
        assert!(run.out.contains(&format!("tests/stdlib/{name}_test.lua .")), "{name} was not tested: {}", run.out);
    }
}
