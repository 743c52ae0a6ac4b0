use crate::prompt;
use crate::support::Folder;
use crate::terminal::{CTRL_C, UP};

#[test]
fn statements_may_take_several_lines() {
    let (_folder, terminal) = prompt();
    let mark = terminal.mark();
    for line in ["for i = 1, 2 do", "  print(i)", "end"] {
        terminal.send(line);
        terminal.send("\r");
    }
    assert_eq!(terminal.next_prompt(mark), "1\n2");
    let mark = terminal.mark();
    for line in ["{ 'a',", "'b' }"] {
        terminal.send(line);
        terminal.send("\r");
    }
    assert_eq!(terminal.next_prompt(mark), "{ \"a\", \"b\" }");
    let mark = terminal.mark();
    terminal.send("[[one\rtwo]]\r");
    assert_eq!(terminal.next_prompt(mark), "\"one\\ntwo\"");
}

#[test]
fn the_buffer_is_empty_after_an_error_and_after_ctrl_c() {
    let (_folder, terminal) = prompt();
    assert_eq!(terminal.run("x = = 1"), "repl:1: unexpected symbol near '='");
    assert_eq!(terminal.run("1"), "1");
    let mark = terminal.mark();
    terminal.send("function f(\r  half");
    terminal.wait_for("half");
    terminal.send(CTRL_C);
    assert_eq!(terminal.next_prompt(mark), "");
    assert_eq!(terminal.run("2"), "2");
    assert_eq!(terminal.run("error({ code = 7 })"), "error object: {\n  code = 7\n}");
    assert_eq!(terminal.run("3"), "3");
    // An error in a later line ends the chunk, too.
    let mark = terminal.mark();
    terminal.send("function g()\r  x = = 1\r");
    terminal.wait_for("repl:2: unexpected symbol near '='");
    terminal.wait_until(|screen| screen.trim_end().ends_with("\n>"));
    assert!(!terminal.next_prompt(mark).contains(">>>"));
    assert_eq!(terminal.run("4"), "4");
}

#[test]
fn errors_name_the_line_and_the_ways_of_the_users_own_code() {
    let (_folder, terminal) = prompt();
    assert_eq!(terminal.run("error('no')"), "repl:1: no");
    assert_eq!(terminal.run("local a = 1 error('no')"), "repl:1: no");
    assert_eq!(terminal.run("nothing.at_all"), "repl:1: attempt to index global 'nothing' (a nil value)");
    // What was probably meant is told here, too.
    assert_eq!(
        terminal.run("lithops.mapp(print, { 1 })"),
        "repl:1: attempt to call field 'mapp' (a nil value); did you mean `lithops.map`?"
    );
    assert!(terminal.run("#!/bin/sh").starts_with("repl:1: unexpected symbol near '#'"));
    let mark = terminal.mark();
    terminal.send("function f(x)\r  error('bad ' .. x)\rend\r");
    terminal.next_prompt(mark);
    assert_eq!(
        terminal.run("f('thing')"),
        "repl:2: bad thing\nstack traceback:\n        repl:2: in function 'f'\n        repl:1: in main chunk"
    );
    assert!(terminal.bytes().contains("\x1b[31mrepl:2: bad thing\x1b[0m"));
    assert_eq!(terminal.run("lithops.map()"), "repl:1: bad argument #1 to 'map' (function expected, got nil)");
}

#[test]
fn local_variables_are_kept() {
    let (_folder, terminal) = prompt();
    terminal.run("local k, name = 3, 'x'");
    assert_eq!(terminal.run("k, name"), "3       \"x\"");
    terminal.run("local function twice(x) return 2 * x * k end");
    terminal.run("k = 10");
    assert_eq!(terminal.run("twice(1), rawget(_G, 'k')"), "20      nil");
    terminal.run("local k = 'another'");
    assert_eq!(terminal.run("k, twice(1)"), "\"another\"       20");
    terminal.run("local early = 1 if early then return end local late = 2");
    assert_eq!(terminal.run("early, late"), "1       nil");
    terminal.run("local kept = 1 error('no')");
    assert_eq!(terminal.run("kept"), "1");
    terminal.run("do local inner = 1 end");
    assert_eq!(terminal.run("inner"), "nil");
    assert_eq!(terminal.run("({ k = 1 }).k"), "1");
}

