use crate::jobs::{folder, passes, passes_with, run_in, run_with};

/// 50 calls in one invocation, of which call 20 ends its worker with `crash`. Only that one fails.
fn one_call_is_lost(crash: &str, how: &str) {
    passes_with(
        &["-o", "lithops.platform_retries=0"],
        &format!(
            r#"
            local ffi = require "ffi"
            local fs = lithops.map(function(x)
              pcall(ffi.cdef, "int getpid(void); int kill(int pid, int signal);")
              append(here .. "/call" .. x, "x")
              if x == 20 then {crash} end
              return x
            end, lithops.range(50), {{chunksize = 50}})
            local r = fs:get_result{{throw_except = false}}
            for x = 1, 50 do
              same(read(here .. "/call" .. x), "x", "runs of call " .. x)
              if x ~= 20 then same(r[x], x) end
            end
            local err = r[20]
            same(err.kind, "worker_lost") same(err.call_id, "00019") same(err.job_id, "M000")
            assert(err.message:find("{how}", 1, true), err.message)
            same(fs[20].state, "failed")
            -- The next job finds workers as before.
            same(lithops.map(function(x) return x end, {{1, 2}}):get_result(), {{1, 2}})
            "#
        ),
    );
}

#[test]
fn os_exit_costs_one_call() {
    one_call_is_lost("os.exit(3)", "status 3");
}

#[test]
fn a_segmentation_fault_costs_one_call() {
    one_call_is_lost("print(ffi.cast('int *', 8)[0])", "signal 11");
}

#[test]
fn being_killed_costs_one_call() {
    one_call_is_lost(
        "ffi.cdef 'int getpid(void); int kill(int pid, int signal);' ffi.C.kill(ffi.C.getpid(), 9)",
        "signal 9",
    );
}

