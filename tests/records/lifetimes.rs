use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::jobs::{command, folder, run_in, signal, spawn, wait_until, with_prelude};
use crate::support::Folder;
use crate::{last, listed, record_names, records_of, script};

/// Two calls that say they have begun, and end when the file `go` is there.
const WAITING: &str = "local fs = lithops.map(function(x) append(here .. '/began', 'x') await(here .. '/go') return x end, {1, 2})\n\
                       lithops.wait(fs)";

fn wait_until_begun(folder: &Folder, calls: usize) {
    let began = folder.path().join("began");
    wait_until("calls that run", || fs::read(&began).is_ok_and(|began| began.len() == calls));
}

#[test]
fn a_job_is_seen_while_it_runs_and_when_it_has_ended() {
    let folder = folder(WAITING);
    let mut driver = spawn(&folder, &[]);
    wait_until_begun(&folder, 2);
    wait_until("a record of both calls", || {
        listed(&folder).first().is_some_and(|job| job["state"] == "running" && job["calls"]["running"] == 2)
    });
    let job = last(&folder);
    assert_eq!(job["calls"], json!({ "total": 2, "done": 0, "failed": 0, "cancelled": 0, "running": 2 }));
    assert_eq!((&job["driver_pid"], &job["ended"]), (&json!(driver.id()), &json!(null)));
    assert_eq!(job["invocations_running"], 2);
    folder.write("go", "");
    assert!(driver.wait().unwrap().success());
    let job = last(&folder);
    assert_eq!(
        (&job["state"], &job["calls"]["done"], &job["calls"]["running"]),
        (&json!("done"), &json!(2), &json!(0))
    );
    assert!(job["ended"].is_string() && job["exec_max_s"].as_f64().unwrap() > 0.0, "{job}");
    assert_eq!(job["invocations_running"], 0);
}

#[test]
fn a_job_whose_driver_was_killed_is_lost() {
    let folder = folder(WAITING);
    let mut driver = spawn(&folder, &[]);
    wait_until_begun(&folder, 2);
    wait_until("a record", || !listed(&folder).is_empty());
    driver.kill().unwrap();
    driver.wait().unwrap();
    assert_eq!(last(&folder)["state"], "lost");
    assert!(folder.run(&["job", "list"]).out.contains(" lost "));
    folder.run(&["worker", "list"]).prints("no workers run now\n");
}

#[test]
fn another_process_with_the_number_of_a_killed_driver_is_not_taken_for_it() {
    let folder = script("lithops.call_async(function() end):result()");
    let file = records_of(&folder).join(&record_names(&folder)[0]);
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    record["pid"] = json!(std::process::id());
    record["ended_us"] = json!(null);
    record["jobs"]["0"]["ended_us"] = json!(null);
    fs::write(&file, record.to_string()).unwrap();
    assert_eq!(last(&folder)["state"], "lost");
}

#[test]
fn a_driver_on_another_machine_is_alive_as_long_as_it_writes() {
    let folder = script("lithops.call_async(function() end):result()");
    let file = records_of(&folder).join(&record_names(&folder)[0]);
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    record["host"] = json!("elsewhere");
    record["ended_us"] = json!(null);
    record["jobs"]["0"]["ended_us"] = json!(null);
    let now_us = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64;
    for (minutes, state) in [(2, "running"), (10, "lost")] {
        record["written_us"] = json!(now_us - minutes * 60_000_000);
        fs::write(&file, record.to_string()).unwrap();
        assert_eq!((&last(&folder)["state"], &last(&folder)["host"]), (&json!(state), &json!("elsewhere")));
        folder.run(&["worker", "list"]).prints("no workers run now\n");
    }
}

#[test]
fn a_job_that_an_interrupt_ended_is_stopped() {
    let folder = folder(WAITING);
    let mut driver = spawn(&folder, &[]);
    wait_until_begun(&folder, 2);
    signal(driver.id(), "INT");
    assert_eq!(driver.wait().unwrap().code(), Some(130));
    let job = last(&folder);
    assert_eq!((&job["state"], &job["calls"]["total"]), (&json!("stopped"), &json!(2)));
    assert_eq!(record_names(&folder).len(), 1);
}

