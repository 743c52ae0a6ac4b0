//! The terminals are pseudo-terminals of util-linux's `script`.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use crate::has;
use crate::support::Folder;

/// Starts a command line of a shell in a terminal of its own, in which `lithops-lua` is the program. What is written to its input is
/// typed; what it shows comes from its output.
fn start(folder: &Folder, line: &str, variables: &[(&str, &str)]) -> Child {
    let bin = folder.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    let _ = std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_lithops-lua"), bin.join("lithops-lua"));
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("script");
    command.args(["-qec", line, "/dev/null"]).current_dir(folder.path());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "LITHOPS_LOG", "LITHOPS_CONFIG", "LITHOPS_CONFIG_FILE"] {
        command.env_remove(name);
    }
    command.env("HOME", folder.path()).env("TERM", "xterm").env("PATH", path).envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What a command line shows, and its exit code, when this is typed.
fn shown(folder: &Folder, line: &str, typed: &str, variables: &[(&str, &str)]) -> (String, Option<i32>) {
    let mut child = start(folder, line, variables);
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (String::from_utf8_lossy(&output.stdout).replace('\r', ""), output.status.code())
}

#[test]
fn colours_are_for_those_who_want_them() {
    if !has("script") {
        return;
    }
    let folder = Folder::new();
    for line in
        ["lithops-lua --help", "lithops-lua storage put --help", "lithops-lua storage lst", "lithops-lua -vv -e ''"]
    {
        let (text, _) = shown(&folder, line, "", &[]);
        assert!(text.contains("\x1b["), "{line}: {text:?}");
        for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let (text, _) = shown(&folder, line, "", &[variable]);
            assert!(!text.contains('\x1b') && !text.is_empty(), "{line} with {variable:?}: {text:?}");
        }
        let (text, _) = shown(&folder, &format!("{{ {line}; }} >out 2>&1; cat out"), "", &[]);
        assert!(!text.contains('\x1b') && !text.is_empty(), "{line} into a file: {text:?}");
        let (text, _) = shown(&folder, &format!("{{ {line}; }} >out 2>&1; cat out"), "", &[("CLICOLOR_FORCE", "1")]);
        assert!(text.contains("\x1b["), "{line} with CLICOLOR_FORCE: {text:?}");
    }
}

#[test]
fn who_is_there_is_asked_before_many_objects_go() {
    if !has("script") {
        return;
    }
    let folder = Folder::new();
    let count = || folder.run(&["storage", "list"]).out.lines().count();
    for name in ["a.csv", "b.csv", "c.txt"] {
        folder.write(name, "1\n");
        assert_eq!(folder.run(&["storage", "put", name, "/in/"]).code, Some(0));
    }
    for (typed, line) in
        [("n\n", "lithops-lua storage delete '/in/*.csv'"), ("\n", "lithops-lua storage delete -r /in/")]
    {
        let (text, code) = shown(&folder, line, typed, &[]);
        assert!(text.contains("[y/N]") && text.contains("nothing was deleted"), "{text}");
        assert_eq!((code, count()), (Some(1), 3), "{text}");
    }
    let (text, code) = shown(&folder, "lithops-lua storage delete '/in/*.csv'", "y\n", &[]);
    assert!(text.contains("Delete 2 objects, 4 B of local://lithops/in/*.csv? [y/N]"), "{text}");
    assert!(text.contains("deleted 2 objects, 4 B, of local://lithops/in/*.csv"), "{text}");
    assert_eq!((code, count()), (Some(0), 1));
    // One that is named, and one who is sure, are not asked about.
    let (text, _) = shown(&folder, "lithops-lua storage delete /in/c.txt", "", &[]);
    assert!(!text.contains("[y/N]") && count() == 0, "{text}");
    let (text, _) = shown(&folder, "lithops-lua storage delete -r /in/ --yes", "", &[]);
    assert!(!text.contains("[y/N]"), "{text}");
}

/// A pipe that a test fills while the program reads it.
fn named_pipe(folder: &Folder) -> std::path::PathBuf {
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn what_takes_long_has_a_bar() {
    if !has("script") {
        return;
    }
    let folder = Folder::new();
    let path = named_pipe(&folder);
    let mut child = start(&folder, "lithops-lua storage put - /large < pipe", &[]);
    let mut pipe = File::options().write(true).open(&path).unwrap();
    pipe.write_all(&vec![0; 3 << 20]).unwrap();
    let (mut out, mut seen, mut buffer) = (child.stdout.take().unwrap(), String::new(), [0; 4096]);
    // Until the bar is there, there is no end of the input.
    while !seen.contains("3.00 MiB, ") {
        let count = out.read(&mut buffer).unwrap();
        assert!(count > 0, "there was no bar: {seen:?}");
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    drop(pipe);
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).unwrap();
    seen.push_str(&String::from_utf8_lossy(&rest));
    assert!(child.wait().unwrap().success() && seen.contains("local://lithops/large"), "{seen:?}");
}

#[test]
fn no_bar_for_the_quiet() {
    if !has("script") {
        return;
    }
    let folder = Folder::new();
    let path = named_pipe(&folder);
    // The input ends when the program has had time for several bars.
    let mut child = start(&folder, "lithops-lua -q storage put - /large < pipe", &[]);
    let mut pipe = File::options().write(true).open(&path).unwrap();
    for _ in 0..10 {
        pipe.write_all(&vec![0; 1 << 20]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(60));
    }
    drop((pipe, child.stdin.take()));
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !text.contains("MiB"), "{text:?}");
    // Nor where the answer itself goes to the terminal.
    let (text, code) = shown(&folder, "lithops-lua storage get /large - | tail -c 0", "", &[]);
    assert!(code == Some(0) && !text.contains("MiB"), "{text:?}");
}
