//! Tests that run jobs.

use crate::support::Folder;

#[test]
fn jobs_run_on_the_backend_of_the_configuration() {
    let folder = Folder::new();
    folder.write(
        "tests/a_test.lua",
        "local factor = 10\nit('maps', function()\n\
         local results = lithops.get_result(lithops.map(function(x)\n    assert.is_number(x)\n    return x * factor\n  end, { 1, 2, 3 }))\n\
         assert.same({ 10, 20, 30 }, { unpack(results) })\n  assert.equal(1, lithops.config.localhost.max_workers)\nend)",
    );
    let run = folder.run(&["test", "-o", "localhost.max_workers=1"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
}

#[test]
fn an_assertion_that_fails_in_a_worker_is_a_failure_of_the_test() {
    let folder = Folder::new();
    folder.write(
        "tests/a_test.lua",
        "it('checks there', function()\n  local fs = lithops.map(function(x)\n    assert.same({ 'a' }, { x })\n  end, { 'a', 'b' })\n\
         lithops.get_result(fs)\nend)",
    );
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    for words in [
        "Failure: checks there\n  tests/a_test.lua:1\n  tests/a_test.lua:3: call 00001: expected values to be the same\n",
        "at [1]: expected \"a\", got \"b\"",
        "tests/a_test.lua:3: in function <tests/a_test.lua:2> (in the worker)",
        "tests/a_test.lua:5: in the test",
    ] {
        assert!(run.out.contains(words), "`{words}` is missing in {}", run.out);
    }
    assert!(!run.out.contains("stdlib/testing"), "frames of `testing` itself are shown: {}", run.out);
}

#[test]
fn an_error_in_a_worker_is_an_error_of_the_test() {
    let folder = Folder::new();
    folder.write(
        "tests/a_test.lua",
        "it('breaks there', function()\n  lithops.call_async(function()\n    local x\n    return x.y\n  end):result()\nend)",
    );
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("Error: breaks there\n"), "{}", run.out);
    assert!(run.out.contains("attempt to index local 'x' (a nil value) (lua_error)"), "{}", run.out);
    assert!(run.out.contains("tests/a_test.lua:4:"), "{}", run.out);
}

#[test]
fn jobs_that_no_test_waited_for_come_to_their_end() {
    let folder = Folder::new();
    let mark = folder.path().join("mark").display().to_string();
    folder.write(
        "tests/a_test.lua",
        format!(
            "it('starts a job', function()\n  lithops.call_async(function() io.open('{mark}', 'w'):close() end)\nend)"
        ),
    );
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(folder.path().join("mark").exists());
    folder.write(
        "tests/a_test.lua",
        "it('starts a job', function()\n  lithops.call_async(function() error('unseen') end)\nend)",
    );
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("Error: (jobs that no test waited for)"), "{}", run.out);
    assert!(run.out.contains("a_test.lua:2: unseen"), "{}", run.out);
    assert!(run.out.ends_with("\n1 passed, 1 failed\n"), "{}", run.out);
}

#[test]
fn os_exit_in_a_worker_ends_that_worker_as_ever() {
    let folder = Folder::new();
    folder.write(
        "tests/a_test.lua",
        "it('loses a worker', function()\n  local future = lithops.call_async(function() os.exit(3) end, nil, { retries = 0 })\n\
         local raised = assert.has_error(function() future:result() end)\n  assert.equal('worker_lost', raised.kind)\nend)",
    );
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn functions_of_tests_can_be_sent_whatever_they_name() {
    let folder = Folder::new();
    // Each of these names a function of the host's, which refers to all tests of the file.
    folder.write(
        "tests/a_test.lua",
        "local file = io.stdout\nit('sends', function()\n  local f = lithops.call_async(function()\n\
         return type(it) .. type(describe) .. type(spy) .. type(before_each) .. type(assert.is)\n  end)\n\
         assert.equal('functionfunctiontablefunctiontable', f:result())\nend)\nit('other', function() return file end)",
    );
    let run = folder.run(&["test"]);
    assert_eq!(run.code, Some(0), "{run:?}");
}