#[test]
fn a_job_that_its_script_left_is_stopped() {
    for end in ["error 'no more'", "os.exit(3)"] {
        let folder = script(&format!("lithops.map(function() while true do end end, {{1, 2}})\n{end}"));
        assert_eq!(last(&folder)["state"], "stopped", "{end}");
    }
}

#[test]
fn cancelled_calls_are_counted_as_such() {
    let folder = script(
        "local fs = lithops.map(function(x) if x == 1 then await(here .. '/go') end return x end, {1, 2})\n\
         fs[2]:wait() fs[1]:cancel() fs[1]:wait({throw_except = false})",
    );
    let job = last(&folder);
    assert_eq!(job["state"], "cancelled");
    assert_eq!(job["calls"], json!({ "total": 2, "done": 1, "failed": 0, "cancelled": 1, "running": 0 }));
}

#[test]
fn attempts_do_not_count_twice() {
    let folder = script(
        "local function f(x) append(here .. '/n' .. x, 'x') if #read(here .. '/n' .. x) < 3 then error 'again' end return x end\n\
         lithops.map(f, {1, 2}, {retries = 3}):get_result()",
    );
    assert_eq!(last(&folder)["calls"], json!({ "total": 2, "done": 2, "failed": 0, "cancelled": 0, "running": 0 }));
}

#[test]
fn workers_that_are_lost_do_not_leave_running_calls_behind() {
    let folder = script(
        "lithops.map(function(x) if x == 1 then os.exit(1) end return x end, {1, 2, 3}):get_result({throw_except = false})",
    );
    let job = last(&folder);
    assert_eq!(job["calls"], json!({ "total": 3, "done": 2, "failed": 1, "cancelled": 0, "running": 0 }));
    assert_eq!(job["failures"][0]["kind"], "worker_lost");
}

#[test]
fn two_drivers_have_a_record_each() {
    let folder = folder(WAITING);
    let mut first = spawn(&folder, &[]);
    let mut second = spawn(&folder, &[]);
    wait_until_begun(&folder, 4);
    wait_until("two records", || {
        let jobs = listed(&folder);
        jobs.len() == 2 && jobs.iter().all(|job| job["state"] == "running")
    });
    let pids: Vec<_> = listed(&folder).iter().map(|job| job["driver_pid"].as_u64().unwrap()).collect();
    assert!(pids.contains(&first.id().into()) && pids.contains(&second.id().into()), "{pids:?}");
    folder.write("go", "");
    assert!(first.wait().unwrap().success() && second.wait().unwrap().success());
    assert!(listed(&folder).iter().all(|job| job["state"] == "done"));
    assert_eq!(record_names(&folder).len(), 2);
}

#[test]
fn records_are_private() {
    let folder = script("lithops.call_async(function() end):result()");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = records_of(&folder).join(&record_names(&folder)[0]);
    assert_eq!((mode(&records_of(&folder)), mode(&file)), (0o700, 0o600));
}

#[test]
fn arguments_and_environment_are_not_recorded() {
    let folder = folder(
        "lithops.call_async(function(s) return s .. 'x' end, 'value-hunter2', {extra_env = {TOKEN = 'env-hunter2'}}):result()",
    );
    assert!(folder.command(&["pipeline.lua", "--password", "typed-hunter2"]).status().unwrap().success());
    let record = fs::read_to_string(records_of(&folder).join(&record_names(&folder)[0])).unwrap();
    assert!(record.contains("pipeline.lua") && !record.contains("hunter2"), "{record}");
}

#[test]
fn a_driver_without_jobs_writes_nothing() {
    let folder = script("print(lithops.version) lithops.FunctionExecutor()");
    assert!(!records_of(&folder).exists());
}

