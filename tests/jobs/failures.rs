use crate::jobs::{passes, passes_with, run_with};

#[test]
fn errors_say_what_where_and_which_call() {
    passes(
        r#"
        local function deep(x) error("broken at " .. x) end
        local fs = lithops.map(function(x)
          if x == 2 then deep(x) end
          return x
        end, {1, 2, 3})
        local err = raises("broken at 2", function() fs:get_result() end)
        same(err.kind, "lua_error") same(err.call_id, "00001") same(err.job_id, "M000")
        same(err.message, "pipeline.lua:3: broken at 2")
        assert(err.traceback:find("pipeline.lua:3: in function 'deep'", 1, true), err.traceback)
        assert(err.traceback:find("pipeline.lua:5: in function", 1, true), err.traceback)
        assert(not err.traceback:find("mlua") and not err.traceback:find("src/"), err.traceback)
        -- As people print them.
        local text = tostring(err)
        assert(text:find("call 00001 of job M000 failed (lua_error): pipeline.lua:3: broken at 2", 1, true), text)
        assert(("x: " .. err):find("x: call 00001"))
        "#,
    );
}

#[test]
fn errors_of_all_types_arrive() {
    passes(
        r#"
        local function fails(value) return lithops.call_async(function() error(value, 0) end).error end
        local function err_of(value)
          local f = lithops.call_async(function() error(value, 0) end)
          f:wait{throw_except = false}
          return f.error
        end
        local e = err_of{code = 42, list = {1, 2}}
        same(e.kind, "lua_error") same(e.value, {code = 42, list = {1, 2}})
        same(err_of("text").message, "text")
        same(err_of(7).message, "7")
        same(err_of(nil).kind, "lua_error")
        same(err_of(setmetatable({}, {__tostring = function() return "pretty" end})).message, "pretty")
        e = raises("attempt to index", function() lithops.call_async(function() local t return t.x end):result() end)
        same(e.kind, "lua_error")
        -- An error that cannot be sent is an error all the same.
        e = err_of == nil or nil
        local f = lithops.call_async(function() error({co = coroutine.create(print)}) end)
        f:wait{throw_except = false}
        same(f.error.kind, "lua_error")
        same(lithops.call_async(function() return "alive" end):result(), "alive")
        "#,
    );
}

#[test]
fn failures_in_place_of_results() {
    passes(
        r#"
        local fs = lithops.map(function(x) if x % 2 == 0 then error("even") end return x end, {1, 2, 3, 4})
        local r = fs:get_result{throw_except = false}
        same(r.n, 4) same(r[1], 1) same(r[3], 3)
        same(r[2].kind, "lua_error") same(r[4].call_id, "00003")
        local e = fs[2]:result{throw_except = false}
        same(e.kind, "lua_error")
        "#,
    );
}

#[test]
fn a_result_that_was_removed_is_an_error() {
    passes(
        r#"
        local fs = lithops.map(function(x) return tostring(x):rep(5 * 2^20) end, {1, 2})
        fs:wait()
        lithops.clean()
        same(raises("lost", function() return fs[2]:result() end).call_id, "00001")
        raises("lost", lithops.get_result, fs)
        local r = lithops.get_result(fs, {throw_except = false})
        same(r.n, 2) same(r[1].call_id, "00000")
        same(fs[2]:result({throw_except = false}).call_id, "00001")
        "#,
    );
}

#[test]
fn cleaning_some_calls_leaves_the_others_of_their_job_alone() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local fs = lithops.map(function(x) return tostring(x):rep(5 * 2^20) end, {1, 2})
        fs:wait()
        lithops.clean{fs = fs[1]}
        same(#fs[2]:result(), 5 * 2^20)
        -- All of them, in whatever order.
        lithops.clean{fs = {fs[2], fs[1]}}
        raises("lost", function() fs[2]:result() end)

        fs = lithops.map(function(x) append(here .. "/call" .. x, "") await(here .. "/go") return x end, {1, 2, 3},
          {chunksize = 1})
        await(here .. "/call1")
        lithops.clean{fs = fs[2], force = true}
        same(fs[2].state, "cancelled")
        append(here .. "/go", "")
        -- What was cleaned is not asked for any more.
        same(lithops.get_result(nil, {throw_except = false}), {1, 3})
        "#,
    );
}

