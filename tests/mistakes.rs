//! What people get wrong, and what they are told: each `tests/mistakes/NAME.lua` is run, and what it says on standard error is held by
//! `NAME.txt` beside it, with what `lithops-lua check` says of it. `MISTAKES=write cargo test --test mistakes` writes these files anew, to
//! be looked at in the difference.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use support::{Folder, Run};

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "lua"));
    files.sort();
    files
}

/// Runs a script as `pipeline.lua`, with none of this machine's settings for AWS.
fn run(folder: &Folder, script: &Path) -> Run {
    folder.write("pipeline.lua", fs::read(script).unwrap());
    let mut command = folder.command(&["pipeline.lua"]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null()).output().unwrap().into()
}

/// What was said, without what differs from run to run and from machine to machine: folders, and how deep a stack was.
fn told(folder: &Folder, run: &Run) -> String {
    let text = run.err.replace(folder.path().to_str().unwrap(), "<folder>");
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = match line.trim_start() {
            tried if tried.starts_with("no file '") => "\tno file …".to_owned(),
            more if more.starts_with("... (") => "\t… more".to_owned(),
            _ => line.to_owned(),
        };
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    let code = run.code.map_or("a signal".to_owned(), |code| code.to_string());
    format!("{}\n-> {code}\n", lines.join("\n"))
}

#[test]
fn the_likeliest_mistakes_are_explained() {
    let write = std::env::var_os("MISTAKES").is_some_and(|value| value == "write");
    let mut wrong = Vec::new();
    let scripts = scripts();
    assert!(scripts.len() >= 30, "{scripts:?}");
    for script in scripts {
        let folder = Folder::new();
        let run = run(&folder, &script);
        let checked = folder.run(&["check", "pipeline.lua"]).out;
        if checked.contains(": error: ") && run.code == Some(0) {
            wrong.push(format!("{}: `check` finds an error, and it runs well:\n{checked}", script.display()));
        }
        let checked: String = checked.lines().map(|line| format!("check: {line}\n")).collect();
        let told = told(&folder, &run) + &checked;
        let held = script.with_extension("txt");
        if write {
            fs::write(&held, told).unwrap();
        } else if fs::read_to_string(&held).unwrap_or_default() != told {
            wrong.push(format!("{}:\n{told}", script.display()));
        }
    }
    assert!(wrong.is_empty(), "not what is held in the files:\n\n{}", wrong.join("\n"));
}

#[test]
fn hints_do_not_change_the_messages_that_scripts_see() {
    support::run(
        r#"
        local ok, err = pcall(function() return lithops.mapp({}) end)
        assert(not ok and err == "pipeline.lua:2: attempt to call field 'mapp' (a nil value)", err)
        assert(lithops.mapp == nil)
        local futures = lithops.map(function(x) return lenght(x) end, { "a" })
        function length(x) return #x end
        local ok, err = pcall(lithops.get_result, futures)
        assert(err.message == "pipeline.lua:5: attempt to call global 'lenght' (a nil value)", err.message)
        assert(err.hint == "did you mean `length`?", err.hint)
        assert(tostring(err):find("(a nil value); did you mean `length`?", 1, true), tostring(err))
        -- What the function raised itself has none.
        local ok, err = pcall(lithops.get_result, lithops.map(function() error("mine") end, { 1 }))
        assert(err.message == "pipeline.lua:12: mine" and err.hint == nil, tostring(err.hint))
        print("done")
        "#,
    )
    .prints("done\n");
}

#[test]
fn a_hint_is_about_the_expression_that_failed() {
    // Fields and locals with likely names beside it, which are there.
    let run = support::run(
        r#"
        local results, settings = { 1, 2 }, { scale = 2, names = { "a" } }
        print(settings.scale, results[1], settings.names[3]:upper())
        "#,
    );
    assert_eq!(run.code, Some(1));
    assert_eq!(run.err.lines().next(), Some("lithops-lua: pipeline.lua:3: attempt to index a nil value"), "{run:?}");
}

#[test]
fn errors_in_hints_are_no_errors() {
    // Whatever a script has made of the libraries that hints are made with.
    let run = support::run(
        r#"
        debug.getinfo, debug.getlocal, string.match, string.format, ipairs, rawget = nil
        local x = nothing.at.all
        "#,
    );
    assert_eq!(run.code, Some(1));
    assert!(
        run.err.starts_with("lithops-lua: pipeline.lua:3: attempt to index global 'nothing' (a nil value)"),
        "{run:?}"
    );
}

#[test]
fn windows_line_endings_and_a_byte_order_mark_are_no_mistake() {
    let folder = Folder::new();
    folder.write("pipeline.lua", b"\xef\xbb\xbflocal x = [[a\r\nb]]\r\nprint(#x)\r\n");
    folder.run(&["pipeline.lua"]).prints("3\n");
}
