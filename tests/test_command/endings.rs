//! Exit codes, and what is said of what went wrong.

use crate::support::Folder;

/// A test that passes.
pub const PASSES: &str = "it('passes', function() assert.equal(2, 1 + 1) end)";

#[test]
fn all_that_passes_is_success() {
    let folder = Folder::new();
    folder.write("tests/a_test.lua", PASSES);
    let run = folder.run(&["test"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let lines: Vec<_> = run.out.lines().collect();
    assert_eq!(lines[0], "tests/a_test.lua .");
    assert!(lines[2].starts_with("1 success / 0 failures / 0 errors / 0 pending : "), "{lines:?}");
    assert_eq!(lines[3..], ["1 passed, 0 failed"]);
}

#[test]
fn a_failure_is_told_with_its_place_and_how_the_values_differ() {
    let folder = Folder::new();
    folder.write(
        "tests/a_test.lua",
        "local function check(list)\n  assert.same({ 1, { name = 'x' } }, list)\nend\n\
         describe('a list', function()\n  it('is right', function()\n    check({ 1, { name = 'y' } })\n  end)\n\
         it('is fine', function() end)\nend)\n",
    );
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let expected = r#"tests/a_test.lua F.

Failure: a list is right
  tests/a_test.lua:5
  tests/a_test.lua:2: expected values to be the same
    expected: { 1, { name = "x" } }
    actual:   { 1, { name = "y" } }
    at [2].name: expected "x", got "y"
  traceback:
    tests/a_test.lua:2: in function 'check'
    tests/a_test.lua:6: in the test
"#;
    assert!(run.out.starts_with(expected), "{}", run.out);
    assert!(run.out.ends_with("\n1 passed, 1 failed\n"), "{}", run.out);
}

#[test]
fn an_error_is_none_of_the_failures() {
    let folder = Folder::new();
    folder.write("a_test.lua", "it('raises', function()\n  local x\n  return x.y\nend)\npending('later')");
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.out.contains("Error: raises\n  a_test.lua:1\n  a_test.lua:3: attempt to index local 'x'"),
        "{}",
        run.out
    );
    assert!(run.out.contains("\nPending: later\n  a_test.lua:5\n"), "{}", run.out);
    assert!(run.out.contains("\n0 successes / 0 failures / 1 error / 1 pending : "), "{}", run.out);
    assert!(run.out.ends_with("\n0 passed, 1 failed, 1 skipped\n"), "{}", run.out);
}

#[test]
fn a_file_that_cannot_be_loaded_does_not_keep_others_from_running() {
    let folder = Folder::new();
    folder.write("tests/a_test.lua", "it('x', function()\nend");
    folder.write("tests/b_test.lua", "\nlocal helper = require 'no.such.helper'");
    folder.write("tests/c_test.lua", b"\x7fELF\0\0".as_slice());
    folder.write("tests/d_test.lua", "describe('group', function()\n  error('in a group')\nend)");
    folder.write("tests/e_test.lua", PASSES);
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    for words in [
        "Error: (while it was loaded)\n  tests/a_test.lua\n  tests/a_test.lua:2: ')' expected",
        "tests/b_test.lua:2\n  module 'no.such.helper' not found",
        "`tests/c_test.lua` is not a Lua program: it is a binary file",
        "tests/d_test.lua:2\n  in a group",
        "tests/e_test.lua .\n",
        "\n1 passed, 4 failed\n",
    ] {
        assert!(run.out.contains(words), "`{words}` is missing in {}", run.out);
    }
}

#[test]
fn running_nothing_is_no_success() {
    let folder = Folder::new();
    folder.run(&["test"]).complains(1, &["there are no tests in this folder", "`*_test.lua` or `*_spec.lua`"]);
    folder.write("tests/helper.lua", "return 1");
    folder.run(&["test"]).complains(1, &["there are no tests in `tests`"]);
    folder.write("tests/a_test.lua", "describe('empty', function() end)");
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("this file tests nothing: it calls neither `it` nor `test`"), "{}", run.out);
    folder.write("tests/a_test.lua", PASSES);
    folder.run(&["test", "--filter", "nothing like it"]).complains(1, &["nothing was tested", "leave out all 1 tests"]);
}

