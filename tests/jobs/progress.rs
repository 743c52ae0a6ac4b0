use std::process::{Command, Stdio};

use crate::jobs::folder;

const SLOW: &str = "lithops.map(function() lithops.sleep(0.15) end, lithops.range(4), {chunksize = 1}):get_result()";

/// What a run shows on a terminal of its own.
fn on_a_terminal(script: &str, options: &str) -> String {
    let folder = folder(script);
    let program = env!("CARGO_BIN_EXE_lithops-lua");
    let line = format!("{program} -o localhost.max_workers=2 {options} pipeline.lua {}", folder.path().display());
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_bar_on_a_terminal_unless_it_is_not_wanted() {
    if Command::new("script").arg("--version").output().is_err() {
        return;
    }
    assert!(on_a_terminal(SLOW, "").contains("/4 calls"));
    assert!(!on_a_terminal(SLOW, "--quiet").contains("calls"));
    assert!(!on_a_terminal(SLOW, "-o lithops.progress=false").contains("calls"));
    let own = SLOW.replace("lithops.map", "lithops.FunctionExecutor{progress = false}:map");
    assert!(!on_a_terminal(&own, "").contains("calls"));
}

#[test]
fn no_bar_in_a_pipe() {
    crate::jobs::run_with(&[], SLOW).prints("");
}

#[test]
fn lines_of_the_log_are_not_written_into_the_bar() {
    if Command::new("script").arg("--version").output().is_err() {
        return;
    }
    // The second job starts when the first one's bar is on the screen: its iterator is not read that far before.
    let shown = on_a_terminal(
        "local i = 0\n\
         local function next_element()\n\
           i = i + 1\n\
           if i == 200 then lithops.call_async(function() end) end\n\
           if i <= 300 then return i end\n\
         end\n\
         lithops.map(function() lithops.sleep(0.005) end, next_element, {chunksize = 1}):get_result()",
        "-v",
    );
    let logged: Vec<&str> = shown.split(['\r', '\n']).filter(|line| line.contains("job started")).collect();
    assert_eq!(logged.len(), 2, "{shown}");
    assert!(shown.contains(" calls") && logged.iter().all(|line| !line.contains(" calls")), "{shown}");
}
