use std::io::{Read, Write};
use std::process::Stdio;

use rustix::process::Signal;

use crate::support::{Folder, wait_until};
use crate::terminal::{CTRL_C, CTRL_D, Terminal};
use crate::{prompt, prompt_with, start};

#[test]
fn input_from_a_pipe_is_run_line_by_line() {
    let folder = Folder::new();
    let run = folder.run_with_input(&["repl"], "local x = 1\nfor i = 1, 2 do\n  x = x + i\nend\nx\n{ 1 }\n");
    run.prints("4\n{ 1 }\n");
    let run = folder.run_with_input(&["repl"], "error('no')\nx = = 1\n1 + 1\n.hlep\n=2\n");
    assert_eq!(run.out, "2\n2\n");
    assert_eq!(
        run.err,
        "repl:1: no\nrepl:1: unexpected symbol near '='\nthere is no command `.hlep`; did you mean `.help`?\n"
    );
    assert_eq!(run.code, Some(1));
    let run = folder.run_with_input(&["repl"], "print(1)\nfunction f(");
    assert_eq!((run.out.as_str(), run.code), ("1\n", Some(1)));
    assert!(run.err.contains("near '<eof>'"), "{run:?}");
    let run = folder.run_with_input(&["repl"], "function g()\n  x = = 1\n5\n");
    assert_eq!(run.out, "5\n", "{run:?}");
    folder.run_with_input(&["repl"], "").prints("");
    folder.run_with_input(&["repl"], ".exit\nprint(1)\n").prints("");
}

#[test]
fn a_chunk_of_many_lines_takes_no_time_for_each() {
    let folder = Folder::new();
    let lines: String = (0..20_000).map(|i| format!("  {{ id = {i}, name = 'the name of {i}' }},\n")).collect();
    let begun = std::time::Instant::now();
    folder.run_with_input(&["repl"], &format!("t = {{\n{lines}}}\n#t\n")).prints("20000\n");
    // With a compilation for each line it takes several minutes.
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn expressions_with_very_many_operators_are_run() {
    let folder = Folder::new();
    let sum = |count: usize| format!("local x = 1{}\nprint(x)\n", "+y".repeat(count));
    folder.write("large.lua", format!("y = 1\n{}", sum(400_000)));
    folder.write("small.lua", format!("y = 1\n{}", sum(49_000)));
    let run = folder.run_with_input(&["repl"], ".load large.lua\n.load small.lua\nx\n");
    assert_eq!((run.out.as_str(), run.code), ("400001\n49001\n49001\n", Some(0)), "{}", run.err);
    assert!(run.err.contains("neither sees nor keeps local variables"), "{}", run.err);
}

#[test]
fn colours_may_be_wanted_where_there_is_no_terminal() {
    let folder = Folder::new();
    for (force, expected) in [("1", "\x1b[31mrepl:1: no\x1b[0m\n"), ("0", "repl:1: no\n")] {
        let mut command = folder.command(&["repl"]);
        command.env("CLICOLOR_FORCE", force).env_remove("NO_COLOR").stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"error('no')\n").unwrap();
        assert_eq!(String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr), expected);
    }
}

#[test]
fn jobs_that_a_pipe_started_are_finished() {
    let folder = Folder::new();
    let code = "f = lithops.call_async(function() lithops.storage:put_object(nil, 'done', 'yes') end)\n";
    folder.run_with_input(&["repl"], code).prints("");
    folder.run(&["-e", "print(lithops.storage:get_object(nil, 'done'))"]).prints("yes\n");
}

#[test]
fn code_reads_what_follows_it_in_the_pipe() {
    let folder = Folder::new();
    folder.run_with_input(&["repl"], "line = io.read()\nfrom the pipe\nline\n").prints("\"from the pipe\"\n");
}

