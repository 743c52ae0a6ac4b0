//! Every script in `scripts/` runs as the README says, and prints what it should.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Folder, Run};

/// The scripts, and words that they print.
const SCRIPTS: &[(&str, &[&str])] = &[
    (
        "datasets.lua",
        &[
            "8328 lines, 84121 words, 5739 different ones",
            " 9 letters: wentworth    218 times",
            "sir walter       123 times,  83 %",
            "checked: the same",
        ],
    ),
    (
        "errors_and_nesting.lua",
        &[
            "no real root of -1",
            "it worked at attempt 3",
            "ran past its timeout of 0.5 s",
            "worker_lost",
            "upvalue `log`.file",
            "a tree with 16 leaves",
            "0.5 2 4.5 8 12.5",
            "338350",
        ],
    ),
    ("pi.lua", &["pi is about 3.14"]),
    ("word_count.lua", &["persuasion.txt: 8328 lines", " 1. anne ", "checked: the same"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn script(name: &str) -> String {
    root().join("scripts").join(name).to_str().unwrap().to_owned()
}

fn run(args: &[&str]) -> Run {
    let run = Folder::new().run(args);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    run
}

#[test]
fn every_script_runs_and_prints_what_it_should() {
    for (name, words) in SCRIPTS {
        let run = run(&[&script(name)]);
        for word in *words {
            assert!(run.out.contains(word), "{name}: `{word}` is missing in:\n{}", run.out);
        }
    }
}

#[test]
fn every_script_is_in_the_list_and_says_what_it_is_for() {
    let mut found: Vec<PathBuf> = fs::read_dir(root().join("scripts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "lua"))
        .collect();
    found.sort();
    let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, SCRIPTS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for path in &found {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with("-- ") && text.contains("assert"), "{}", path.display());
    }
}

#[test]
fn pi_is_the_same_every_time_and_takes_its_size_from_the_command_line() {
    let count = |run: Run| run.out.split(',').next().unwrap().to_owned();
    let first = count(run(&[&script("pi.lua"), "3", "10000"]));
    assert!(first.contains("of 30000 points"), "{first}");
    assert_eq!(count(run(&[&script("pi.lua"), "3", "10000"])), first);
}

#[test]
fn words_of_any_file_are_counted() {
    let folder = Folder::new();
    let text = folder.write("text", "Être ou ne pas être\nou bien\n\nou");
    let out = run(&[&script("word_count.lua"), text.to_str().unwrap(), "2"]).out;
    assert!(out.contains("text: 4 lines, 8 words, 6 different ones"), "{out}");
    let empty = folder.write("empty", "");
    let out = run(&[&script("word_count.lua"), empty.to_str().unwrap()]).out;
    assert!(out.contains("empty: 0 lines, 0 words"), "{out}");
}
