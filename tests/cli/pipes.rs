use std::io::{Read, pipe};
use std::process::Stdio;

use crate::support::{Folder, Run};

/// Runs the program with a standard output that nobody reads.
fn into_closed_pipe(folder: &Folder, args: &[&str]) -> Run {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    folder.command(args).stdin(Stdio::null()).stdout(writer).output().unwrap().into()
}

#[test]
fn nobody_reading_the_output_of_a_command_is_no_failure() {
    let folder = Folder::new();
    let file = folder.write("a.csv", "a,b\n");
    let script = folder.write("script.lua", "local function f() return 1 end print(f())");
    let tests = folder.write("tests/a_test.lua", "it('passes', function() end)");
    let (file, script, tests) = (file.to_str().unwrap(), script.to_str().unwrap(), tests.to_str().unwrap());
    assert_eq!(folder.run(&["storage", "put", file]).code, Some(0));
    for args in [
        &["--help"][..],
        &["--version"],
        &["storage", "put", "--help"],
        &["config", "show"],
        &["config", "show", "--json"],
        &["config", "init", "-"],
        &["--config", file, "config", "init", "new.yaml"],
        &["doctor"],
        &["doctor", "--json"],
        &["-e", "lithops.call_async(tostring, 1):result()"],
        &["hello"],
        &["hello", "--map", "10"],
        &["storage", "put", file],
        &["storage", "put", file, "/again/"],
        &["storage", "list"],
        &["storage", "list", "--long"],
        &["storage", "list", "--json"],
        &["storage", "get", "/a.csv", "-"],
        &["storage", "get", "/a.csv", "copy"],
        &["storage", "cp", file, "copy"],
        &["storage", "delete", "-r", "/again/", "--dry-run"],
        &["storage", "delete", "/again/a.csv"],
        &["job", "list"],
        &["job", "list", "--json"],
        &["job", "show", "last"],
        &["job", "show", "last", "--json"],
        &["check", "--json", script],
        &["test", tests],
        &["test", "--json", tests],
        &["test", "--tap", tests],
        &["worker", "list"],
        &["worker", "list", "--json"],
        &["clean", "--dry-run"],
        &["clean"],
        &["types", "."],
        &["completions", "bash"],
        &["man"],
        &["run", script],
        &[script],
    ] {
        let run = into_closed_pipe(&folder, args);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn a_gigabyte_is_printed_in_little_memory() {
    let folder = Folder::with(
        r#"
        local line = ("x"):rep(1023)
        for _ = 1, 2 ^ 20 do print(line) end
        for line in io.lines("/proc/self/status") do
          local kilobytes = line:match("^VmHWM:%s+(%d+) kB")
          if kilobytes then io.stderr:write(kilobytes) end
        end
        "#,
    );
    let mut command = folder.command(&["pipeline.lua"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut buffer, mut read) = (child.stdout.take().unwrap(), vec![0; 1 << 20], 0u64);
    loop {
        match out.read(&mut buffer).unwrap() {
            0 => break,
            count => read += count as u64,
        }
    }
    let run: Run = child.wait_with_output().unwrap().into();
    assert_eq!((read, run.code), (1 << 30, Some(0)), "{run:?}");
    let peak_kib: u64 = run.err.parse().unwrap();
    assert!(peak_kib < 64 << 10, "{peak_kib} KiB");
}

#[test]
fn a_home_that_cannot_be_written_is_no_reason_to_fail() {
    let folder = Folder::new();
    // Even the superuser makes no folders there.
    let run = |args: &[&str]| -> Run {
        folder
            .command(args)
            .env("HOME", "/proc/self")
            .env_remove("XDG_STATE_HOME")
            .stdin(Stdio::null())
            .output()
            .unwrap()
            .into()
    };
    run(&["-e", "print(1)"]).prints("1\n");
    run(&["-e", "print(table.concat(lithops.get_result(lithops.map(function(x) return x end, {1, 2})), ' '))"])
        .prints("1 2\n");
    let shown = run(&["config", "show"]);
    assert_eq!((shown.code, shown.err.as_str()), (Some(0), ""));
    run(&["storage", "list"]).prints("");
    run(&["job", "list"]).prints("no jobs are recorded\n");
    folder.write("a.csv", "");
    run(&["storage", "put", "a.csv"])
        .complains(1, &["/proc/self/.lithops/storage", "`localhost.storage_root`", "(access_denied)"]);
}

#[test]
fn what_follows_a_script_belongs_to_it() {
    let folder = Folder::with("print(...)");
    for run in [&[][..], &["run"], &["-q", "run"], &["run", "-q"]] {
        for rest in [&["--help"][..], &["test"], &["storage", "list"], &["-o", "x", "--config", "y"], &["--", "-V"]] {
            let mut args = run.to_vec();
            args.push("pipeline.lua");
            args.extend(rest);
            folder.run(&args).prints(&format!("{}\n", rest.join("\t")));
        }
    }
    // A script with the name of a command.
    folder.write("check", "print('script', ...)");
    folder.run(&["./check", "--json"]).prints("script\t--json\n");
    folder.run(&["run", "check", "--json"]).prints("script\t--json\n");
    folder.run_with_input(&["run", "-", "a"], "print('input', ...)").prints("input\ta\n");
}

#[test]
fn binary_garbage_is_no_script() {
    let folder = Folder::new();
    let mut garbage: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    folder.write("noise", &garbage);
    folder.run(&["noise"]).complains(1, &["`noise` is not a Lua program", "binary"]);
    garbage.retain(|byte| *byte != 0);
    folder.write("noise", &garbage);
    let run = folder.run(&["run", "noise"]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    for args in [&["-"][..], &[]] {
        let mut command = folder.command(args);
        let run: Run =
            command.stdin(std::fs::File::open(folder.path().join("noise")).unwrap()).output().unwrap().into();
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{args:?}");
        assert!(run.err.lines().count() <= 3, "{args:?}: {}", run.err);
    }
    // Bytecode that is cut off, or that something else follows in, is refused by the VM.
    folder.run(&["-e", "io.open('code', 'wb'):write(string.dump(function() return 1 end):sub(1, 20))"]).prints("");
    assert_eq!(folder.run(&["code"]).code, Some(1));
}