#[test]
fn bytes_that_are_no_text_are_left_out() {
    let folder = Folder::new();
    let mut child =
        folder.command(&["repl"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"x = '\xff'\n1\n\x00\x01\x02\n\xf0\x9f\x98\n2\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n2\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = Folder::new();
    let mut child =
        folder.command(&["repl"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"1\n").unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 2]).unwrap();
    drop(stdout);
    // It may end before all of it is read.
    let _ = stdin.write_all("'value'\n".repeat(1000).as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// Waits until the cursor is behind a prompt of a terminal that has no line editor.
#[track_caller]
fn plain_prompt(terminal: &Terminal, lines_before: &str) {
    terminal.wait_until(|screen| screen.trim_end().ends_with(&format!("{lines_before}\n>")));
}

#[test]
fn a_dumb_terminal_gets_no_escape_sequences() {
    let folder = Folder::new();
    let mut terminal = start(&folder, &[], &[("TERM", "dumb")]);
    plain_prompt(&terminal, "can be done here");
    terminal.send("1 + 1\n");
    plain_prompt(&terminal, "2");
    terminal.send("for i = 1, 2 do\n");
    terminal.wait_for(">>");
    terminal.send("print(i)\nend\n");
    plain_prompt(&terminal, "1\n2");
    terminal.send("error('no')\n");
    plain_prompt(&terminal, "repl:1: no");
    terminal.send("function half(\n");
    terminal.wait_until(|screen| screen.trim_end().ends_with("function half(\n>>"));
    terminal.send(CTRL_C);
    plain_prompt(&terminal, "");
    terminal.send("'whole'\n");
    plain_prompt(&terminal, "\"whole\"");
    terminal.send("print('started') while true do end\n");
    terminal.wait_for("\nstarted");
    terminal.send(CTRL_C);
    plain_prompt(&terminal, "interrupted");
    terminal.send("'again'\n");
    plain_prompt(&terminal, "\"again\"");
    assert!(!terminal.bytes().contains('\x1b'), "{:?}", terminal.bytes());
    terminal.send(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn colours_are_off_where_they_are_not_wanted() {
    let folder = Folder::new();
    let colours = |bytes: &str| {
        bytes
            .split("\x1b[")
            .any(|part| part.split_once('m').is_some_and(|(n, _)| n.parse::<u32>().is_ok_and(|n| n > 0)))
    };
    let terminal = prompt_with(&folder, &[], &[("NO_COLOR", "1")]);
    terminal.run("local x = 'text'");
    assert_eq!(terminal.run("error('no')"), "repl:1: no");
    assert!(!colours(&terminal.bytes()), "{:?}", terminal.bytes());
    let terminal = prompt_with(&folder, &[], &[]);
    terminal.run("local x = print and 'text' -- what");
    assert!(colours(&terminal.bytes()));
    for painted in ["\x1b[35mlocal\x1b[0m", "\x1b[34mprint\x1b[0m", "\x1b[32m'text'\x1b[0m", "\x1b[90m-- what\x1b[0m"] {
        assert!(terminal.bytes().contains(painted), "{painted:?} in {:?}", terminal.bytes());
    }
    let mark = terminal.mark();
    terminal.send("f(x)");
    terminal.wait_for_bytes("f\x1b[1;4m(\x1b[0mx)");
    terminal.send(CTRL_C);
    terminal.next_prompt(mark);
}

#[test]
fn what_jobs_print_appears_above_the_prompt() {
    let folder = Folder::new();
    let terminal = prompt_with(&folder, &["-q"], &[]);
    terminal.run(
        "fs = lithops.map(function() while not lithops.storage:head_object(nil, 'go') do lithops.sleep(0.02) end print('from a job') end, \
         { 1 }, { stream_logs = true })",
    );
    terminal.send("'typed meanwhile'");
    terminal.wait_for_line("> 'typed meanwhile'");
    folder.run(&["-e", "lithops.storage:put_object(nil, 'go', '')"]).prints("");
    terminal.wait_for("[M000/00000] from a job\n> 'typed meanwhile'");
    terminal.wait_for_line("> 'typed meanwhile'");
    let mark = terminal.mark();
    terminal.send("\r");
    assert_eq!(terminal.next_prompt(mark), "\"typed meanwhile\"");
}

#[test]
fn a_terminal_that_goes_away_ends_it_with_its_workers() {
    let folder = Folder::new();
    let mut terminal = prompt_with(&folder, &["-q"], &[]);
    terminal.run("fs = lithops.map(function() print(require('process').pid()) lithops.sleep(600) end, { 1 }, { stream_logs = true })");
    terminal.wait_for("[M000/00000] ");
    let screen = terminal.screen();
    let pid: i32 = screen.split("[M000/00000] ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    terminal.hang_up();
    assert_eq!(terminal.end(), Some(129));
    let begun = std::time::Instant::now();
    while std::path::Path::new(&format!("/proc/{pid}")).exists() {
        assert!(begun.elapsed().as_secs() < 60, "the worker is still there");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let history = std::fs::read_to_string(folder.path().join(".local/state/lithops-lua/history")).unwrap();
    assert!(history.contains("fs = lithops.map"), "{history}");
}

#[test]
fn a_terminal_that_goes_away_while_code_runs_ends_it() {
    let (_folder, mut terminal) = prompt();
    let mark = terminal.mark();
    terminal.send("print('started') while true do end\r");
    terminal.wait_for_line_end(mark);
    terminal.wait_until(|screen| screen.lines().any(|line| line.trim() == "started"));
    terminal.hang_up();
    assert_eq!(terminal.end(), Some(129));
}

#[test]
fn a_terminal_that_goes_away_while_code_prints_ends_it() {
    let (_folder, mut terminal) = prompt();
    terminal.send("while true do print('line') end\r");
    terminal.wait_until(|screen| screen.lines().filter(|line| line.trim() == "line").count() > 10);
    terminal.hang_up();
    assert_eq!(terminal.end(), Some(129));
}

#[test]
fn a_terminal_that_goes_away_before_anything_was_typed_ends_it() {
    let (_folder, mut terminal) = prompt();
    terminal.hang_up();
    // Nothing was to be lost, so that the system may have ended it.
    assert!(matches!(terminal.end(), None | Some(129)));
}

#[test]
fn the_terminal_shows_keys_again_whoever_ends_the_process() {
    let (_folder, mut terminal) = prompt();
    terminal.run("x = 1");
    assert!(!terminal.has_echo());
    terminal.kill(Signal::HUP);
    assert_eq!(terminal.end(), Some(129));
    assert!(terminal.has_echo());

    let (_folder, mut terminal) = prompt();
    terminal.run("fs = lithops.map(function() lithops.sleep(600) end, { 1 })");
    terminal.send("fs\r");
    terminal.wait_for("1 future: 1 running");
    wait_until("keys that are not shown", || !terminal.has_echo());
    terminal.kill(Signal::HUP);
    assert_eq!(terminal.end(), Some(129));
    assert!(terminal.has_echo());
}

#[test]
fn nothing_is_set_up_before_it_is_needed() {
    let (_folder, terminal) = prompt();
    let threads = || {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", terminal.pid())).unwrap().flatten();
        let name =
            |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap().trim().to_owned();
        let mut names: Vec<String> = tasks.map(name).collect();
        names.sort();
        names
    };
    // A thread has its name a moment after it has begun.
    let there_are = |names: &[&str]| wait_until(&format!("{names:?}"), || threads() == names);
    // The one that waits for the script, and the one that runs it.
    there_are(&["lithops-lua", "script"]);
    terminal.run("lithops.storage");
    // Who watches for Ctrl-C; no more, whatever the number of cores.
    there_are(&["io", "lithops-lua", "script"]);
}

#[test]
fn it_may_be_stopped_and_go_on() {
    let (_folder, terminal) = prompt();
    terminal.run("x = 1");
    terminal.kill(Signal::STOP);
    terminal.kill(Signal::CONT);
    assert_eq!(terminal.run("x"), "1");
}

#[test]
fn output_that_is_no_terminal_gets_values_only() {
    let folder = Folder::new();
    let mut command = std::process::Command::new("sh");
    command.arg("-c").arg(format!("exec {} repl > out.txt", env!("CARGO_BIN_EXE_lithops-lua")));
    command.current_dir(folder.path()).env("HOME", folder.path()).env("TERM", "xterm-256color");
    let mut terminal = Terminal::start(command);
    terminal.send("1 + 1\n");
    terminal.send(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
    assert_eq!(std::fs::read_to_string(folder.path().join("out.txt")).unwrap(), "2\n");
}

#[test]
fn a_command_line_that_is_wrong_is_told_before_the_prompt() {
    let folder = Folder::new();
    let run = folder.run_with_input(&["-o", "lithops.nonsense=1", "repl"], "1\n");
    assert_eq!(run.code, Some(2), "{run:?}");
}