#[test]
fn functions_that_were_typed_are_sent_to_workers() {
    let (_folder, terminal) = prompt();
    terminal.run("local k = 3");
    terminal.run("offset = 100");
    terminal.run("local function add(x) return x + offset end");
    terminal.run("function f(x) return add(x) * k end");
    assert_eq!(terminal.run("lithops.map(f, { 1, 2, 3 }):get_result()").lines().next(), Some("{ 303, 306, 309,"));
    terminal.run("k = 1");
    assert_eq!(terminal.run("lithops.call_async(f, 1):result()"), "101");
}

#[test]
fn what_cannot_keep_its_variables_says_so() {
    let (_folder, terminal) = prompt();
    let names: Vec<String> = (0..70).map(|i| format!("v{i}")).collect();
    terminal.run(&format!("local {} = 1", names[..60].join(",")));
    terminal.run(&format!("local {} = 2", names[60..].join(",")));
    let shown = terminal.run(&format!("x = {}", names.join(" or ")));
    assert!(shown.contains("neither sees nor keeps local variables"), "{shown}");
}

#[test]
fn habits_of_other_prompts_and_languages_are_answered() {
    let (_folder, terminal) = prompt();
    for (typed, shown) in [
        ("exit", "`.exit`, or Ctrl-D, leaves"),
        ("quit()", "`.exit`, or Ctrl-D, leaves"),
        ("help", "`.help` lists the commands, `.doc NAME` tells of a function"),
        ("import numpy", "repl:1: '=' expected near 'numpy'; it looks like Python, and programs are Lua"),
        ("x = [1, 2]", "repl:1: unexpected symbol near '['; a list is written `{ 1, 2, 3 }`"),
        ("if x = 1 then end", "repl:1: 'then' expected near '='; `==` compares"),
    ] {
        assert_eq!(terminal.run(typed), shown, "{typed}");
    }
    terminal.run("function quit() return 'own' end local help = 'mine'");
    assert_eq!(terminal.run("quit()"), "\"own\"");
    assert_eq!(terminal.run("help"), "\"mine\"");
}

#[test]
fn pasted_lines_are_one_chunk() {
    let (_folder, terminal) = prompt();
    let mark = terminal.mark();
    terminal.send("\x1b[200~local t = {}\nfor i = 1, 3 do\n\tt[i] = i * i\nend\nprint(#t)\x1b[201~\r");
    assert_eq!(terminal.next_prompt(mark), "3");
    // Without the terminal's help they are lines that were typed ahead.
    terminal.send("a = 40\rb = 2\rprint(a + b)\r");
    terminal.wait_for("\n42\n");
}

#[test]
fn long_lines_and_bytes_that_are_no_text_do_no_harm() {
    let (_folder, terminal) = prompt();
    let mark = terminal.mark();
    terminal.send(&format!("\x1b[200~x = '{}'\x1b[201~\r", "é".repeat(20_000)));
    terminal.next_prompt(mark);
    assert_eq!(terminal.run("#x"), "40000");
    let mark = terminal.mark();
    terminal.send_bytes(b"x = '\xff\xfe'\r");
    assert!(terminal.next_prompt(mark).contains("not UTF-8"));
    let mark = terminal.mark();
    terminal.send_bytes(&(0u8..32).filter(|byte| ![3, 4, 10, 13, 26].contains(byte)).collect::<Vec<_>>());
    // The first one may end a search.
    terminal.send(CTRL_C);
    terminal.next_prompt(mark);
    assert_eq!(terminal.run("1 + 1"), "2");
}

#[test]
fn a_chunk_is_recalled_whole() {
    let folder = Folder::new();
    let terminal = crate::prompt_in(&folder);
    let mark = terminal.mark();
    terminal.send("print(1,\r2)\r");
    assert_eq!(terminal.next_prompt(mark), "1       2");
    let mark = terminal.mark();
    terminal.send(UP);
    terminal.wait_for_line("2)");
    terminal.send("\r");
    assert_eq!(terminal.next_prompt(mark), "1       2");
}

#[test]
fn windows_may_change_their_size() {
    let (_folder, terminal) = prompt();
    terminal.send("x = 'a long line that will not fit into the narrow window'");
    terminal.wait_for("narrow window'");
    terminal.resize(20, 30);
    terminal.send(" y = 2\r");
    terminal.wait_until(|screen| screen.trim_end().ends_with("\n>"));
    assert_eq!(terminal.run("y"), "2");
}
