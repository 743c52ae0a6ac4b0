//! What drivers write down of their jobs, and who reads it: `job list`, `show`, `logs`, `worker list`. And the plots of jobs.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code)]
mod jobs;

/// How records begin, change, end, and go.
#[path = "records/lifetimes.rs"]
mod lifetimes;
/// What `job list` and `job show` say.
#[path = "records/listings.rs"]
mod listings;
/// What calls printed.
#[path = "records/logs.rs"]
mod logs;
/// `lithops.plot`.
#[path = "records/plots.rs"]
mod plots;
/// `worker list`.
#[path = "records/workers.rs"]
mod workers;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use support::Folder;

/// Where the home that a test's folder is has the records.
fn records_of(folder: &Folder) -> PathBuf {
    folder.path().join(".local/state/lithops-lua/jobs")
}

/// The names of all records, the earliest first.
fn record_names(folder: &Folder) -> Vec<String> {
    let Ok(entries) = fs::read_dir(records_of(folder)) else { return Vec::new() };
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What a command prints as JSON.
#[track_caller]
fn json(folder: &Folder, args: &[&str]) -> Value {
    let run = folder.run(args);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{args:?}");
    serde_json::from_str(&run.out).unwrap()
}

/// The jobs that are recorded.
#[track_caller]
fn listed(folder: &Folder) -> Vec<Value> {
    json(folder, &["job", "list", "--all", "--json"]).as_array().unwrap().clone()
}

/// The latest job.
#[track_caller]
fn last(folder: &Folder) -> Value {
    json(folder, &["job", "show", "last", "--json"])
}

/// Runs a script to its end, whatever that is.
fn script(script: &str) -> Folder {
    let folder = jobs::folder(script);
    jobs::run_in(&folder, &[]);
    folder
}
