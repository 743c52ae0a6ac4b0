use crate::prompt_with;
use crate::support::Folder;
use crate::terminal::{CTRL_C, RIGHT, TAB, UP};

/// What the prompt promises, in one session.
#[test]
fn a_session_from_the_banner_to_the_end() {
    let folder = Folder::new();
    folder.write("tools.lua", "local function triple(x) return 3 * x end\n");
    let mut terminal = prompt_with(&folder, &[], &[]);
    terminal.wait_for(&format!("lithops-lua {}; .help", env!("CARGO_PKG_VERSION")));

    // An expression prints its values, `=` too; `_` is the last one.
    assert_eq!(terminal.run("1 + 1, 'two'"), "2       \"two\"");
    assert_eq!(terminal.run("=_ * 10"), "20");
    assert_eq!(terminal.run("{ 1, { deep = {} } }"), "{ 1, {\n    deep = {}\n  } }");
    // Bounded in depth and length.
    assert!(terminal.run("(function() local t = {} for i = 1, 1e5 do t[i] = i end return t end)()").len() < 2000);
    assert!(terminal.run("(function() local t = {} for i = 1, 100 do t = { t } end return t end)()").contains("{...}"));
    terminal.run(".clear");

    // A statement over several lines, an error, Ctrl-C: the buffer is right.
    let mark = terminal.mark();
    terminal.send("local function square(x)\r  return x * x\rend\r");
    assert_eq!(terminal.next_prompt(mark), "");
    assert_eq!(
        terminal.run("square(nil)").lines().next(),
        Some("repl:2: attempt to perform arithmetic on local 'x' (a nil value)")
    );
    terminal.send("square(");
    let mark = terminal.mark();
    terminal.send(CTRL_C);
    terminal.next_prompt(mark);

    // Functions that were typed are sent, with what they capture.
    assert_eq!(terminal.run("local k = 2"), "");
    terminal.run("fs = lithops.map(function(x) return square(x) * k end, { 1, 2, 3 })");
    terminal.run("lithops.wait(fs)");
    assert_eq!(terminal.run("fs"), "3 futures: 3 done");
    assert_eq!(terminal.run("fs:get_result()[3]"), "18");
    // Futures as a value are shown as they go on.
    terminal.run("slow = lithops.map(function() lithops.sleep(600) end, { 1 })");
    let mark = terminal.mark();
    terminal.send("slow\r");
    terminal.wait_for("1 future: 1 running");
    terminal.send(CTRL_C);
    terminal.next_prompt(mark);
    terminal.run("slow:cancel()");
    terminal.run("fs:get_result()[3]");

    // History by chunk, a suggestion, completion.
    terminal.send(UP);
    terminal.wait_for_line("> fs:get_result()[3]");
    let mark = terminal.mark();
    terminal.send(CTRL_C);
    terminal.next_prompt(mark);
    terminal.send("local k");
    terminal.wait_for_line("> local k = 2");
    let mark = terminal.mark();
    terminal.send(RIGHT);
    terminal.send("\r");
    terminal.next_prompt(mark);
    for (begun, line) in [
        ("lithops.map_r", "lithops.map_reduce"),
        ("tonu", "tonumber"),
        ("string.forma", "string.format"),
        ("require 'datas", "require 'dataset"),
        ("lithops.map(f, d, { chu", "lithops.map(f, d, { chunksize ="),
    ] {
        terminal.send(begun);
        terminal.send(TAB);
        terminal.wait_for_line(&format!("> {line}"));
        let mark = terminal.mark();
        terminal.send(CTRL_C);
        terminal.next_prompt(mark);
    }
    assert!(terminal.bytes().contains("\x1b[35mlocal\x1b[0m"));

    // Brackets that belong together.
    terminal.send("f(x)");
    terminal.wait_for_bytes("\x1b[1;4m(\x1b[0m");
    let mark = terminal.mark();
    terminal.send(CTRL_C);
    terminal.next_prompt(mark);

    // Commands.
    assert!(terminal.run(".help").contains(".doc NAME"));
    assert!(terminal.run(".doc lithops.map").contains("chunksize"));
    assert_eq!(terminal.run(".load tools.lua"), "");
    assert_eq!(terminal.run("triple(3)"), "9");
    assert!(terminal.run(".time square(2)").starts_with("4\n"));
    assert!(terminal.run(".jobs").contains("M000"));
    assert!(terminal.run(".save session.lua").ends_with("in session.lua"));

    // Ctrl-C stops a loop and a job, not the prompt.
    for code in ["while true do end", "lithops.map(function() lithops.sleep(600) end, { 1 }):get_result()"] {
        let mark = terminal.mark();
        terminal.send(&format!("print('started') {code}\r"));
        terminal.wait_for_line_end(mark);
        terminal.wait_until(|screen| screen.lines().any(|line| line.trim() == "started"));
        terminal.send(CTRL_C);
        assert!(terminal.next_prompt(mark).contains("interrupted"));
        terminal.run(".clear");
    }
    assert_eq!(terminal.run("1 + 1"), "2");
    terminal.send(".exit\r");
    assert_eq!(terminal.end(), Some(0));
}
