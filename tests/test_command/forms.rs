//! Results for people, as JSON, as TAP.

use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{Mode, OFlags, open};
use serde_json::Value;

use crate::support::Folder;

const MIXED: &str = "\
it('passes', function() print('printed') io.write('written\\n') io.stdout:write('put\\n') end)
it('fails', function() assert.equal(1, 2) end)
it('raises #tag', function() error('boom') end)
pending('is #later')
";

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect()
}

#[test]
fn json_is_an_object_a_line_and_nothing_else() {
    let folder = Folder::new();
    folder.write("a_test.lua", MIXED);
    let run = folder.run(&["test", "--json"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.err, "printed\nwritten\nput\n");
    let objects = objects(&run.out);
    let statuses: Vec<_> = objects.iter().map(|object| object["status"].as_str().unwrap_or("-")).collect();
    assert_eq!(statuses, ["success", "failure", "error", "pending", "-"]);
    let failure = &objects[1];
    assert_eq!((&failure["event"], &failure["name"]), (&"test".into(), &"fails".into()));
    assert_eq!(
        (&failure["file"], &failure["line"], &failure["where"]),
        (&"a_test.lua".into(), &2.into(), &"a_test.lua:2".into())
    );
    assert!(failure["message"].as_str().unwrap().starts_with("expected values to be equal"));
    let summary = &objects[4];
    assert_eq!(summary["event"], "summary");
    for (key, count) in [("passed", 1), ("failed", 2), ("skipped", 1), ("files", 1), ("tests", 4), ("selected", 4)] {
        assert_eq!(summary[key], count, "{key}");
    }
    assert!(summary["seconds"].is_f64());
}

#[test]
fn json_tells_files_that_cannot_be_loaded() {
    let folder = Folder::new();
    folder.write("a_test.lua", "it(");
    let run = folder.run(&["test", "--json"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let objects = objects(&run.out);
    assert_eq!((&objects[0]["status"], &objects[0]["file"]), (&"error".into(), &"a_test.lua".into()));
    assert_eq!(objects[1]["failed"], 1);
}

#[test]
fn tap_has_a_plan_and_reasons() {
    let folder = Folder::new();
    folder.write("a_test.lua", MIXED);
    let run = folder.run(&["test", "--tap"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let expected = "\
TAP version 13
ok 1 - passes
not ok 2 - fails
# a_test.lua:2
# expected values to be equal
#   expected: 1
#   actual:   2
not ok 3 - raises \\#tag
# a_test.lua:3
# boom
ok 4 - is \\#later # SKIP
1..4
";
    assert_eq!(run.out, expected);
}

#[test]
fn list_says_what_would_run() {
    let folder = Folder::new();
    folder.write(
        "tests/a_test.lua",
        "print('loaded')\ndescribe('group', function()\n  it('one', function() error('ran') end)\nend)\npending('two')",
    );
    let run = folder.run(&["test", "--list"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), "loaded\n"), "{run:?}");
    assert_eq!(run.out, "tests/a_test.lua:3: group one\ntests/a_test.lua:5: two\n");
    let run = folder.run(&["test", "--list", "--json", "--filter", "two"]);
    let objects = objects(&run.out);
    assert_eq!((&objects[0]["name"], &objects[0]["status"]), (&"two".into(), &"listed".into()));
    assert_eq!(objects.len(), 2);
}

#[test]
fn quiet_has_no_letters() {
    let folder = Folder::new();
    folder.write("a_test.lua", super::endings::PASSES);
    let run = folder.run(&["test", "-q"]);
    assert!(run.out.starts_with("\n1 success / "), "{}", run.out);
}

/// What the program writes to a terminal. `script` of util-linux makes one.
fn on_a_terminal(folder: &Folder, args: &str, variable: &str) -> String {
    let command = format!("{} test {args}", env!("CARGO_BIN_EXE_lithops-lua"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(folder.path()).env("TERM", "xterm");
    script.env_remove("NO_COLOR").env_remove("CLICOLOR").env_remove("CLICOLOR_FORCE");
    if let Some((name, value)) = variable.split_once('=') {
        script.env(name, value);
    }
    String::from_utf8_lossy(&script.stdin(std::process::Stdio::null()).output().unwrap().stdout).into_owned()
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let folder = Folder::new();
    folder.write("a_test.lua", MIXED);
    let has_colors = |text: &str| text.contains("\x1b[");
    assert!(!has_colors(&folder.run(&["test"]).out));
    assert!(has_colors(&on_a_terminal(&folder, "", "")), "no colours on a terminal");
    for (args, variable) in [("--no-color", ""), ("", "NO_COLOR=1"), ("", "TERM=dumb"), ("--json", "")] {
        let text = on_a_terminal(&folder, args, variable);
        assert!(text.contains("fails") && !has_colors(&text), "{args} {variable}: {text}");
    }
    let text = on_a_terminal(&folder, "", "");
    assert!(text.trim_end().ends_with("1 passed, 2 failed, 1 skipped"), "{text}");
}

#[test]
fn help_has_examples() {
    let run = Folder::new().run(&["test", "--help"]);
    assert_eq!(run.code, Some(0));
    for words in ["Examples:", "--exclude-tags slow", "Exit codes:", "assert.same"] {
        assert!(run.out.contains(words), "`{words}` is missing in {}", run.out);
    }
}

#[test]
fn names_and_reasons_forge_no_lines() {
    let folder = Folder::new();
    folder.write("a_test.lua", "it('a\\r\\nnot ok 7 - b', function() pending('why\\nnot ok 8 - forged\\27[2J') end)");
    let run = folder.run(&["test", "--tap"]);
    run.prints("TAP version 13\nok 1 - a  not ok 7 - b # SKIP why not ok 8 - forged [2J\n1..1\n");
    folder.run(&["test", "--list"]).prints("a_test.lua:1: a  not ok 7 - b\n");
}

#[test]
fn programs_that_tests_leave_behind_do_not_keep_the_results_from_ending() {
    for form in ["--json", "--tap", "--list"] {
        let folder = Folder::new();
        // It waits for somebody who writes.
        folder.write(
            "a_test.lua",
            "os.execute('mkfifo go; cat go >/dev/null 2>&1 </dev/null &')\nit('passes', function() end)",
        );
        let child = folder.command(&["test", form]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
        let output = receiver.recv_timeout(Duration::from_secs(30));
        // There is no reader if it has not come so far; it goes with the folder then.
        drop(open(folder.path().join("go"), OFlags::RDWR, Mode::empty()));
        assert!(output.expect("the results have no end").status.success(), "{form}");
    }
}