#[test]
fn a_failure_is_raised_once_by_whoever_asks_for_what_is_left() {
    passes(
        r#"
        local function good(x) return x end
        local function bad() error "old" end
        for _, ask in ipairs{lithops.get_result, lithops.wait} do
          lithops.map(bad, {1})
          raises("old", ask)
          lithops.map(good, {5})
          lithops.wait()
          same(lithops.get_result(), {5})
          same(lithops.get_result().n, 0)
        end
        -- A job that is not to blame is given all the same, and so is one that failed, by name.
        lithops.map(good, {6})
        local fs = lithops.map(bad, {1})
        raises("old", lithops.get_result)
        same(lithops.get_result(), {6})
        raises("old", lithops.get_result, fs)
        -- A reducer fails with its maps.
        lithops.map_reduce(bad, {1}, function(list) return #list end)
        raises("old", lithops.get_result)
        lithops.map(good, {7})
        same(lithops.get_result(), {7})
        "#,
    );
}

#[test]
fn an_error_that_nobody_catches() {
    let run = run_with(
        &[],
        "local fs = lithops.map(function(x)\n\
           error('too bad')\n\
         end, {1})\n\
         fs:get_result()",
    );
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.err.starts_with("lithops-lua: call 00000 of job M000 failed (lua_error): pipeline.lua:3: too bad"),
        "{run:?}"
    );
    assert!(run.err.contains("in the worker:\n\tpipeline.lua:3: in function"), "{run:?}");
    // Where the driver stood.
    assert!(run.err.contains("pipeline.lua:5: in main chunk"), "{run:?}");
    assert!(!run.err.contains("src/"), "{run:?}");
}

#[test]
fn retries() {
    passes(
        r#"
        local fs = lithops.map(function(x)
          append(here .. "/call" .. x, lithops.call.attempt .. " ")
          if x == 2 and lithops.call.attempt < 3 or x == 3 then error("attempt " .. lithops.call.attempt) end
          return lithops.call.attempt
        end, {1, 2, 3}, {retries = 2})
        local r = fs:get_result{throw_except = false}
        same(r[1], 1) same(r[2], 3)
        assert(r[3].message:find("attempt 3", 1, true), r[3].message)
        same(read(here .. "/call1"), "1 ") same(read(here .. "/call2"), "1 2 3 ") same(read(here .. "/call3"), "1 2 3 ")
        same(fs[2].stats.attempts, 3)
        -- Elements of iterators, too.
        local i = 0
        r = lithops.map(function(x) if lithops.call.attempt == 1 then error "x" end return x end,
          function() i = i + 1 if i <= 5 then return i end end, {retries = 1}):get_result()
        same(r, {1, 2, 3, 4, 5})
        "#,
    );
}

#[test]
fn whatever_the_function_raised_is_tried_again() {
    passes(
        r#"
        local function attempts(fails)
          local f = lithops.call_async(function()
            append(here .. "/attempts", "x")
            if lithops.call.attempt < 3 then fails() end
            return lithops.call.attempt
          end, nil, {retries = 2})
          same(f:result(), 3)
        end
        attempts(function() lithops.storage:get_object("no-such-bucket", "k") end)
        attempts(function() error({code = 1}) end)
        attempts(function() lithops.call_async(function() os.exit(1) end):result() end)
        -- What cannot be sent would not be sent the next time.
        local f = lithops.call_async(function() append(here .. "/once", "x") return coroutine.create(print) end, nil, {retries = 2})
        same(raises("coroutine", function() f:result() end).kind, "unsendable")
        same(read(here .. "/once"), "x")
        "#,
    );
}

#[test]
fn retries_by_configuration() {
    passes_with(
        &["-o", "lithops.retries=1"],
        r#"
        local f = function() if lithops.call.attempt == 1 then error "x" end return lithops.call.attempt end
        same(lithops.call_async(f):result(), 2)
        raises("x", function() lithops.call_async(f, nil, {retries = 0}):result() end)
        "#,
    );
}

#[test]
fn a_call_that_runs_past_its_timeout() {
    passes(
        r#"
        local fs = lithops.map(function(x)
          append(here .. "/call" .. x, "x")
          if x == 3 then while true do end end
          return x
        end, lithops.range(6), {chunksize = 6, timeout = 2})
        local r = fs:get_result{throw_except = false}
        same(r[3].kind, "timeout") assert(r[3].message:find("2 s", 1, true), r[3].message)
        for x = 1, 6 do
          if x ~= 3 then same(r[x], x) end
          same(read(here .. "/call" .. x), "x", "runs of call " .. x)
        end
        "#,
    );
}

