use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lithops_lua::cli::{exit, panics};
use lithops_lua::lua;

use crate::support::{Folder, Run, run};

#[test]
fn exit_codes() {
    let folder = Folder::new();
    for (code, expected) in [
        ("", 0),
        ("error 'x'", 1),
        ("os.exit(3)", 3),
        ("os.exit(3, true)", 3),
        ("os.exit(true)", 0),
        ("os.exit(true, true)", 0),
        ("os.exit(false)", 1),
        ("os.exit()", 0),
        ("pcall(os.exit, 5)", 5),
        ("coroutine.wrap(function() os.exit(6, true) end)()", 6),
        ("table.sort({1, 2}, function() os.exit(7) end)", 7),
    ] {
        assert_eq!(folder.run(&["-e", code]).code, Some(expected), "{code}");
    }
    folder
        .run(&["-e", "print(pcall(os.exit, {}))"])
        .prints("false\tbad argument #1 to 'exit' (number expected, got table)\n");
}

#[test]
fn os_exit_writes_out_what_was_printed() {
    for close in ["", ", true"] {
        let run = run(&format!("io.write('before') os.exit(4{close})"));
        assert_eq!((run.out.as_str(), run.code), ("before", Some(4)));
    }
}

#[test]
fn finalizers_run_at_the_end() {
    run("p = newproxy(true) getmetatable(p).__gc = function() print 'collected' end").prints("collected\n");
}

#[test]
fn endless_output_into_a_closed_pipe_ends_quietly() {
    for write in ["print(i)", "io.write(i, '\\n')", "io.stdout:write(i, '\\n')"] {
        let folder = Folder::with(&format!("local i = 0 while true do i = i + 1 {write} end"));
        let mut child =
            folder.command(&["pipeline.lua"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert_eq!(first, "1\n");
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    }
}

#[test]
fn short_output_into_a_closed_pipe_ends_quietly() {
    // A failure of something else in between is not taken for that of the pipe.
    for script in ["print 'x'", "io.read() print 'x' io.flush() io.open 'missing' print 'y'"] {
        let folder = Folder::with(script);
        let mut command = folder.command(&["pipeline.lua"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        // The end of standard input, which lets the second script go on.
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{script}");
    }
}

#[test]
fn a_full_disk_is_told() {
    for code in [
        "print 'x'",
        "print 'x' os.exit(0)",
        "while true do print 'x' end",
        "print 'x' io.flush()",
        "io.write 'x' io.stdout:flush() io.open 'missing' print 'y'",
        "io.write 'x' io.stdout:seek('cur', 0) io.open 'missing'",
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = Folder::new().command(&["-e", code]).stdout(full).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains("cannot write to standard output: No space left"), "{code}: {message}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn a_write_that_failed_unseen_is_told_at_the_end() {
    let code = "local ffi = require 'ffi' ffi.cdef 'int puts(const char *); int fflush(void *);'\n\
                ffi.C.puts 'x' ffi.C.fflush(nil)";
    let full = File::options().write(true).open("/dev/full").unwrap();
    let run: Run = Folder::new().command(&["-e", code]).stdout(full).output().unwrap().into();
    run.complains(1, &["cannot write to standard output: an earlier write failed"]);
}

#[test]
fn what_cannot_be_run() {
    let folder = Folder::new();
    folder.run(&["missing.lua"]).complains(2, &["missing.lua", "no such file"]);
    folder.run(&["."]).complains(2, &["`.`", "folder"]);
    folder.write("garbage", b"\x7fELF\x02\x00\x00\x01");
    folder.run(&["garbage"]).complains(1, &["garbage", "binary"]);
    folder.write("wide.lua", b"\xff\xfep\x00r\x00");
    folder.run(&["wide.lua"]).complains(1, &["UTF-16"]);
    folder.write("lua54.luac", b"\x1bLua\x54\x00");
    folder.run(&["lua54.luac"]).complains(1, &["bytecode"]);
    folder.write("noise.lua", b"\xc3\x28 \xa0\xa1 = ?");
    folder.run(&["noise.lua"]).complains(1, &["noise.lua:1:"]);
    // Bytes above 127 are what they are in Lua's strings.
    folder.write("latin1.lua", b"print(#'\xe9')");
    folder.run(&["latin1.lua"]).prints("1\n");
}

#[test]
fn a_script_that_may_not_be_read() {
    let folder = Folder::new();
    let path = folder.write("secret.lua", "print 'x'");
    fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    if File::open(&path).is_err() {
        folder.run(&["secret.lua"]).complains(2, &["secret.lua", "permission denied"]);
    }
}

#[test]
fn compiled_scripts_run() {
    let folder = Folder::new();
    folder
        .run(&["-e", "io.open('p.luac', 'wb'):write(string.dump(function(...) print('compiled', ...) end))"])
        .prints("");
    folder.run(&["p.luac", "x"]).prints("compiled\tx\n");
}

#[test]
fn start_and_end_are_quick() {
    let folder = Folder::new();
    folder.run(&["-e", ""]).prints("");
    let best = (0..10).map(|_| {
        let start = Instant::now();
        folder.run(&["-e", ""]);
        start.elapsed()
    });
    // The promise is 15 ms for a release build; this one is not optimised, and shares the machine.
    assert!(best.min().unwrap() < Duration::from_millis(100));
}

/// Runs one of the tests below in a process of its own, and gives what it said and its exit code.
fn in_a_process(test: &str) -> (String, Option<i32>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--ignored"]).env_remove("RUST_BACKTRACE");
    let output = command.output().unwrap();
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

#[test]
fn a_bug_is_one_sentence() {
    let (said, code) = in_a_process("endings::child_that_panics");
    assert!(said.contains("lithops-lua: internal error: a bug (tests/host/endings.rs:"), "{said}");
    assert!(said.contains("please report") && said.contains("hook ran"), "{said}");
    assert_eq!((said.lines().count(), code), (2, Some(70)), "{said}");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_that_panics() {
    lua::on_exit(|| eprintln!("hook ran"));
    panics::install();
    panic!("a bug");
}

#[test]
fn hooks_run_once_and_the_last_one_first() {
    for ending in ["child_that_ends", "child_that_calls_os_exit"] {
        let (said, code) = in_a_process(&format!("endings::{ending}"));
        assert_eq!((said.as_str(), code), ("second\nfirst\n", Some(2)), "{ending}");
    }
}

fn register_two_hooks() {
    lua::on_exit(|| eprintln!("first"));
    lua::on_exit(|| eprintln!("second"));
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_that_ends() {
    register_two_hooks();
    exit::end(exit::Exit::Usage);
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_that_calls_os_exit() {
    register_two_hooks();
    let settings = lua::VmSettings::driver(Vec::new(), lua::ConfigChoice::default());
    let vm = lua::Vm::new(&settings).unwrap();
    vm.lua.load("os.exit(2, true)").exec().unwrap();
}

#[test]
fn all_finalizers_run_and_files_are_written() {
    let folder = Folder::with(
        "for i = 1, 3 do local p = newproxy(true) getmetatable(p).__gc = function() io.write(i) end _G[i] = p end\n\
         local ffi = require 'ffi'\n\
         cdata = ffi.gc(ffi.new('int[1]'), function() io.write('c') end)\n\
         file = io.open('out.txt', 'w') file:write('kept')\n\
         error('x', 0)",
    );
    let run = folder.run(&["pipeline.lua"]);
    assert_eq!((run.out.len(), run.code), (4, Some(1)), "{run:?}");
    assert_eq!(fs::read_to_string(folder.path().join("out.txt")).unwrap(), "kept");
}
