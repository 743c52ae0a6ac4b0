use std::fs;

use crate::support::Folder;
use crate::terminal::{CTRL_D, Terminal};
use crate::{prompt, prompt_in, prompt_on_full_disk, prompt_with};

#[test]
fn help_lists_the_commands() {
    let (_folder, terminal) = prompt();
    let help = terminal.run(".help");
    for command in
        [".help [COMMAND]", ".doc NAME", ".load FILE", ".save FILE", ".time CODE", ".jobs", ".clear", ".exit"]
    {
        assert!(help.contains(command), "{help}");
    }
    assert!(help.contains("Local variables are kept") && help.contains("JIT compiler is off"), "{help}");
    assert!(terminal.run(".help jobs").starts_with(".jobs: the jobs of this session"));
    assert!(terminal.run(".h .load").starts_with(".load FILE: run a file here"));
    assert_eq!(terminal.run(".hlep"), "there is no command `.hlep`; did you mean `.help`?");
    assert_eq!(terminal.run(".load"), "what follows `.load` is missing: `.load FILE`");
    assert_eq!(terminal.run(".exit now"), "`.exit` stands alone, without `now`");
}

#[test]
fn doc_tells_what_a_name_is() {
    let (_folder, terminal) = prompt();
    let map = terminal.run(".doc lithops.map");
    assert!(map.starts_with("lithops.map(fn, iterdata, opts?)"), "{map}");
    for word in ["iterdata", "Options in", "chunksize", "Returns", "lithops.Futures"] {
        assert!(map.contains(word), "{word} in {map}");
    }
    assert!(terminal.run(".doc put_object").starts_with("lithops.Store:put_object("));
    assert!(terminal.run(".doc lithops.storage.put_object").starts_with("lithops.Store:put_object("));
    terminal.run("local fexec = lithops.FunctionExecutor()");
    assert!(terminal.run(".doc fexec:map").starts_with("lithops.Executor:map("));
    assert!(terminal.run(".doc json.decode").starts_with("json.decode("));
    // Fields, and what a class has from its parent.
    assert!(terminal.run(".doc lithops.version").starts_with("lithops.version: string"));
    assert!(terminal.run(".doc process.Handle:read").starts_with("lithops.Stream:read("));
    let json = terminal.run(".doc json");
    assert!(!json.lines().any(|line| line.trim_start().starts_with('|')), "{json}");
    assert_eq!(terminal.run(".doc lithops.mapp"), "nothing is known of `lithops.mapp`; did you mean `lithops.map`?");
}

#[test]
fn a_file_is_loaded_with_its_local_variables() {
    let folder = Folder::new();
    folder.write(
        "tools.lua",
        "#!/usr/bin/env lithops-lua\nlocal helper = {}\nfunction helper.f(x)\n  return x.y.z\nend\nprint 'loaded'\n",
    );
    folder.write("wrong.lua", "x = = 1");
    folder.write("binary", b"\x00\x01");
    let terminal = prompt_in(&folder);
    assert_eq!(terminal.run(".load tools.lua"), "loaded");
    assert!(terminal.run("helper").starts_with("{\n  f = <function 1>"));
    assert!(terminal.run("helper.f({})").starts_with("tools.lua:4: attempt to index field 'y'"));
    assert_eq!(terminal.run(".load wrong.lua"), "wrong.lua:1: unexpected symbol near '='");
    assert_eq!(terminal.run(".load binary"), "`binary` is no Lua text");
    assert_eq!(terminal.run(".load none.lua"), "cannot read `none.lua`: there is no such file or folder");
    assert_eq!(terminal.run(".load ."), "cannot read `.`: it is a folder");
    // Modules are looked for beside it, as when it is run.
    folder.write("project/main.lua", "print(require('parts.one'))");
    folder.write("project/parts/one.lua", "return 'part one'");
    assert_eq!(terminal.run(".load project/main.lua"), "part one");
    folder.write("home.lua", "print 'at home'");
    assert_eq!(terminal.run(".load ~/home.lua"), "at home");
}

#[test]
fn what_ran_well_is_saved() {
    let folder = Folder::new();
    let terminal = prompt_in(&folder);
    assert_eq!(terminal.run(".save session.lua"), "there is nothing to save yet");
    terminal.run("local x = 2");
    terminal.run("error('no')");
    terminal.run("y = = 1");
    terminal.run("print(x)");
    assert_eq!(terminal.run(".save session.lua"), "2 chunks of this session in session.lua");
    assert_eq!(fs::read_to_string(folder.path().join("session.lua")).unwrap(), "local x = 2\nprint(x)\n");
    assert_eq!(terminal.run(".save session.lua"), "`session.lua` exists; remove it, or save under another name");
    assert_eq!(
        terminal.run(".save none/session.lua"),
        "cannot write `none/session.lua`: there is no such file or folder"
    );
    folder.run(&["session.lua"]).prints("2\n");
}

