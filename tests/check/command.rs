use std::time::{Duration, Instant};

use super::Folder;
use super::long_script::long_script;

const WRONG: &str = "print(lenght({}))\n";

#[test]
fn nothing_found_is_one_line_and_success() {
    let run = Folder::with("print(1)").run(&["check", "pipeline.lua"]);
    assert_eq!((run.out.as_str(), run.err.as_str(), run.code), ("", "lithops-lua: 1 file: nothing found\n", Some(0)));
}

#[test]
fn errors_fail_and_warnings_do_not() {
    let folder = Folder::with(WRONG);
    folder.write("warned.lua", "print(nmaes)");
    let run = folder.run(&["check", "pipeline.lua", "warned.lua"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.out,
        "pipeline.lua:1:7: error: global `lenght` is never set [undefined-global]\n\
         warned.lua:1:7: warning: global `nmaes` is never set [undefined-global]\n"
    );
    assert_eq!(run.err, "lithops-lua: 2 files: 1 error, 1 warning\n");
    assert_eq!(folder.run(&["check", "warned.lua"]).code, Some(0));
}

#[test]
fn a_syntax_error_has_the_words_of_a_run_and_others_are_still_checked() {
    let folder = Folder::with("local x = = 1\n");
    folder.write("second.lua", WRONG);
    let run = folder.run(&["check", "pipeline.lua", "second.lua"]);
    assert_eq!(run.code, Some(1));
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[0], "pipeline.lua:1:1: error: unexpected symbol near '=' [syntax]");
    assert!(lines[1].starts_with("second.lua:1:7: error: "));
    assert!(folder.run(&["pipeline.lua"]).err.contains("pipeline.lua:1: unexpected symbol near '='"));
}

#[test]
fn files_that_cannot_be_read_are_told_and_others_are_still_checked() {
    let folder = Folder::with(WRONG);
    let run = folder.run(&["check", "missing.lua", "pipeline.lua"]);
    assert_eq!(run.code, Some(2));
    assert!(run.out.starts_with("pipeline.lua:1:7: error: "));
    assert!(
        run.err.starts_with("lithops-lua: cannot read `missing.lua`: there is no such file or folder\n"),
        "{}",
        run.err
    );
    assert_eq!(folder.run(&["check"]).code, Some(2));
}

#[test]
fn folders_are_searched_for_lua_files() {
    let folder = Folder::new();
    folder.write("scripts/a.lua", WRONG);
    folder.write("scripts/deep/b.lua", WRONG);
    folder.write("scripts/notes.txt", "not Lua");
    folder.write("scripts/.hidden/c.lua", WRONG);
    let run = folder.run(&["check", "scripts"]);
    let files: Vec<&str> = run.out.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(files, ["scripts/a.lua", "scripts/deep/b.lua"]);
    folder.write("empty/notes.txt", "");
    folder.run(&["check", "empty"]).fails(2, "lithops-lua: there is no Lua file in `empty`");
}

#[test]
fn folders_of_others_are_passed_by_as_test_does() {
    let folder = Folder::with(WRONG);
    for name in ["lua_modules/share/a.lua", "target/b.lua", ".git/c.lua", ".d.lua", "src/target/e.lua"] {
        folder.write(name, WRONG);
    }
    folder.write("src/f.lua", WRONG);
    let files = |run: &str| -> Vec<String> { run.lines().map(|line| line.split(':').next().unwrap().into()).collect() };
    assert_eq!(files(&folder.run(&["check", "."]).out), ["pipeline.lua", "src/f.lua"]);
    // Who names one means it.
    assert_eq!(files(&folder.run(&["check", "target"]).out), ["target/b.lua"]);
}

#[test]
fn a_terminal_gets_no_control_characters_of_a_script() {
    let folder = Folder::new();
    folder.write("a\x1b[31m.lua", "require 'x\x1b]0;title\x07'");
    let run = folder.run(&["check", "."]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.out.starts_with("a\\u{1b}[31m.lua:1:1: error: there is no module `x\\u{1b}]0;title\\u{7}`"),
        "{}",
        run.out
    );
    assert!(!run.out.trim_end().contains(char::is_control), "{:?}", run.out);
    let run = folder.run(&["check", "no\x1b[31m.lua"]);
    assert!(!run.err.trim_end().contains('\x1b'), "{:?}", run.err);
}

