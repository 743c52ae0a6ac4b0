use std::collections::BTreeSet;
use std::fs;

use serde_json::json;

use crate::jobs::{children, folder, spawn, wait_until};
use crate::support::Folder;
use crate::{json, script};

#[test]
fn workers_of_a_running_job_are_listed_and_none_afterwards() {
    let folder = folder(
        "local fs = lithops.map(function(x) append(here .. '/began', 'x') await(here .. '/go') end, {1, 2})\nlithops.wait(fs)",
    );
    let mut driver = spawn(&folder, &[]);
    let began = folder.path().join("began");
    wait_until("calls that run", || fs::read(&began).is_ok_and(|began| began.len() == 2));
    let workers = || json(&folder, &["worker", "list", "--json"]).as_array().unwrap().clone();
    wait_until("workers that are known to work", || {
        let workers = workers();
        workers.len() == 2 && workers.iter().all(|worker| worker["call"].is_string())
    });
    let listed = workers();
    let pids: BTreeSet<u64> = listed.iter().map(|worker| worker["pid"].as_u64().unwrap()).collect();
    assert_eq!(pids, children(driver.id()).into_iter().map(u64::from).collect());
    let calls: BTreeSet<&str> = listed.iter().map(|worker| worker["call"].as_str().unwrap()).collect();
    assert!(calls.iter().any(|call| call.ends_with("-M000/00000")), "{calls:?}");
    assert!(calls.iter().any(|call| call.ends_with("-M000/00001")), "{calls:?}");
    let keys: Vec<&String> = listed[0].as_object().unwrap().keys().collect();
    let expected = [
        "backend",
        "call",
        "driver_pid",
        "executor_id",
        "invocations",
        "memory_bytes",
        "pid",
        "region",
        "runtime",
        "script",
        "uptime_s",
    ];
    assert_eq!(keys, expected);
    let documented = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/src/jobs.md")).unwrap();
    for key in expected {
        assert!(documented.contains(&format!("`{key}`")), "{key}");
    }
    assert_eq!((&listed[0]["driver_pid"], &listed[0]["backend"]), (&json!(driver.id()), &json!("localhost")));
    assert!(listed[0]["memory_bytes"].as_u64().unwrap() > 1 << 20, "{listed:?}");
    let table = folder.run(&["worker", "list"]).out;
    assert!(table.starts_with("WORKER ") && table.lines().count() == 3 && table.contains("pipeline.lua"), "{table}");
    folder.write("go", "");
    assert!(driver.wait().unwrap().success());
    folder.run(&["worker", "list"]).prints("no workers run now\n");
    folder.run(&["worker", "list", "--json"]).prints("[]\n");
}

#[test]
fn workers_without_a_call_are_idle() {
    let folder = folder(
        "lithops.map(function(x) return x end, {1, 2}, {chunksize = 1}):get_result()\n\
         append(here .. '/ready', 'x') await(here .. '/go')",
    );
    let mut driver = spawn(&folder, &[]);
    wait_until("the script", || folder.path().join("ready").exists());
    wait_until("idle workers", || {
        let table = folder.run(&["worker", "list"]).out;
        table.lines().count() > 1 && table.lines().skip(1).all(|line| line.ends_with(" idle"))
    });
    folder.write("go", "");
    assert!(driver.wait().unwrap().success());
}

#[test]
fn what_else_a_driver_starts_is_no_worker() {
    // `cat` waits for somebody who writes; its words are those of a worker.
    let folder = folder(
        "lithops.call_async(function() end):result()\n\
         os.execute 'mkfifo worker'\n\
         local child = require('process').spawn({'cat', 'worker'})\n\
         append(here .. '/ready', 'x') await(here .. '/go')\n\
         child:kill()",
    );
    let mut driver = spawn(&folder, &[]);
    wait_until("the script", || {
        assert!(driver.try_wait().unwrap().is_none(), "the script has ended");
        folder.path().join("ready").exists()
    });
    let words = |pid: u32| fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    wait_until("the other program", || children(driver.id()).into_iter().any(|pid| words(pid) == "cat\0worker\0"));
    let worker = children(driver.id()).into_iter().find(|pid| !words(*pid).starts_with("cat")).unwrap();
    let pids = || -> Vec<serde_json::Value> {
        json(&folder, &["worker", "list", "--json"])
            .as_array()
            .unwrap()
            .iter()
            .map(|worker| worker["pid"].clone())
            .collect()
    };
    wait_until("a record", || !pids().is_empty());
    assert_eq!(pids(), [json!(worker)]);
    folder.write("go", "");
    assert!(driver.wait().unwrap().success());
}

#[test]
fn functions_elsewhere_are_counted_as_their_driver_wrote_down() {
    let folder = script("lithops.call_async(function() end):result()");
    let file = crate::records_of(&folder).join(&crate::record_names(&folder)[0]);
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    // This process stands for the driver.
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let start: u64 = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().parse().unwrap();
    record["pid"] = json!(std::process::id());
    record["process_start"] = json!(start);
    record["ended_us"] = json!(null);
    let job = &mut record["jobs"]["0"];
    job["backend"] = json!("aws_lambda");
    job["region"] = json!("eu-west-1");
    job["runtime"] = json!("lithops-lua-x");
    job["in_flight"] = json!(3);
    let mut second = job.clone();
    second["id"] = json!(second["id"].as_str().unwrap().replace("-A000", "-A001"));
    second["in_flight"] = json!(4);
    record["jobs"]["1"] = second;
    fs::write(&file, record.to_string()).unwrap();
    let workers = json(&folder, &["worker", "list", "--json"]);
    assert_eq!(workers.as_array().unwrap().len(), 1, "{workers}");
    let worker = &workers[0];
    assert_eq!((&worker["runtime"], &worker["region"]), (&json!("lithops-lua-x"), &json!("eu-west-1")));
    assert_eq!((&worker["invocations"], &worker["pid"]), (&json!(7), &json!(null)));
    assert!(folder.run(&["worker", "list"]).out.contains("7 invocations"));
}

#[test]
fn no_drivers_have_no_workers() {
    Folder::new().run(&["worker", "list"]).prints("no workers run now\n");
}

#[test]
fn records_of_drivers_that_have_ended_take_no_memory() {
    let folder = script("lithops.call_async(function() print('x') end):result()");
    let records = crate::records_of(&folder);
    let first = records.join(&crate::record_names(&folder)[0]);
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&first).unwrap()).unwrap();
    record["jobs"]["0"]["logs"][0]["text"] = "x".repeat(4 << 20).into();
    fs::write(&first, record.to_string()).unwrap();
    // 800 MB of prints in all, of which half would be too much.
    for number in 0..200 {
        fs::hard_link(&first, records.join(format!("{number:016}-1.json"))).unwrap();
    }
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "ulimit -v 400000; exec \"$0\" worker list", env!("CARGO_BIN_EXE_lithops-lua")]);
    let output = shell.env("HOME", folder.path()).env_remove("XDG_STATE_HOME").output().unwrap();
    crate::support::Run::from(output).prints("no workers run now\n");
}
