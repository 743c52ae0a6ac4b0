use std::fs;
use std::path::Path;

use crate::jobs::{children, command, folder, is_alive, run_in, run_with, signal, spawn, wait_until};

const BUSY: &str = "local fs = lithops.map(function(x) append(here .. '/began', 'x') while true do end end, {1, 2})\n\
                    lithops.wait(fs)";

#[test]
fn workers_end_with_a_killed_driver_and_the_next_one_sweeps() {
    let folder = folder(BUSY);
    let tmp = folder.path().join("tmp");
    fs::create_dir(&tmp).unwrap();
    let mut driver = command(&folder, &[]).env("TMPDIR", &tmp).spawn().unwrap();
    let began = folder.path().join("began");
    wait_until("calls that run", || fs::read(&began).is_ok_and(|began| began.len() == 2));
    let workers = children(driver.id());
    assert_eq!(workers.len(), 2);
    driver.kill().unwrap();
    driver.wait().unwrap();
    wait_until("the end of the workers", || !workers.iter().any(|pid| is_alive(*pid)));
    assert_eq!(fs::read_dir(&tmp).unwrap().count(), 1);
    folder.write("pipeline.lua", "lithops.call_async(function() end):result()");
    assert!(command(&folder, &[]).env("TMPDIR", &tmp).status().unwrap().success());
    assert_eq!(fs::read_dir(&tmp).unwrap().count(), 0);
}

#[test]
fn an_interrupt_stops_workers_and_tells_how_far_it_came() {
    let folder = folder(BUSY);
    let driver = spawn(&folder, &[]);
    let began = folder.path().join("began");
    wait_until("calls that run", || fs::read(&began).is_ok_and(|began| began.len() == 2));
    let workers = children(driver.id());
    signal(driver.id(), "INT");
    let output = driver.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(err.contains("0 of 2"), "{err}");
    wait_until("the end of the workers", || !workers.iter().any(|pid| is_alive(*pid)));
}

#[test]
fn workers_end_with_the_terminal_of_their_driver() {
    let folder = folder(BUSY);
    let mut driver = spawn(&folder, &[]);
    let began = folder.path().join("began");
    wait_until("calls that run", || fs::read(&began).is_ok_and(|began| began.len() == 2));
    let workers = children(driver.id());
    signal(driver.id(), "HUP");
    assert!(!driver.wait().unwrap().success());
    wait_until("the end of the workers", || !workers.iter().any(|pid| is_alive(*pid)));
}

#[test]
fn an_interrupt_cleans_up_without_jobs_too() {
    let folder = folder(
        r#"
        io.stdout:write(require("fs").temp_dir()) io.stdout:flush()
        append(here .. "/began", "x")
        while true do lithops.sleep(0.01) end
        "#,
    );
    let driver = spawn(&folder, &[]);
    wait_until("the script", || folder.path().join("began").exists());
    signal(driver.id(), "INT");
    let output = driver.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "lithops-lua: interrupted\n");
    assert_eq!(output.status.code(), Some(130));
    let made = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!made.is_empty() && !Path::new(&made).exists(), "{made}");
}

/// Ends with hooks, and is stuck in a write.
fn stuck(stream: &str) -> String {
    format!(
        "require('fs').temp_dir()\nappend(here .. '/began', 'x')\n\
         while true do io.{stream}:write(('x'):rep(2^20)) end"
    )
}

#[test]
fn an_interrupt_ends_a_script_that_writes_to_a_pipe_that_nobody_reads() {
    let folder = folder(&stuck("stdout"));
    let mut driver = spawn(&folder, &[]);
    wait_until("the script", || folder.path().join("began").exists());
    signal(driver.id(), "INT");
    wait_until("the end of the driver", || driver.try_wait().unwrap().is_some());
    assert_eq!(driver.wait().unwrap().code(), Some(130));
}

#[test]
fn a_second_interrupt_ends_the_program_at_once() {
    // The message of the first one waits for a reader.
    let folder = folder(&stuck("stderr"));
    let mut driver = spawn(&folder, &[]);
    wait_until("the script", || folder.path().join("began").exists());
    wait_until("the end of the driver", || {
        let is_over = driver.try_wait().unwrap().is_some();
        if !is_over {
            signal(driver.id(), "INT");
        }
        is_over
    });
    assert_eq!(driver.wait().unwrap().code(), Some(130));
}

#[test]
fn an_interrupt_that_cannot_be_told_is_one_nevertheless() {
    let folder = folder("require('fs').temp_dir() append(here .. '/began', 'x') while true do lithops.sleep(0.01) end");
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut driver = command(&folder, &[]).stderr(full).spawn().unwrap();
    wait_until("the script", || folder.path().join("began").exists());
    signal(driver.id(), "INT");
    assert_eq!(driver.wait().unwrap().code(), Some(130));
}

#[test]
fn workers_of_a_killed_driver_say_nothing() {
    let folder = folder(
        r#"
        lithops.map(function(x) return x end, {1, 2}):get_result()
        append(here .. "/began", "x")
        while true do lithops.sleep(0.01) end
        "#,
    );
    let mut driver = spawn(&folder, &[]);
    wait_until("idle workers", || folder.path().join("began").exists());
    driver.kill().unwrap();
    // Their end is the end of this pipe, too.
    let output = driver.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn jobs_that_nobody_waits_for_are_finished() {
    let folder = folder("lithops.map(function(x) append(here .. '/n', 'x') end, lithops.range(40), {chunksize = 1})");
    run_in(&folder, &[]).prints("");
    assert_eq!(fs::read_to_string(folder.path().join("n")).unwrap().len(), 40);
}

#[test]
fn a_failure_that_nobody_read_is_told() {
    let run = run_with(&[], "lithops.map(function(x) if x == 2 then error 'unread' end end, {1, 2})");
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("call 00001 of job M000") && run.err.contains("unread"), "{run:?}");
}

#[test]
fn an_error_of_the_script_does_not_wait_for_jobs() {
    let run = run_with(&[], "lithops.call_async(function() while true do end end)\nerror 'the script'");
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("the script"), "{run:?}");
}
