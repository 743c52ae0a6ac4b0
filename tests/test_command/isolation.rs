//! Each file has a VM of its own, and finds its modules.

use crate::support::Folder;

#[test]
fn files_share_no_globals_and_no_modules() {
    let folder = Folder::new();
    folder.write("counter.lua", "local counter = { n = 0 }\nreturn counter");
    let file = "it('is alone', function()\n  local counter = require 'counter'\n  counter.n = counter.n + 1\n\
                assert.equal(1, counter.n)\n  assert.is_nil(shared)\n  shared = true\nend)";
    folder.write("tests/a_test.lua", file);
    folder.write("tests/b_test.lua", file);
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn modules_are_found_next_to_the_file_in_this_folder_and_in_lua_modules() {
    let folder = Folder::new();
    folder.write("tests/deep/helper.lua", "return 'next to it'");
    folder.write("own/thing.lua", "return 'here'");
    folder.write("lua_modules/share/lua/5.1/rock.lua", "return 'a rock'");
    folder.write("lua_modules/share/lua/5.1/rock_test.lua", "error('tests of rocks are not ours')");
    folder.write(
        "tests/deep/a_test.lua",
        "it('finds them', function()\n  assert.equal('next to it', require 'helper')\n  assert.equal('here', require 'own.thing')\n\
         assert.equal('a rock', require 'rock')\n  assert.is_function(require('inspect').inspect)\nend)",
    );
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    // `LUA_PATH` without the default has no current folder.
    let run =
        folder.command(&["test", "--filter", "finds"]).env("LUA_PATH", "lua_modules/share/lua/5.1/?.lua").output();
    assert!(run.unwrap().status.success());
}

#[test]
fn modules_of_the_same_names_as_those_of_the_library_are_no_trouble() {
    let folder = Folder::new();
    for name in ["testing", "inspect", "nearest", "assert", "suite", "json"] {
        folder.write(&format!("tests/{name}.lua"), format!("return 'my {name}'"));
    }
    folder.write(
        "tests/a_test.lua",
        "it('has its own', function()\n  assert.equal('my inspect', require 'inspect')\n  assert.equal('my testing', require 'testing')\nend)\n\
         it('fails', function() assert.same({ 1 }, { 2 }) end)\n",
    );
    let run = folder.run(&["test"]);
    assert!(run.out.contains("at [1]: expected 1, got 2"), "{run:?}");
    assert!(run.out.ends_with("\n1 passed, 1 failed\n"), "{run:?}");
}

#[test]
fn a_script_runs_its_own_tests() {
    let folder = Folder::with(
        "local t = require 'testing'\nt.describe('in a script', function()\n\
         t.it('passes', function() t.assert.equal(1, 1) end)\n  t.it('fails', function() t.assert.is_nil(1) end)\nend)\n\
         local ok, counts = t.run()\nprint(ok, counts.passed, counts.failed, counts.skipped)\nprint(type(assert), describe)",
    );
    let run = folder.run(&["pipeline.lua"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    assert!(
        run.out.starts_with(".F\n\nFailure: in a script fails\n  pipeline.lua:4\n  expected nil, got 1\n"),
        "{}",
        run.out
    );
    assert!(run.out.ends_with("\n1 passed, 1 failed\nfalse\t1\t1\t0\nfunction\tnil\n"), "{}", run.out);
}

#[test]
fn a_test_that_breaks_the_vm_fails_its_own_file() {
    let folder = Folder::new();
    folder.write(
        "tests/a_test.lua",
        "it('takes much away', function()\n  pcall, xpcall, error, debug, lithops = nil\nend)\nit('goes on', function() assert.equal(1, 2) end)",
    );
    folder.write(
        "tests/b_test.lua",
        "it('takes all away', function()\n  string.gsub = nil\n  string.format = nil\n  assert.equal(1, 2)\nend)",
    );
    folder.write("tests/c_test.lua", super::endings::PASSES);
    let run = folder.run(&["test"]);
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""), "{run:?}");
    assert!(run.out.contains("Failure: goes on\n  tests/a_test.lua:4\n  expected values to be equal"), "{}", run.out);
    assert!(run.out.contains("tests/c_test.lua .\n"), "{}", run.out);
    assert!(run.out.ends_with("\n2 passed, 2 failed\n"), "{}", run.out);
}
