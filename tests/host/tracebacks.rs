use crate::support::{Folder, run};

#[test]
fn lines_of_the_script_and_nothing_else() {
    run(
        "local function inner(x)\n  error('boom ' .. x)\nend\nfunction outer(x)\n  inner(x)\n  return 1\nend\nouter(5)",
    )
    .fails(
        1,
        "lithops-lua: pipeline.lua:2: boom 5\n\
             stack traceback:\n\
             \tpipeline.lua:2: in function 'inner'\n\
             \tpipeline.lua:5: in function 'outer'\n\
             \tpipeline.lua:8: in main chunk",
    );
}

#[test]
fn a_callback_of_a_library_function() {
    run("local function less()\n  return nil < 1\nend\ntable.sort({3, 2, 1}, less)").fails(
        1,
        "lithops-lua: pipeline.lua:2: attempt to compare nil with number\n\
         stack traceback:\n\
         \tpipeline.lua:2: in function <pipeline.lua:1>\n\
         \t[C]: in function 'table.sort'\n\
         \tpipeline.lua:4: in main chunk",
    );
}

#[test]
fn an_error_of_a_binding_is_at_the_callers_line() {
    run("local nap = lithops.sleep\n\nnap('long')\n").fails(
        1,
        "lithops-lua: pipeline.lua:3: bad argument #1 to 'sleep' (number expected, got string)\n\
         stack traceback:\n\
         \t[C]: in function 'lithops.sleep'\n\
         \tpipeline.lua:3: in main chunk",
    );
}

#[test]
fn errors_that_are_not_strings() {
    let traceback = "\nstack traceback:\n\tpipeline.lua:1: in main chunk";
    for (raise, message) in [
        ("error({})", "(error object is a table value)"),
        ("error({code = 5})", "(error object is { code = 5 })"),
        ("error({'a\\nb', {1}, {}, print, true})", "(error object is { \"a\\nb\", {…}, {}, function, true })"),
        ("error({('x'):rep(1000)})", &format!("(error object is {{ \"{}\"… }})", "x".repeat(200))),
        ("error({1, 2, 3, 4, 5, 6, 7, 8, 9})", "(error object is { 1, 2, 3, 4, 5, 6, 7, 8, … })"),
        ("error()", "(error object is a nil value)"),
        ("error(12)", "pipeline.lua:1: 12"),
        ("error(true)", "(error object is a boolean value)"),
        ("error(setmetatable({}, {__tostring = function() return 'it is me' end}))", "it is me"),
        ("error(setmetatable({}, {__tostring = function() error('again') end}))", "(error object is a table value)"),
        ("assert(false, 'no')", "pipeline.lua:1: no"),
        ("assert(nil)", "pipeline.lua:1: assertion failed!"),
    ] {
        run(raise).fails(1, &format!("lithops-lua: {message}{traceback}"));
    }
}

#[test]
fn an_error_that_crosses_coroutines() {
    run("local function deep()\n  error('boom')\nend\n\
         local outer = coroutine.wrap(function()\n  local inner = coroutine.wrap(function() deep() end)\n  inner()\nend)\nouter()")
        .fails(
            1,
            "lithops-lua: pipeline.lua:8: pipeline.lua:6: pipeline.lua:2: boom\n\
             stack traceback:\n\
             \tpipeline.lua:2: in function 'deep'\n\
             \tpipeline.lua:5: in function <pipeline.lua:5>\n\
             \tpipeline.lua:6: in function <pipeline.lua:4>\n\
             \tpipeline.lua:8: in main chunk",
        );
}

#[test]
fn a_coroutine_that_failed_by_itself_keeps_its_line() {
    run("local co = coroutine.wrap(function()\n  local x\n  x.y = 1\nend)\nco()").fails(
        1,
        "lithops-lua: pipeline.lua:5: pipeline.lua:3: attempt to index local 'x' (a nil value)\n\
         stack traceback:\n\
         \tpipeline.lua:3: in function <pipeline.lua:1>\n\
         \tpipeline.lua:5: in main chunk",
    );
}

#[test]
fn a_stack_overflow_shows_both_ends() {
    let run = run("local function f()\n  return 1 + f()\nend\nf()");
    assert_eq!(run.code, Some(1));
    let lines: Vec<_> = run.err.lines().collect();
    assert_eq!(
        lines[0],
        "lithops-lua: pipeline.lua:2: stack overflow; a function calls itself too often, or without an end"
    );
    assert!(lines[2].ends_with(": in function 'f'"));
    assert!(lines.iter().any(|line| line.ends_with(" more)")));
    assert_eq!(*lines.last().unwrap(), "\tpipeline.lua:4: in main chunk");
    assert!(lines.len() < 30);
}

#[test]
fn a_long_path_is_not_cut() {
    let folder = Folder::new();
    let name = format!("{}/pipeline.lua", "a-folder-with-a-long-name/".repeat(4));
    folder.write(&name, "local x = nil + 1");
    let run = folder.run(&[&name]);
    assert!(run.err.contains(&format!("\t{name}:1: in main chunk")), "{run:?}");
}

#[test]
fn syntax_errors() {
    run("local x = 1\nlocal y = = 2").fails(1, "lithops-lua: pipeline.lua:2: unexpected symbol near '='");
    Folder::new().run(&["-e", "x ="]).complains(1, &["(command line):1:"]);
}

#[test]
fn a_syntax_error_in_a_module() {
    let folder = Folder::with("\nrequire 'broken'");
    folder.write("broken.lua", "return {\n  1 2\n}");
    folder.run(&["pipeline.lua"]).fails(
        1,
        "lithops-lua: error loading module 'broken' from file './broken.lua':\n\
         \tbroken.lua:2: '}' expected (to close '{' at line 1) near '2'\n\
         stack traceback:\n\
         \t[C]: in function 'require'\n\
         \tpipeline.lua:2: in main chunk",
    );
}

#[test]
fn an_error_inside_a_module() {
    let folder = Folder::with("require 'failing'");
    folder.write("failing.lua", "\nerror 'at load'");
    folder.run(&["pipeline.lua"]).fails(
        1,
        "lithops-lua: failing.lua:2: at load\n\
         stack traceback:\n\
         \tfailing.lua:2: in main chunk\n\
         \t[C]: in function 'require'\n\
         \tpipeline.lua:1: in main chunk",
    );
}

#[test]
fn an_error_handler_that_fails() {
    run("print(xpcall(error, function() error('again') end))").prints("false\terror in error handling\n");
}
