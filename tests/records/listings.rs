use std::process::Stdio;

use serde_json::json;

use crate::support::Folder;
use crate::{jobs, last, listed, script};

const FAILING: &str = "local function check(x) if x % 2 == 0 then error('even: ' .. x) end return x end\n\
                       lithops.map(check, lithops.range(30)):get_result({throw_except = false})";

#[test]
fn a_list_has_a_line_for_each_job_the_latest_last() {
    let folder = script(
        "local function first(x) return x end\nlithops.map(first, {1, 2}):get_result()\n\
         lithops.map_reduce(first, {1, 2, 3}, function(list) return #list end):get_result()",
    );
    let run = folder.run(&["job", "list"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let lines: Vec<&str> = run.out.lines().collect();
    let words = |line: usize| lines[line].split_whitespace().collect::<Vec<_>>();
    assert_eq!(lines.len(), 4, "{}", run.out);
    assert_eq!(words(0), ["JOB", "STATE", "CALLS", "FUNCTION", "SCRIPT", "BACKEND", "STARTED", "(UTC)", "TOOK"]);
    assert_eq!(words(1)[1..6], ["done", "2/2", "first", "pipeline.lua", "localhost"]);
    assert!(words(1)[0].ends_with("-M000") && words(2)[0].ends_with("-M001") && words(3)[0].ends_with("-R002"));
    // A function that no variable holds is known by its place.
    assert_eq!(words(3)[3], "pipeline.lua:4");
}

#[test]
fn no_jobs_are_no_failure() {
    let folder = Folder::new();
    folder.run(&["job", "list"]).prints("no jobs are recorded\n");
    folder.run(&["job", "list", "--json"]).prints("[]\n");
    folder.run(&["job", "show", "last"]).fails(1, "lithops-lua: no jobs are recorded");
}

#[test]
fn the_latest_twenty_are_listed_and_all_if_asked() {
    let folder = script("for i = 1, 25 do lithops.call_async(function() end):result() end");
    assert_eq!(folder.run(&["job", "list"]).out.lines().count(), 21);
    assert_eq!(folder.run(&["job", "list", "--all"]).out.lines().count(), 26);
    assert!(folder.run(&["job", "list"]).out.trim_end().lines().last().unwrap().contains("-A024"));
}

#[test]
fn the_keys_of_the_lists_are_those_that_are_documented() {
    let folder = script(FAILING);
    let short = [
        "backend",
        "calls",
        "created",
        "driver_pid",
        "ended",
        "first_start",
        "function",
        "host",
        "id",
        "region",
        "runtime",
        "script",
        "source",
        "state",
        "storage",
        "took_s",
    ];
    let job = &listed(&folder)[0];
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(job), short);
    let more = [
        "billed_gb_s",
        "billed_ms",
        "exec_max_s",
        "exec_mean_s",
        "exec_s",
        "failures",
        "invocations_running",
        "logs",
        "logs_left_out",
        "memory_mb",
    ];
    let mut all: Vec<&str> = short.into_iter().chain(more).collect();
    all.sort_unstable();
    assert_eq!(keys(&last(&folder)), all);
    let documented = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/src/jobs.md")).unwrap();
    for key in all {
        assert!(documented.contains(&format!("`{key}`")), "{key}");
    }
    assert_eq!(
        (&job["function"], &job["source"], &job["script"]),
        (&json!("check"), &json!("pipeline.lua:2"), &json!("pipeline.lua"))
    );
    assert!(job["created"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{job}");
}

#[test]
fn failures_are_shown_with_their_messages_the_first_ten() {
    let folder = script(FAILING);
    let job = last(&folder);
    assert_eq!((&job["state"], &job["calls"]["failed"]), (&json!("failed"), &json!(15)));
    assert_eq!(job["failures"].as_array().unwrap().len(), 10);
    let run = folder.run(&["job", "show", "last"]);
    assert!(run.out.contains(": failed\n") && run.out.contains("15 of 30 returned, 15 failed"), "{}", run.out);
    assert!(run.out.contains("check (pipeline.lua:2)"), "{}", run.out);
    // Which calls fail first is for the workers to say.
    assert_eq!(run.out.matches(" failed (lua_error): pipeline.lua:2: even: ").count(), 10, "{}", run.out);
    assert!(run.out.ends_with("  … and 5 more\n"), "{}", run.out);
}

#[test]
fn a_message_that_is_very_long_is_cut() {
    let folder = script("lithops.call_async(function() error(('x'):rep(1e6)) end):wait({throw_except = false})");
    let message = last(&folder)["failures"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.len() < 5000 && message.ends_with('…'), "{}", message.len());
}

#[test]
fn a_job_is_found_by_what_begins_its_name() {
    let folder = script("for i = 1, 2 do lithops.map(function(x) return x end, {1}):get_result() end");
    let ids: Vec<String> = listed(&folder).iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect();
    let shown = |name: &str| folder.run(&["job", "show", name]);
    assert!(shown(&ids[0]).out.starts_with(&format!("job {}: done\n", ids[0])));
    assert!(shown("last").out.starts_with(&format!("job {}", ids[1])));
    let run = shown(&ids[0][..6]);
    run.complains(1, &[&format!("`{}` may be 2 jobs", &ids[0][..6]), &ids[0], &ids[1]]);
    // The last letter is missing: both begin so.
    shown(&ids[1][..ids[1].len() - 1]).complains(1, &["may be 2 jobs"]);
}

#[test]
fn a_name_that_is_unknown_is_told_with_what_is_near() {
    let folder = script("lithops.map(function(x) return x end, {1}):get_result()");
    let id = listed(&folder)[0]["id"].as_str().unwrap().to_owned();
    let near = format!("{}1", &id[..id.len() - 1]);
    for name in [near.as_str(), "M000"] {
        let expected = format!("lithops-lua: there is no job `{name}`; did you mean `{id}`?");
        folder.run(&["job", "show", name]).fails(1, &expected);
    }
    let nothing_like_it =
        "lithops-lua: there is no job `qqqqqqqqqqqq`; `lithops-lua job list --all` lists all that are recorded";
    folder.run(&["job", "logs", "qqqqqqqqqqqq"]).fails(1, nothing_like_it);
}

#[test]
fn a_list_that_nobody_reads_on_is_no_failure() {
    let folder = script("for i = 1, 900 do lithops.call_async(function() end) end");
    let mut list = folder.command(&["job", "list", "--all", "--json"]);
    let mut child = list.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn names_do_not_break_the_table() {
    let folder = Folder::new();
    let name = "a\x1b[31m\n.lua";
    folder.write(name, "lithops.call_async(function() end):result()");
    assert_eq!(folder.run(&[name]).code, Some(0));
    let out = folder.run(&["job", "list"]).out;
    assert!(out.contains("a?[31m?.lua") && out.lines().count() == 2, "{out}");
}

#[test]
fn code_of_the_command_line_is_not_recorded() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["-e", "local hunter2 = 1 lithops.call_async(function() end):result()"]).code, Some(0));
    assert_eq!(last(&folder)["script"], "-e");
    let run = jobs::command(&jobs::folder("print 'x'"), &[]).output().unwrap();
    assert!(run.status.success());
}

#[test]
fn nothing_that_controls_a_terminal_is_shown() {
    let folder = Folder::new();
    let name = "a\x1b[31m.lua";
    let code = r"lithops.map(function() print('one\27[2J\ttwo') error('three\27]0;x\7\nfour') end, {1})
                 :get_result({throw_except = false})";
    folder.write(name, code);
    assert_eq!(folder.run(&[name]).code, Some(0));
    let show = |args: &[&str]| {
        let out = folder.run(args).out;
        assert!(!out.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{args:?}: {out:?}");
        out
    };
    let shown = show(&["job", "show", "last"]);
    assert!(
        shown.contains("a\\u{1b}[31m.lua (process ") && shown.contains("three\\u{1b}]0;x\\u{7}\nfour\n"),
        "{shown}"
    );
    assert!(shown.contains("  function   a\\u{1b}[31m.lua:1\n"), "{shown}");
    assert_eq!(show(&["job", "logs", "last"]), "[M000/00000] one\\u{1b}[2J\ttwo\n");
    assert!(show(&["job", "logs", "last", "--failed"]).contains("three\\u{1b}]0;x\\u{7}\nfour\n"));
}
