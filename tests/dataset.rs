//! The module `dataset`: lazy collections, each function held against a plain computation.

use std::process::Command;

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod jobs;

/// What runs a dataset and gives a value.
#[path = "dataset/actions.rs"]
mod actions;
/// What goes wrong: mistakes, failing steps, a full disk; and that nothing is left behind.
#[path = "dataset/failures.rs"]
mod failures;
/// Datasets written as objects.
#[path = "dataset/output.rs"]
mod output;
/// Steps that need all elements.
#[path = "dataset/shuffles.rs"]
mod shuffles;
/// Order, also of more than the memory holds.
#[path = "dataset/sorting.rs"]
mod sorting;
/// Lists, ranges, lines, JSON and CSV.
#[path = "dataset/sources.rs"]
mod sources;
/// Steps that take an element at a time.
#[path = "dataset/steps.rs"]
mod steps;
/// Words, counted quickly or not: against `tr | sort | uniq -c`.
#[path = "dataset/words.rs"]
mod words;

/// What the scripts use beside the prelude of all jobs' scripts. `put(key, text)` stores an object; `at(key)` is its address; `pairs_of`
/// makes a table of pairs; `clean` checks that nothing is left of a dataset in the storage.
const PRELUDE: &str = r#"
local dataset = require "dataset"
local function at(key) return "local://" .. lithops.storage.bucket .. "/" .. (key or "") end
local function put(key, text) lithops.storage:put_object(nil, key, text) return at(key) end
local function pairs_of(list)
  local map = {}
  for _, pair in ipairs(list) do assert(map[pair.key] == nil, "twice: " .. tostring(pair.key)) map[pair.key] = pair.value end
  return map
end
local function sorted(list) table.sort(list) return list end
local function clean() same(lithops.storage:list_keys(nil, "lithops/"), {}) end
"#;

fn script(code: &str) -> String {
    format!("{} {code}", PRELUDE.trim().replace('\n', " "))
}

/// A script whose asserts all hold, and that leaves nothing in the storage.
#[track_caller]
fn passes(code: &str) {
    jobs::passes(&script(&format!("{code}\nclean()")));
}

/// What a shell prints.
fn shell(command: &str) -> String {
    let output = Command::new("sh").args(["-c", command]).env("LC_ALL", "C").output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
