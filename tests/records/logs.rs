use serde_json::json;

use crate::jobs::{folder, spawn, wait_until};
use crate::{last, script};

const PRINTING: &str = "local function f(x)\n\
                        if x ~= 2 then print('one of ' .. x) io.write('two') end\n\
                        if x == 3 then error 'no three' end\n\
                        end\n\
                        lithops.map(f, {1, 2, 3}):get_result({throw_except = false})";

#[test]
fn prints_are_kept_with_their_calls_in_front() {
    let folder = script(PRINTING);
    folder
        .run(&["job", "logs", "last"])
        .prints("[M000/00000] one of 1\n[M000/00000] two\n[M000/00002] one of 3\n[M000/00002] two\n");
    folder.run(&["job", "logs", "last", "--call", "0"]).prints("[M000/00000] one of 1\n[M000/00000] two\n");
    folder
        .run(&["job", "logs", "last", "--failed"])
        .prints("[M000/00002] one of 3\n[M000/00002] two\n[M000/00002] failed (lua_error): pipeline.lua:4: no three\n");
}

#[test]
fn what_nobody_printed_is_said_and_no_failure() {
    let folder = script(PRINTING);
    let run = folder.run(&["job", "logs", "last", "--call", "1"]);
    assert_eq!((run.out.as_str(), run.code), ("", Some(0)), "{run:?}");
    assert!(run.err.contains("nothing is recorded that call 1 of job"), "{run:?}");
    folder.run(&["job", "logs", "last", "--call", "3"]).complains(1, &["has no call 3", "numbered from 0"]);
    let folder = script("lithops.call_async(function() end):result()");
    let run = folder.run(&["job", "logs", "last"]);
    assert!((run.out.as_str(), run.code) == ("", Some(0)) && run.err.contains("printed anything"), "{run:?}");
    let run = folder.run(&["job", "logs", "last", "--failed"]);
    assert!((run.out.as_str(), run.code) == ("", Some(0)) && run.err.contains("no call of job"), "{run:?}");
}

#[test]
fn logs_are_seen_while_the_job_runs() {
    let folder = folder(
        "local fs = lithops.map(function(x) print('here') if x == 2 then await(here .. '/go') end end, {1, 2}, {chunksize = 1})\n\
         lithops.wait(fs)",
    );
    let mut driver = spawn(&folder, &[]);
    wait_until("the print of the call that has ended", || {
        folder.run(&["job", "logs", "last"]).out == "[M000/00000] here\n"
    });
    assert_eq!(last(&folder)["state"], "running");
    folder.write("go", "");
    assert!(driver.wait().unwrap().success());
    assert_eq!(folder.run(&["job", "logs", "last"]).out.lines().count(), 2);
}

#[test]
fn the_end_of_long_prints_and_the_latest_calls_are_kept() {
    let folder = script(
        "lithops.map(function(x) print('of ' .. x) if x == 1 then error 'first' end end, lithops.range(1000), {max_workers = 1})\n\
         :get_result({throw_except = false})\n\
         lithops.call_async(function() for i = 1, 1000 do print(('x'):rep(99)) end print 'last' end):result()",
    );
    let logs = last(&folder)["logs"].clone();
    let text = logs[0]["text"].as_str().unwrap();
    assert!(text.len() <= 4096 && text.ends_with("x\nlast\n"), "{}", text.len());
    let first = crate::listed(&folder)[0]["id"].as_str().unwrap().to_owned();
    let job = crate::json(&folder, &["job", "show", &first, "--json"]);
    let calls: Vec<u64> = job["logs"].as_array().unwrap().iter().map(|log| log["call"].as_u64().unwrap()).collect();
    // That of the failure is among them, however early it was.
    assert_eq!((calls.len(), calls[0], calls[255], &job["logs_left_out"]), (256, 0, 999, &json!(744)));
    let run = folder.run(&["job", "logs", &first]);
    assert!(run.err.contains("744 more calls printed"), "{}", run.err);
}

#[test]
fn all_prints_of_a_driver_are_bounded() {
    let folder = script(
        "for i = 1, 8 do lithops.map(function(x) print(('x'):rep(4000)) end, lithops.range(300), {stream_logs = false}):get_result() end",
    );
    let file = crate::records_of(&folder).join(&crate::record_names(&folder)[0]);
    let bytes = std::fs::metadata(file).unwrap().len();
    assert!((3 << 20..5 << 20).contains(&bytes), "{bytes}");
    let first = crate::listed(&folder)[0]["id"].as_str().unwrap().to_owned();
    let job = crate::json(&folder, &["job", "show", &first, "--json"]);
    assert_eq!((&job["logs"], &job["logs_left_out"]), (&json!([]), &json!(300)));
    assert_eq!(last(&folder)["logs"].as_array().unwrap().len(), 256);
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let folder = script("lithops.call_async(function() print('a\\xff\\0b') end):result()");
    let run = folder.run(&["job", "logs", "last"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    assert!(run.out.starts_with("[A000/00000] a\u{fffd}"), "{}", run.out);
}
