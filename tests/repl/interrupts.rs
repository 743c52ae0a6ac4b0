use rustix::process::Signal;

use crate::prompt;
use crate::support::Folder;
use crate::terminal::{CTRL_C, CTRL_D, Terminal};

/// Runs a chunk, waits until it has printed `started`, and presses Ctrl-C. Gives what was shown.
#[track_caller]
fn interrupted(terminal: &Terminal, chunk: &str) -> String {
    let mark = terminal.mark();
    terminal.send(chunk);
    terminal.send("\r");
    terminal.wait_for_line_end(mark);
    terminal.wait_until(|screen| screen.lines().any(|line| line.trim() == "started"));
    terminal.send(CTRL_C);
    let shown = terminal.next_prompt(mark);
    assert_eq!(terminal.run(".clear"), "");
    assert_eq!(terminal.run("1 + 1"), "2");
    shown
}

const STARTED: &str = "print('started') io.stdout:flush()";

#[test]
fn ctrl_c_drops_what_is_typed() {
    let (_folder, mut terminal) = prompt();
    let mark = terminal.mark();
    terminal.send(CTRL_C);
    assert_eq!(terminal.next_prompt(mark), "");
    let mark = terminal.mark();
    terminal.send("half a line");
    terminal.wait_for("half a line");
    terminal.send(CTRL_C);
    assert_eq!(terminal.next_prompt(mark), "");
    assert_eq!(terminal.run("7"), "7");
    terminal.send(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn loops_stop_and_the_prompt_is_back() {
    let (_folder, terminal) = prompt();
    for code in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do pcall(error, 'x') end",
        "coroutine.wrap(function() while true do end end)()",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        "table.sort({ 3, 2, 1 }, function() while true do end end)",
        "for i = 1, 1e18 do local t = { i } end",
        "local function f() return f() end f()",
        "xpcall(function() while true do end end, debug.traceback) while true do end",
        "setmetatable({}, { __tostring = function() while true do end end })",
    ] {
        let code = if code.starts_with("setmetatable") {
            format!("({STARTED_CALL})() and {code}")
        } else {
            format!("{STARTED} {code}")
        };
        let shown = interrupted(&terminal, &code);
        assert!(shown.ends_with("interrupted"), "{code}: {shown}");
    }
}

const STARTED_CALL: &str = "function() print('started') return true end";

#[test]
fn waits_end() {
    let (_folder, terminal) = prompt();
    terminal.run("process, http = require 'process', require 'http'");
    for code in [
        "lithops.sleep(600)",
        "while true do pcall(lithops.sleep, 600) end",
        "process.run({ 'sleep', '600' })",
        "process.spawn({ 'sleep', '600' }):wait()",
        "process.spawn({ 'sleep', '600' }):read('*a')",
        "for line in process.spawn({ 'sleep', '600' }):lines() do end",
    ] {
        let shown = interrupted(&terminal, &format!("{STARTED} {code}"));
        assert!(shown.ends_with("interrupted"), "{code}: {shown}");
    }
}

#[test]
fn requests_to_a_server_that_does_not_answer_end() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let (_folder, terminal) = prompt();
    terminal.run("http = require 'http'");
    let shown = interrupted(&terminal, &format!("{STARTED} http.get('http://{address}/')"));
    assert!(shown.ends_with("interrupted"), "{shown}");
    let config = format!(
        "{{ lithops = {{ storage = 'aws_s3' }}, aws = {{ access_key_id = 'a', secret_access_key = 'b', region = 'eu-west-1' }}, \
         aws_s3 = {{ storage_bucket = 'bucket-of-a-test', endpoint_url = 'http://{address}' }} }}"
    );
    terminal.run(&format!("store = lithops.Storage({{ config = {config} }})"));
    let shown = interrupted(&terminal, &format!("{STARTED} store:get_object(nil, 'key')"));
    assert!(shown.ends_with("interrupted"), "{shown}");
    drop(server);
}

