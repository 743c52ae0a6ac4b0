use std::os::unix::fs::symlink;

use crate::support::{Folder, Run};

const SHOW: &str = "print(arg[0], arg[-1] ~= nil, #arg, ...)";

#[test]
fn arguments_after_the_script_are_its_own() {
    let folder = Folder::with(SHOW);
    folder
        .run(&["pipeline.lua", "--help", "-v", "--", "config", "show", ""])
        .prints("pipeline.lua\ttrue\t6\t--help\t-v\t--\tconfig\tshow\t\n");
}

#[test]
fn what_is_before_the_script_has_negative_indices() {
    let folder = Folder::with("print(arg[-2] ~= nil, arg[-1], arg[0], arg[1], arg[-3])");
    folder.run(&["-q", "pipeline.lua", "x"]).prints("true\t-q\tpipeline.lua\tx\tnil\n");
}

#[test]
fn code_from_the_command_line() {
    let folder = Folder::new();
    folder.run(&["-e", SHOW, "--help", "-e"]).prints("-e\ttrue\t2\t--help\t-e\n");
}

#[test]
fn a_script_from_standard_input() {
    let folder = Folder::new();
    folder.run_with_input(&["-", "--help"], SHOW).prints("-\ttrue\t1\t--help\n");
    folder.run_with_input(&[], "print(arg[0], #arg)").prints("-\t0\n");
    folder
        .run_with_input(&["-"], "\nerror('x', 1)")
        .fails(1, "lithops-lua: stdin:2: x\nstack traceback:\n\tstdin:2: in main chunk");
}

#[test]
fn syntax_errors_have_their_hints_wherever_the_script_comes_from() {
    let folder = Folder::with("if x = 1 then end");
    let message = |name: &str| format!("lithops-lua: {name}:1: 'then' expected near '='; `==` compares");
    folder.run(&["pipeline.lua"]).fails(1, &message("pipeline.lua"));
    folder.run(&["-e", "if x = 1 then end"]).fails(1, &message("(command line)"));
    folder.run_with_input(&["-"], "if x = 1 then end").fails(1, &message("stdin"));
}

#[test]
fn first_line_of_a_script_may_be_for_the_shell() {
    let folder = Folder::with("#!/usr/bin/env lithops-lua\nprint(debug.getinfo(1, 'l').currentline)");
    folder.run(&["pipeline.lua"]).prints("2\n");
}

#[test]
fn a_path_with_spaces_and_a_link() {
    let folder = Folder::new();
    folder.write("my scripts/run me.lua", "print(require('helper'), arg[0])");
    folder.write("my scripts/helper.lua", "return 'found'");
    folder.run(&["my scripts/run me.lua"]).prints("found\tmy scripts/run me.lua\n");
    symlink("my scripts/run me.lua", folder.path().join("link")).unwrap();
    folder.run(&["link"]).prints("found\tlink\n");
}

#[test]
fn config_is_a_command_and_its_path_a_script() {
    let folder = Folder::new();
    folder.write("config", "print('script', ...)");
    folder.run(&["./config", "show"]).prints("script\tshow\n");
    let shown = folder.run(&["config", "show"]);
    assert!(shown.out.contains("backend: localhost"), "{shown:?}");
    let json = folder.run(&["config", "show", "--json", "-o", "localhost.max_workers=3"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["localhost"]["max_workers"]["value"], 3);
}

#[test]
fn mistakes_on_the_command_line() {
    let folder = Folder::with("print 'not run'");
    for args in [
        &["--chunk", "pipeline.lua"][..],
        &["-q", "-v", "pipeline.lua"],
        &["--log-format", "xml", "pipeline.lua"],
        &["-o", "nonsense", "pipeline.lua"],
        &["-o", "localhost.max_worker=1", "pipeline.lua"],
        &["--config", "missing.yaml", "pipeline.lua"],
        &["config"],
        &["-e"],
    ] {
        let run = folder.run(args);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args:?}: {run:?}");
        assert!(!run.err.is_empty());
    }
}

#[test]
fn help_teaches_and_version_tells() {
    let folder = Folder::new();
    let help = folder.run(&["--help"]);
    for word in ["Examples:", "Exit codes:", "130", "os.exit(n)", "LUA_PATH", "-e 'print"] {
        assert!(help.out.contains(word), "{word}");
    }
    assert_eq!(help.code, Some(0));
    folder.run(&["--version"]).prints(concat!("lithops-lua ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn logs_have_a_level_and_a_form() {
    let folder = Folder::with("");
    folder.run(&["pipeline.lua"]).prints("");
    let run = folder.run(&["-vv", "pipeline.lua"]);
    assert!(run.err.contains("DEBUG") && run.err.contains("pipeline.lua"), "{run:?}");
    let run = folder.run(&["-vv", "--log-format", "json", "pipeline.lua"]);
    let line = run.err.lines().next().unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["level"], "DEBUG");
    let filtered = folder.command(&["pipeline.lua"]).env("LITHOPS_LOG", "lithops_lua=debug").output();
    assert!(!filtered.unwrap().stderr.is_empty());
    let with_filter = |filter: &str, args: &[&str]| -> Run {
        folder.command(args).env("LITHOPS_LOG", filter).output().unwrap().into()
    };
    assert_eq!(with_filter("=,=x", &["pipeline.lua"]).code, Some(2));
    with_filter("inf", &["pipeline.lua"]).complains(2, &["LITHOPS_LOG: unknown level \"inf\"; did you mean `info`?"]);
    with_filter("loud", &["pipeline.lua"]).complains(2, &["LITHOPS_LOG: unknown level \"loud\"; write `error`"]);
    for filter in ["DEBUG", "lithops_lua", "lithops_lua::cli=debug,warn", "hyper=info"] {
        assert_eq!(with_filter(filter, &["pipeline.lua"]).code, Some(0), "{filter}");
    }
    // The configuration comes last.
    let debug = "lithops.log_level=DEBUG";
    let run = folder.run(&["-o", debug, "pipeline.lua"]);
    assert!(run.err.contains(" DEBUG "), "{run:?}");
    folder.run(&["-q", "-o", debug, "pipeline.lua"]).prints("");
    with_filter("error", &["-o", debug, "pipeline.lua"]).prints("");
    let run = folder.run(&["-o", debug, "-o", "lithops.log_format=json", "pipeline.lua"]);
    assert!(run.err.starts_with('{'), "{run:?}");
}