#[test]
fn standard_input_is_a_script_too() {
    let run = Folder::new().run_with_input(&["check", "-"], WRONG);
    assert_eq!(
        (run.out.as_str(), run.code),
        ("stdin:1:7: error: global `lenght` is never set [undefined-global]\n", Some(1))
    );
}

#[test]
fn json_has_an_object_a_line() {
    let run = Folder::with(WRONG).run(&["check", "--json", "pipeline.lua"]);
    let finding: serde_json::Value = serde_json::from_str(run.out.trim_end()).unwrap();
    assert_eq!(
        finding,
        serde_json::json!({
            "file": "pipeline.lua", "line": 1, "column": 7, "rule": "undefined-global", "severity": "error",
            "message": "global `lenght` is never set",
        })
    );
    assert_eq!((run.err.as_str(), run.code), ("", Some(1)));
    assert_eq!(Folder::with("print(1)").run(&["check", "--json", "pipeline.lua"]).out, "");
}

#[test]
fn nothing_is_run() {
    let folder = Folder::with("io.open('made', 'w'):close()\nos.exit(7)");
    assert_eq!(folder.run(&["check", "pipeline.lua"]).code, Some(0));
    assert!(!folder.path().join("made").exists());
}

#[test]
fn what_is_no_lua_is_told_in_a_line() {
    let folder = Folder::new();
    folder.write("photo.lua", [0u8, 159, 146, 150]);
    folder.write("table.csv", "name,age\nanna,31\n");
    let run = folder.run(&["check", "photo.lua", "table.csv"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.out,
        "photo.lua:1:1: error: `photo.lua` is not a Lua program: it is a binary file [syntax]\n\
         table.csv:2:1: error: '=' expected near 'anna'; it looks like CSV, and programs are Lua [syntax]\n"
    );
}

#[test]
fn windows_line_endings_and_a_byte_order_mark_do_not_move_places() {
    let folder = Folder::new();
    folder.write("pipeline.lua", b"\xef\xbb\xbf-- one\r\nlocal x = 1\r\nprint(lenght(x))\r\n");
    assert!(folder.run(&["check", "pipeline.lua"]).out.starts_with("pipeline.lua:3:7: error: "));
}

/// The shortest time of some runs: a machine that does other things only adds to it.
fn time(script: &str) -> Duration {
    let folder = Folder::with(script);
    let once = || {
        let began = Instant::now();
        assert_eq!(folder.run(&["check", "pipeline.lua"]).code, Some(0));
        began.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap()
}

#[test]
fn what_a_script_costs_grows_with_its_length() {
    let start = time("print(1)");
    let cost = |lines: usize| time(&long_script(lines)).saturating_sub(start).max(Duration::from_millis(1));
    let (short, long) = (cost(1_000), cost(10_000));
    assert!(long < 40 * short, "1,000 lines: {short:?}, 10,000 lines: {long:?}");
}

#[test]
fn a_long_expression_costs_what_it_is_long() {
    let sum = |terms: usize| format!("return {}", vec!["1"; terms].join(" + "));
    let (short, long) = (time(&sum(4_000)), time(&sum(40_000)));
    assert!(long < 30 * short, "4,000 terms: {short:?}, 40,000 terms: {long:?}");
}

#[test]
fn functions_that_call_each_other_are_looked_at_once() {
    let chain = |length: usize| {
        let mut script = String::from("function f0(x) return x end\n");
        for i in 1..length {
            script.push_str(&format!("function f{i}(x) return f{}(x) end\nlithops.map(f{i}, {{ 1 }})\n", i - 1));
        }
        script
    };
    let (short, long) = (time(&chain(80)), time(&chain(800)));
    assert!(long < 60 * short, "80 functions: {short:?}, 800 functions: {long:?}");
}

#[test]
fn help_shows_examples_and_rules() {
    let run = Folder::new().run(&["check", "--help"]);
    assert_eq!(run.code, Some(0));
    for words in ["Examples:", "check scripts", "unsendable", "changed-copy", "--json"] {
        assert!(run.out.contains(words), "{words}");
    }
}
