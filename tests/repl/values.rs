use crate::support::Folder;
use crate::terminal::CTRL_C;
use crate::{prompt, prompt_with};

#[test]
fn expressions_show_their_values() {
    let (_folder, terminal) = prompt();
    assert_eq!(terminal.run("1 + 1"), "2");
    assert_eq!(terminal.run("= 'a' .. 'b'"), "\"ab\"");
    assert_eq!(terminal.run("1, nil, true"), "1       nil     true");
    assert_eq!(terminal.run("nil"), "nil");
    assert_eq!(terminal.run("x = 5"), "");
    assert_eq!(terminal.run("(function() end)()"), "");
    assert_eq!(terminal.run("x, 'line\\n'"), "5       \"line\\n\"");
    assert_eq!(terminal.run("-- nothing"), "");
}

#[test]
fn the_last_value_has_a_name() {
    let (_folder, terminal) = prompt();
    terminal.run("6 * 7");
    assert_eq!(terminal.run("_ + 1"), "43");
    terminal.run("nil");
    terminal.run("x = 1");
    assert_eq!(terminal.run("_"), "43");
    terminal.run("'a', 'b'");
    assert_eq!(terminal.run("_"), "\"a\"");
}

#[test]
fn tables_are_pretty_and_bounded() {
    let (_folder, terminal) = prompt();
    assert_eq!(
        terminal.run("{ 1, 2, name = 'x', inner = { y = true } }"),
        "{ 1, 2,\n  inner = {\n    y = true\n  },\n  name = \"x\"\n}"
    );
    let deep = terminal.run("(function() local t = {} for i = 1, 1000 do t = { t } end return t end)()");
    assert!(deep.contains("{...}") && deep.len() < 100, "{deep}");
    let long = terminal.run("(function() local t = {} for i = 1, 1e6 do t[i] = i end return t end)()");
    assert!(long.contains("more") && long.len() < 1000, "{long}");
    let text = terminal.run("('x'):rep(1e6)");
    assert!(text.contains("more bytes") && text.len() < 20_000, "{} bytes", text.len());
    let this = terminal.run("(function() local t = {} t.self = t return t end)()");
    assert!(this.contains("<table 1>"), "{this}");
}

#[test]
fn functions_are_shown_with_their_place() {
    let (_folder, terminal) = prompt();
    assert_eq!(terminal.run("function(a, ...) end"), "function(a, ...) at repl:1");
    assert_eq!(terminal.run("lithops.map"), "function lithops.map");
}

#[test]
fn values_that_tell_what_they_are_do_so() {
    let (_folder, terminal) = prompt();
    assert_eq!(terminal.run("setmetatable({}, { __tostring = function() return 'a thing' end })"), "a thing");
    assert_eq!(
        terminal.run("setmetatable({ 1 }, { __tostring = function() error('no') end })").lines().next(),
        Some("{ 1,")
    );
    assert!(terminal.run("io.stdout").starts_with("file ("));
    assert_eq!(terminal.run("1LL, lithops.range(3)"), "1LL     lithops.range(1, 3, 1)");
}

#[test]
fn futures_are_shown_as_they_end() {
    let folder = Folder::new();
    let terminal = prompt_with(&folder, &["-o", "localhost.max_workers=2", "repl"], &[]);
    let go = |number: u32| {
        folder.run(&["-e", &format!("lithops.storage:put_object(nil, 'go{number}', '')")]).prints("");
    };
    terminal.run(
        "fs = lithops.map(function(x) while x > 0 and not lithops.storage:head_object(nil, 'go' .. x) do lithops.sleep(0.02) end \
         return x end, { 0, 1, 2 })",
    );
    let mark = terminal.mark();
    terminal.send("fs\r");
    terminal.wait_for("3 futures: 1 done, 2 running");
    go(1);
    terminal.wait_for("3 futures: 2 done, 1 running");
    // A key gets the prompt, and is what is typed there.
    terminal.send("4");
    assert_eq!(terminal.next_prompt(mark), "3 futures: 2 done, 1 running");
    terminal.wait_for_line("> 4");
    let mark = terminal.mark();
    terminal.send("0 + 2\r");
    assert_eq!(terminal.next_prompt(mark), "42");
    // Ctrl-C does, too, and the job runs on.
    let mark = terminal.mark();
    terminal.send("fs\r");
    terminal.wait_for_line("3 futures: 2 done, 1 running");
    terminal.send(CTRL_C);
    assert_eq!(terminal.next_prompt(mark), "3 futures: 2 done, 1 running");
    terminal.wait_until(|screen| screen.trim_end().ends_with("\n> \n>"));
    let mark = terminal.mark();
    terminal.send("fs\r");
    terminal.wait_for_line("3 futures: 2 done, 1 running");
    go(2);
    assert_eq!(terminal.next_prompt(mark), "3 futures: 3 done");
    assert!(terminal.run("fs[1]").ends_with("/M000/00000 (done)"));
    terminal.run("fs = lithops.map(function(x) lithops.sleep(60) end, { 1 }) fs:cancel()");
    assert_eq!(terminal.run("fs"), "1 future: 1 cancelled");
}

#[test]
fn errors_of_calls_show_what_happened_in_the_worker() {
    let (_folder, terminal) = prompt();
    let shown = terminal.run("lithops.map(function(x) return x.y.z end, { 1 }):get_result()");
    assert!(shown.starts_with("call 00000 of job M000 failed (lua_error): repl:1: attempt to index"), "{shown}");
    assert!(shown.contains("in the worker:"), "{shown}");
}

#[test]
fn output_without_a_newline_stays_on_the_screen() {
    let (_folder, terminal) = prompt();
    assert_eq!(terminal.run("x = io.write('no newline')"), "no newline");
    terminal.run("io.stderr:write('also none') x = 1");
    terminal.wait_for("also none");
    assert_eq!(terminal.run("1"), "1");
    terminal.wait_for("also none");
}