#[test]
fn a_wrong_command_line_is_not_a_failed_test() {
    let folder = Folder::new();
    folder.write("a_test.lua", PASSES);
    folder.run(&["test", "no_such"]).complains(2, &["cannot read `no_such`: there is no such file or folder"]);
    folder.run(&["test", "a_test.lua", "--filter", "["]).complains(2, &["the pattern `[` is not valid"]);
    folder.run(&["test", "-o", "localhost.max_worker=2"]).complains(2, &["max_worker"]);
    let run = folder.run(&["test", "--fliter", "x"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.err.contains("--filter"), "{run:?}");
}

#[test]
fn os_exit_reports_no_success() {
    let folder = Folder::new();
    folder.write(
        "a_test.lua",
        "it('exits', function()\n  os.exit(0)\nend)\nit('hides it', function() pcall(os.exit, 0) end)",
    );
    folder.write("b_test.lua", "pcall(os.exit)\nit('x', function() end)");
    folder.write("c_test.lua", PASSES);
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.out.contains("Error: exits\n  a_test.lua:1\n  a_test.lua:2: `os.exit(0)` was called in a test"),
        "{}",
        run.out
    );
    assert!(run.out.contains("Error: hides it\n  a_test.lua:4\n  `os.exit(0)` was called in a test"), "{}", run.out);
    assert!(run.out.contains("`os.exit()` was called while the file was loaded"), "{}", run.out);
    assert!(run.out.ends_with("\n1 passed, 3 failed\n"), "{}", run.out);
}

#[test]
fn no_other_way_to_end_the_process_is_a_success() {
    let exit = "local ffi = require('ffi') ffi.cdef 'void exit(int);'\n";
    for (code, test) in [
        (0, "it('exits', function() print('printed') ffi.C.exit(0) end)"),
        (0, "print('printed') ffi.C.exit(0)"),
        (3, "it('exits', function() print('printed') coroutine.wrap(function() ffi.C.exit(3) end)() end)"),
    ] {
        let folder = Folder::new();
        folder.write("a_test.lua", PASSES);
        folder.write("b_test.lua", format!("{exit}{test}"));
        let run = folder.run(&["test"]);
        run.complains(1, &["lithops-lua: a test ended the process before all tests were done"]);
        assert!(run.out.starts_with("a_test.lua .\n") && run.out.ends_with("printed\n"), "{code}: {run:?}");
        let run = folder.run(&["test", "--tap"]);
        assert!(run.code == Some(1) && !run.out.contains("1.."), "{code}: {run:?}");
    }
    // What a process forks may end as it likes.
    let folder = Folder::new();
    let fork = "ffi.cdef 'int fork(void); int waitpid(int, int *, int);'\n\
                it('forks', function()\n\
                  local status = ffi.new('int[1]')\n\
                  local child = ffi.C.fork() if child == 0 then ffi.C.exit(0) end\n\
                  assert.equal(child, ffi.C.waitpid(child, status, 0)) assert.equal(0, status[0])\n\
                end)";
    folder.write("a_test.lua", format!("{exit}{fork}"));
    let run = folder.run(&["test"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
}

#[test]
fn hooks_that_fail_fail_their_tests_and_no_others() {
    let folder = Folder::new();
    folder.write(
        "a_test.lua",
        "describe('setup', function()\n setup(function() error('no set-up') end)\n it('one', function() end)\n it('two', function() end)\nend)\n\
         describe('before', function()\n before_each(function() error('no before') end)\n it('three', function() error('not reached') end)\nend)\n\
         describe('after', function()\n after_each(function() assert.is_true(false) end)\n it('four', function() end)\nend)\n\
         describe('teardown', function()\n teardown(function() error('no teardown') end)\n it('five', function() end)\nend)\n\
         it('six', function() finally(function() error('no finally') end) end)\n\
         it('seven', function() end)\n",
    );
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    for words in [
        "Error: setup of setup\n  a_test.lua\n  a_test.lua:2: no set-up",
        "Error: setup one\n  a_test.lua:3\n  not run, because `setup` of setup failed",
        "Error: setup two\n",
        "Error: before three\n  a_test.lua:8\n  a_test.lua:7: in `before_each`: no before",
        "Failure: after four\n  a_test.lua:12\n  a_test.lua:11: in `after_each`: expected true, got false",
        "Error: teardown of teardown\n  a_test.lua\n  a_test.lua:15: no teardown",
        "in `finally`: no finally",
        "\n2 passed, 7 failed\n",
    ] {
        assert!(run.out.contains(words), "`{words}` is missing in {}", run.out);
    }
    assert!(!run.out.contains("not reached"), "{}", run.out);
}

#[test]
fn a_test_may_say_that_it_is_pending() {
    let folder = Folder::new();
    folder.write("a_test.lua", "it('one', function() pending('no network') error('not reached') end)\nit('two')");
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.contains("Pending: one\n  a_test.lua:1\n  no network\n"), "{}", run.out);
    assert!(run.out.ends_with("\n0 passed, 0 failed, 2 skipped\n"), "{}", run.out);
}

#[test]
fn nobody_reading_the_results_is_quiet() {
    let folder = Folder::new();
    folder.write("a_test.lua", "for i = 1, 20000 do it('test number ' .. i, function() end) end");
    let command = format!("{} test --json | head -1", env!("CARGO_BIN_EXE_lithops-lua"));
    let output = std::process::Command::new("sh").args(["-c", &command]).current_dir(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(String::from_utf8_lossy(&output.stdout).contains("test number 1"));
}