#[test]
fn jobs_of_calls_are_not_recorded() {
    let folder = script(
        "local nested = function(x) return lithops.map(function(y) return y end, {x, x}):get_result()[1] end\n\
         lithops.map(nested, {1, 2}):get_result()",
    );
    assert_eq!((record_names(&folder).len(), listed(&folder).len()), (1, 1));
}

#[test]
fn records_can_be_switched_off() {
    let folder = folder("lithops.call_async(function() end):result()");
    run_in(&folder, &["-o", "lithops.job_records=false"]).prints("");
    assert!(!records_of(&folder).exists());
    folder.run(&["job", "list"]).prints("no jobs are recorded\n");
}

#[test]
fn a_home_that_cannot_be_written_changes_nothing() {
    let folder = folder("print(lithops.call_async(function() return 7 end):result())");
    for (name, value) in [("XDG_STATE_HOME", "/proc/nowhere"), ("HOME", "/dev/null")] {
        let run = crate::support::Run::from(command(&folder, &[]).env(name, value).output().unwrap());
        run.prints("7\n");
    }
    let run =
        crate::support::Run::from(command(&folder, &["-vv"]).env("XDG_STATE_HOME", "/proc/nowhere").output().unwrap());
    assert_eq!(run.err.matches("jobs are not recorded").count(), 1, "{}", run.err);
    let mut list = folder.command(&["job", "list"]);
    crate::support::Run::from(list.env("XDG_STATE_HOME", "/proc/nowhere").output().unwrap())
        .prints("no jobs are recorded\n");
}

#[test]
fn the_state_folder_of_the_user_counts() {
    let folder = folder("lithops.call_async(function() end):result()");
    let state = folder.path().join("state");
    assert!(command(&folder, &[]).env("XDG_STATE_HOME", &state).status().unwrap().success());
    assert_eq!(fs::read_dir(state.join("lithops-lua/jobs")).unwrap().count(), 1);
    assert!(!records_of(&folder).exists());
}

#[test]
fn the_next_driver_removes_what_is_old() {
    let folder = script("lithops.call_async(function() end):result()");
    let kept = record_names(&folder)[0].clone();
    let text = fs::read(records_of(&folder).join(&kept)).unwrap();
    // Of 1970, and of drivers that are gone: no process has such a number.
    let old = |number: usize| format!("{number:016}-1073741824.json");
    for number in 0..300 {
        fs::write(records_of(&folder).join(old(number)), &text).unwrap();
    }
    run_in(&folder, &[]).prints("");
    let names = record_names(&folder);
    assert!(names.len() == 2 && names.contains(&kept), "{names:?}");
}

#[test]
fn files_that_are_no_records_do_no_harm() {
    let folder = script("lithops.call_async(function() end):result()");
    for (name, content) in
        [("1.json", "{"), ("2.json", "{\"version\": 1}"), ("3.json", ""), ("notes", "x"), (".x.json", "[")]
    {
        fs::write(records_of(&folder).join(name), content).unwrap();
    }
    assert_eq!(listed(&folder).len(), 1);
}

#[test]
fn many_jobs_are_told_of_by_their_number() {
    let folder = folder("");
    folder.write(
        "pipeline.lua",
        with_prelude("for i = 1, 1100 do lithops.call_async(function(x) return x end, i):result() end"),
    );
    run_in(&folder, &[]).prints("");
    let jobs = listed(&folder);
    assert_eq!(jobs.len(), 1000);
    assert!(jobs[999]["id"].as_str().unwrap().ends_with("-A1099") && jobs.iter().all(|job| job["state"] == "done"));
}

#[test]
fn results_that_nobody_holds_are_let_go() {
    // Each result is 8 MB; all of them would be 1.2 GB.
    let folder = folder(
        "for i = 1, 150 do lithops.call_async(function() return ('x'):rep(8e6) end):result() collectgarbage() end\n\
         print(read('/proc/self/status'):match('VmHWM:%s*(%d+) kB') / 1024)",
    );
    let run = run_in(&folder, &[]);
    let peak_mib: f64 = run.out.trim().parse().unwrap();
    assert!(peak_mib < 500.0, "{peak_mib}");
}