/// Worker processes below a process.
fn workers(of: u32) -> usize {
    let children = std::fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
    let all = std::fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    let children: Vec<String> = all
        .map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default())
        .chain([children])
        .flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let is_worker = |pid: &&String| {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains("worker"))
    };
    let mut found: Vec<&String> = children.iter().filter(is_worker).collect();
    found.sort();
    found.dedup();
    found.len()
}

#[test]
fn a_job_that_is_waited_for_is_cancelled_with_its_workers() {
    let folder = Folder::new();
    let terminal = crate::prompt_with(&folder, &["-q", "-o", "localhost.max_workers=2"], &[]);
    terminal.run("function slow(x) if x > 2 then print('begun') lithops.sleep(600) end return x end");
    let mark = terminal.mark();
    terminal.send("lithops.map(slow, { 1, 2, 3, 4, 5 }, { chunksize = 1, stream_logs = true }):get_result()\r");
    terminal.wait_until(|screen| screen.matches("begun").count() >= 3);
    assert_eq!(workers(terminal.pid()), 2);
    terminal.send(CTRL_C);
    let shown = terminal.next_prompt(mark);
    assert!(shown.ends_with("interrupted; job M000: 2 of 5 calls done, the others cancelled"), "{shown}");
    let begun = std::time::Instant::now();
    while workers(terminal.pid()) == 2 && begun.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(workers(terminal.pid()) < 2);
    assert_eq!(terminal.run("lithops.map(slow, { 1, 2 }):get_result()[2]"), "2");
    assert!(terminal.run(".jobs").lines().nth(1).is_some_and(|line| line.contains("cancelled")));
    assert_eq!(terminal.run("lithops.get_result()").lines().next(), Some("{"));
}

#[test]
fn jobs_of_earlier_lines_go_on() {
    let folder = Folder::new();
    let terminal = crate::prompt_with(&folder, &["-q"], &[]);
    terminal.run("gate = lithops.storage");
    terminal.run(
        "fs = lithops.map(function() while not lithops.storage:head_object(nil, 'open') do lithops.sleep(0.02) end return 'done' end, \
         { 1 })",
    );
    let shown = interrupted(&terminal, &format!("{STARTED} lithops.sleep(600)"));
    assert!(shown.ends_with("interrupted"), "{shown}");
    terminal.run("gate:put_object(nil, 'open', '')");
    assert_eq!(terminal.run("fs[1]:result()"), "\"done\"");
}

#[test]
fn code_that_does_not_stop_is_ended_with_the_program() {
    let (_folder, mut terminal) = prompt();
    let mark = terminal.mark();
    // A pattern that takes for ever, in a C function that looks at no hook.
    terminal.send(&format!("{STARTED}; ('a'):rep(40):find(('a-'):rep(40) .. 'b')\r"));
    terminal.wait_for_line_end(mark);
    terminal.wait_until(|screen| screen.lines().any(|line| line.trim() == "started"));
    terminal.send(CTRL_C);
    terminal.wait_for("this code does not stop; one more Ctrl-C ends lithops-lua");
    terminal.send(CTRL_C);
    assert_eq!(terminal.end(), Some(130));
}

#[test]
fn an_interrupt_from_elsewhere_does_the_same() {
    let (_folder, terminal) = prompt();
    let mark = terminal.mark();
    terminal.send(&format!("{STARTED} while true do end\r"));
    terminal.wait_for_line_end(mark);
    terminal.wait_until(|screen| screen.lines().any(|line| line.trim() == "started"));
    terminal.kill(Signal::INT);
    assert!(terminal.next_prompt(mark).ends_with("interrupted"));
    let mark = terminal.mark();
    terminal.send("half");
    terminal.wait_for_line("> half");
    terminal.kill(Signal::INT);
    assert_eq!(terminal.next_prompt(mark), "");
}