#[test]
fn calls_without_a_timeout_have_the_configured_one() {
    passes_with(
        &["-o", "lithops.execution_timeout=0.3"],
        r#"
        local err = raises("0.3 s", lithops.get_result, lithops.call_async(function() lithops.sleep(60) end))
        same(err.kind, "timeout")
        same(lithops.call_async(function() lithops.sleep(0.4) return 1 end, nil, {timeout = 60}):result(), 1)
        "#,
    );
}

#[test]
fn timeouts_are_tried_again() {
    passes(
        r#"
        local f = lithops.call_async(function()
          while lithops.call.attempt == 1 do end
          return lithops.call.attempt
        end, nil, {timeout = 2, retries = 1})
        same(f:result(), 2)
        "#,
    );
}

#[test]
fn pending_calls_are_cancelled_before_they_begin() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local fs = lithops.map(function(x) append(here .. "/call" .. x, "x") await(here .. "/go") return x end,
          {1, 2, 3}, {chunksize = 1})
        await(here .. "/call1")
        same(fs[2]:cancel(), true)
        same(fs[2].state, "cancelled") same(fs[2].done, true) same(fs[2]:cancel(), false)
        append(here .. "/go", "")
        local r = fs:get_result{throw_except = false}
        same(r[1], 1) same(r[2].kind, "cancelled") same(r[3], 3)
        same(exists(here .. "/call2"), false)
        raises("cancelled", function() fs[2]:result() end)
        same(fs[1]:cancel(), false) same(fs[1].state, "done")
        "#,
    );
}

#[test]
fn running_calls_are_cancelled_with_their_worker() {
    passes(
        r#"
        local fs = lithops.map(function(x)
          append(here .. "/call" .. x, "x")
          while x == 2 do end
          return x
        end, {1, 2, 3, 4}, {chunksize = 4})
        await(here .. "/call2")
        repeat until read(here .. "/call2") == "x"
        same(fs[2]:cancel(), true)
        local r = fs:get_result{throw_except = false}
        same(r[2].kind, "cancelled") same(fs[2].state, "cancelled")
        for _, x in ipairs{1, 3, 4} do same(r[x], x) end
        for x = 1, 4 do same(read(here .. "/call" .. x), "x", "runs of call " .. x) end
        "#,
    );
}

#[test]
fn what_was_cancelled_does_nothing_any_more() {
    passes(
        r#"
        local here = here
        local function size(x)
          local file = io.open(here .. "/n" .. x)
          if not file then return 0 end
          local size = file:seek("end")
          file:close()
          return size
        end
        for round = 1, 5 do
          local fs = lithops.map(function(x) while true do append(here .. "/n" .. x, "x") end end, {1, 2}, {chunksize = 1})
          local began = {size(1), size(2)}
          while size(1) == began[1] or size(2) == began[2] do lithops.sleep(0.001) end
          fs:cancel()
          fs:get_result{throw_except = false}
          local before = {size(1), size(2)}
          lithops.sleep(0.02)
          same({size(1), size(2)}, before)
        end
        -- Nobody waits for the workers of another job.
        local busy = lithops.map(function() while true do end end, {1, 2}, {chunksize = 1})
        local queued = lithops.map(function(x) return x end, {1, 2, 3})
        same(queued:cancel(), 3)
        same(queued:get_result{throw_except = false}[1].kind, "cancelled")
        busy:cancel()
        "#,
    );
}

#[test]
fn all_calls_of_a_list_are_cancelled() {
    passes(
        r#"
        local fs = lithops.map(function(x) append(here .. "/any", "x") while true do end end, lithops.range(100))
        await(here .. "/any")
        same(fs:cancel(), 100)
        local r = fs:get_result{throw_except = false}
        for i = 1, 100 do same(r[i].kind, "cancelled") end
        same(tostring(fs), "100 futures: 100 cancelled")
        same(lithops.map(function(x) return x end, {1}):get_result(), {1})
        "#,
    );
}

#[test]
fn very_many_calls_are_cancelled_before_they_begin() {
    passes(
        r#"
        local fs = lithops.map(function() while true do end end, lithops.range(300000), {chunksize = 1})
        same(fs:cancel(), 300000)
        same(lithops.call_async(function() return "alive" end):result(), "alive")
        "#,
    );
}
