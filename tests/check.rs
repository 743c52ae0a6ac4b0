//! `lithops-lua check`: what it finds, what it leaves alone, and that the runtime agrees.

#[path = "support/long_script.rs"]
mod long_script;
#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

/// Functions of `lithops`, executors and futures: dots, colons, arguments, options.
#[path = "check/calls.rs"]
mod calls;
/// Files, folders, standard input, exit codes, JSON, speed.
#[path = "check/command.rs"]
mod command;
/// Names: globals, fields, modules.
#[path = "check/names.rs"]
mod names;
/// Nothing is found in code that is right.
#[path = "check/precision.rs"]
mod precision;
/// What functions bring along: what cannot be sent, what is changed in a copy, what comes too late.
#[path = "check/sent.rs"]
mod sent;

use support::Folder;

/// What is found in a script, without the file's name: `2:7: error: … [rule]`.
fn found(script: &str) -> Vec<String> {
    let run = Folder::with(script).run(&["check", "pipeline.lua"]);
    run.out.lines().map(|line| line.strip_prefix("pipeline.lua:").unwrap_or(line).to_owned()).collect()
}

/// Exactly this is found.
#[track_caller]
fn finds(script: &str, expected: &[&str]) {
    assert_eq!(found(script), expected, "{script}");
}

/// An error is found, and the script fails with these words when it is run.
#[track_caller]
fn finds_what_fails(script: &str, expected: &str, words: &str) {
    finds(script, &[expected]);
    assert!(expected.contains(": error: "), "{expected}");
    let run = support::run(script);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains(words), "`{words}` is missing in {run:?}");
}

/// Nothing is found, and the script runs to its end.
#[track_caller]
fn is_right(script: &str) {
    finds(script, &[]);
    let run = support::run(script);
    assert_eq!(run.code, Some(0), "{run:?}");
}
