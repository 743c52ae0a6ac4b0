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
    assert!(passed >= 400, "{last}");
    assert!(last.contains(" passed, 0 failed"), "{last}");
    for name in modules().filter(|name| !name.contains('/')) {
        assert!(run.out.contains(&format!("tests/stdlib/{name}_test.lua .")), "{name} was not tested: {}", run.out);
    }
}

/// The names of all modules in Lua, with a slash between their parts.
fn modules() -> impl Iterator<Item = String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend((!path.ends_with("library")).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "lua") {
                found.push(path.strip_prefix(&root).unwrap().with_extension("").to_str().unwrap().to_owned());
            }
        }
    }
    assert!(found.len() > 50, "{found:?}");
    found.into_iter()
}

#[test]
fn its_files_are_small() {
    for name in modules() {
        let text = std::fs::read_to_string(format!("{}/stdlib/{name}.lua", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(text.lines().count() <= 400, "stdlib/{name}.lua has {} lines", text.lines().count());
    }
}