#[test]
fn a_crash_is_tried_again() {
    passes(
        r#"
        local r = lithops.map(function(x)
          append(here .. "/call" .. x, "x")
          if x == 7 and #read(here .. "/call7") == 1 then os.exit(3) end
          return lithops.call.attempt
        end, lithops.range(20), {chunksize = 20}):get_result()
        for x = 1, 20 do
          same(r[x], x == 7 and 2 or 1, "attempts of " .. x)
          same(#read(here .. "/call" .. x), x == 7 and 2 or 1, "runs of " .. x)
        end
        "#,
    );
}

#[test]
fn crashes_are_tried_again_so_often_and_no_more() {
    passes_with(
        &["-o", "lithops.platform_retries=3"],
        r#"
        local f = lithops.call_async(function() append(here .. "/runs", "x") os.exit(4) end)
        local err = raises("status 4", function() f:result() end)
        same(err.kind, "worker_lost")
        same(#read(here .. "/runs"), 4)
        "#,
    );
}

#[test]
fn prints_and_results_before_a_crash_are_kept() {
    passes_with(
        &["-o", "lithops.platform_retries=0", "-o", "lithops.stream_logs=false"],
        r#"
        local fs = lithops.map(function(x) print("in " .. x) if x == 3 then os.exit(1) end return ("r"):rep(x) end,
          {1, 2, 3, 4}, {chunksize = 4})
        fs:wait{throw_except = false}
        same(fs[1].stats.logs, "in 1\n") same(fs[2].stats.logs, "in 2\n") same(fs[2]:result(), "rr")
        same(fs[4]:result(), "rrrr") same(fs[3].error.kind, "worker_lost")
        "#,
    );
}

#[test]
fn every_call_crashes() {
    passes_with(
        &["-o", "lithops.platform_retries=0"],
        r#"
        local r = lithops.map(function() os.exit(9) end, lithops.range(12)):get_result{throw_except = false}
        for i = 1, 12 do same(r[i].kind, "worker_lost") end
        "#,
    );
}

/// One call of four takes all the memory there is; it fails and the others do not.
fn memory_runs_out(eat: &str) {
    passes(&format!(
        r#"
        local ffi = require "ffi"
        local fs = lithops.map(function(x)
          pcall(ffi.cdef, "void *malloc(size_t size); void *memset(void *at, int byte, size_t size);")
          append(here .. "/call" .. x, "x")
          if x == 2 then {eat} end
          return x
        end, lithops.range(4), {{chunksize = 4, runtime_memory = 128}})
        local r = fs:get_result{{throw_except = false}}
        same(r[2].kind, "out_of_memory")
        assert(r[2].message:find("128", 1, true) or r[2].message:find("memory"), r[2].message)
        for _, x in ipairs{{1, 3, 4}} do same(r[x], x) end
        for x = 1, 4 do same(read(here .. "/call" .. x), "x", "runs of call " .. x) end
        "#
    ));
}

#[test]
fn tables_that_take_too_much_memory() {
    memory_runs_out("local t = {} for i = 1, 1e9 do t[i] = {i} end");
}

#[test]
fn foreign_memory_that_is_too_much() {
    memory_runs_out(
        "ffi.cdef 'void *malloc(size_t size); void *memset(void *at, int byte, size_t size);' for _ = 1, 4096 do ffi.C.memset(ffi.C.malloc(1048576), 1, 1048576) end lithops.sleep(3600)",
    );
}

#[test]
fn an_invocation_that_runs_past_runtime_timeout() {
    passes_with(
        &["-o", "localhost.runtime_timeout=3"],
        r#"
        local fs = lithops.map(function(x) append(here .. "/call" .. x, "x") while x == 2 do end return x end,
          {1, 2, 3}, {chunksize = 3})
        local r = fs:get_result{throw_except = false}
        same(r[1], 1) same(r[3], 3)
        same(r[2].kind, "timeout") assert(r[2].message:find("runtime_timeout"), r[2].message)
        for x = 1, 3 do same(read(here .. "/call" .. x), "x", "runs of call " .. x) end
        "#,
    );
}

#[test]
fn a_worker_that_cannot_start_is_one_clear_error() {
    for (runtime, why) in
        [("/bin/false", "status 1"), ("/bin/true", "status 0"), ("/nonexistent/lithops-lua", "No such file")]
    {
        let run = run_with(
            &["-o", &format!("localhost.runtime={runtime}")],
            "lithops.map(function(x) return x end, lithops.range(100)):get_result()",
        );
        assert_eq!(run.code, Some(1), "{run:?}");
        let first = run.err.lines().next().unwrap();
        for word in ["cannot start", runtime, why, "localhost.runtime"] {
            assert!(first.to_lowercase().contains(&word.to_lowercase()), "`{word}` is missing in {first}");
        }
        assert_eq!(run.err.matches(runtime).count(), 1, "{run:?}");
    }
}

#[test]
fn a_runtime_that_is_no_executable() {
    let folder = folder("lithops.call_async(function() end):result()");
    let file = folder.write("notes.txt", "hello");
    let run = run_in(&folder, &["-o", &format!("localhost.runtime={}", file.display())]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("notes.txt"), "{run:?}");
}

#[test]
fn a_worker_that_ends_before_it_begins_hands_over_nothing_of_the_job_before() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local pid = lithops.call_async(function()
          local ffi = require "ffi"
          ffi.cdef "int getpid(void);"
          return ffi.C.getpid()
        end):result()
        -- So that the next invocation is its own and not begun.
        os.execute("kill -STOP " .. pid)
        local f = lithops.call_async(function(x) return "result of " .. x end, "B")
        while f.state ~= "invoked" do lithops.sleep(0.001) end
        lithops.sleep(0.05)
        os.execute("kill -KILL " .. pid)
        same(f:result(), "result of B")
        "#,
    );
}

#[test]
fn workers_that_end_before_every_call_are_not_started_for_ever() {
    passes_with(
        &["-q"],
        r#"
        local big = ("x"):rep(60 * 2^20)
        local f = lithops.call_async(function() return #big end, 1, {runtime_memory = 50})
        same(raises("runtime_memory", function() f:result() end).kind, "out_of_memory")
        "#,
    );
}

#[test]
fn attempts_that_a_crash_spoiled_are_not_the_functions() {
    passes(
        r#"
        local f = lithops.call_async(function()
          append(here .. "/attempts", lithops.call.attempt .. " ")
          if lithops.call.attempt == 1 then os.exit(9) end
          error("attempt " .. lithops.call.attempt)
        end, nil, {retries = 1})
        raises("attempt 3", function() f:result() end)
        same(read(here .. "/attempts"), "1 2 3 ")
        -- However many there may be.
        local g = lithops.call_async(function() error("x") end, nil, {retries = 300})
        raises("x", function() g:result() end)
        same(g.stats.attempts, 301)
        "#,
    );
}