#[test]
fn what_was_saved_can_be_loaded() {
    let folder = Folder::new();
    let terminal = prompt_in(&folder);
    terminal.run("x = 20");
    terminal.run("=x + 1 -- one more");
    terminal.run("x, 'b'");
    terminal.run("print(x)");
    terminal.run("return x * 3");
    terminal.run("(print)('called')");
    terminal.run("= -- nothing");
    terminal.run("#arg");
    assert_eq!(terminal.run(".save s.lua"), "8 chunks of this session in s.lua");
    assert_eq!(
        fs::read_to_string(folder.path().join("s.lua")).unwrap(),
        "x = 20\nprint(x + 1)\nprint(x, 'b')\nprint(x)\nprint(x * 3)\ndo end (print)('called')\n\nprint(#arg)\n"
    );
    assert_eq!(terminal.run(".load s.lua"), "21\n20      b\n20\n60\ncalled\n0");
}

#[test]
fn a_file_that_cannot_be_saved_leaves_nothing() {
    let folder = Folder::new();
    let terminal = prompt_on_full_disk(&folder, 1);
    terminal.run(&format!("x = '{}'", "y".repeat(1500)));
    let shown = terminal.run(".save session.lua");
    assert!(shown.starts_with("cannot write `session.lua`: "), "{shown}");
    assert!(!folder.path().join("session.lua").exists());
    assert_eq!(terminal.run(".save session.lua"), shown);
}

#[test]
fn time_is_told() {
    let (_folder, terminal) = prompt();
    let shown = terminal.run(".time lithops.sleep(0.05) or 'slept'");
    let mut lines = shown.lines();
    assert_eq!(lines.next(), Some("\"slept\""));
    let time = lines.next().unwrap();
    let ms: f64 = time.split(' ').next().unwrap().parse().unwrap();
    assert!(ms >= 50.0 && time.contains(" ms"), "{time}");
    assert!(terminal.run(".time x = ('x'):rep(1e6)").contains("KiB more memory"));
    assert_eq!(terminal.run(".time error('no')"), "repl:1: no");
    let mark = terminal.mark();
    terminal.send(".time f(\r");
    terminal.send("1)\r");
    assert!(terminal.next_prompt(mark).starts_with("repl:1: attempt to call global 'f'"));
}

#[track_caller]
fn jobs(terminal: &Terminal) -> Vec<Vec<String>> {
    terminal.run(".jobs").lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn jobs_are_listed() {
    let folder = Folder::new();
    let terminal = prompt_with(&folder, &["-q"], &[]);
    assert_eq!(terminal.run(".jobs"), "no job was started yet");
    terminal.run("local function work(x) if x == 2 then error('no') end return x end");
    terminal.run("lithops.map(work, { 1, 2, 3 }):wait({ throw_except = false })");
    terminal.run("fs = lithops.map(function() lithops.sleep(600) end, { 1 })");
    let rows = jobs(&terminal);
    assert_eq!(rows[0], ["job", "function", "state", "done", "failed", "total", "time"]);
    assert_eq!(rows[1][..6], ["M000", "work", "failed", "2", "1", "3"]);
    assert_eq!(rows[2][..7], ["M001", "(no", "name)", "running", "0", "0", "1"]);
    terminal.run("fs:cancel()");
    let row = &jobs(&terminal)[2];
    assert_eq!(row[3..7], ["cancelled", "0", "0", "1"]);
    terminal.run("lithops.FunctionExecutor():call_async(work, 1):result()");
    assert!(jobs(&terminal)[3][0].ends_with("-1/A000"));
}

#[test]
fn who_leaves_cancels_the_jobs_that_run() {
    for leave in [CTRL_D, ".exit\r"] {
        let folder = Folder::new();
        let mut terminal = prompt_with(&folder, &["-q"], &[]);
        terminal.run("lithops.map(function() lithops.sleep(600) end, { 1, 2 }) lithops.call_async(lithops.sleep, 600)");
        terminal.send(leave);
        terminal.wait_for_bytes("2 jobs cancelled");
        assert_eq!(terminal.end(), Some(0));
    }
}

#[test]
fn the_screen_is_cleared() {
    let (_folder, terminal) = prompt();
    terminal.run("'something'");
    terminal.run(".clear");
    terminal.wait_until(|screen| screen.trim_end() == ">");
}

#[test]
fn os_exit_ends_with_its_code() {
    let (_folder, mut terminal) = prompt();
    terminal.send("os.exit(7)\r");
    assert_eq!(terminal.end(), Some(7));
}
