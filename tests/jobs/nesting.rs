use crate::jobs::{children, folder, passes, passes_with, spawn, wait_until};

#[test]
fn ten_levels_deep_on_one_worker() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local function down(level)
          if level == 0 then return 0 end
          return 1 + lithops.call_async(down, level - 1):result()
        end
        same(lithops.call_async(down, 10):result(), 10)
        "#,
    );
}

#[test]
fn wide_nesting_keeps_its_processes_bounded() {
    let folder = folder(
        r#"
        local r = lithops.map(function(x)
          local s = 0
          for _, y in ipairs(lithops.map(function(y) return x * y end, {1, 2, 3, 4, 5}):get_result()) do s = s + y end
          return s
        end, lithops.range(20), {chunksize = 1}):get_result()
        for x = 1, 20 do same(r[x], 15 * x) end
        print 'ok'
        "#,
    );
    let mut child = spawn(&folder, &[]);
    let mut most = 0;
    wait_until("the end of the script", || {
        most = most.max(children(child.id()).len());
        child.try_wait().unwrap().is_some()
    });
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ok\n", "{}", String::from_utf8_lossy(&output.stderr));
    // One for each outer call that waits, and two that work.
    assert!((2..=22).contains(&most), "{most} processes");
}

#[test]
fn an_error_of_an_inner_call_reaches_the_top() {
    passes_with(
        &[],
        r#"
        local function inner(x) error("inner " .. x) end
        local f = lithops.call_async(function()
          local r = lithops.map(inner, {1}):get_result()
          return r
        end)
        local err = raises("inner 1", function() f:result() end)
        same(err.kind, "lua_error")
        local text = tostring(err)
        assert(text:find("pipeline.lua:3: in function", 1, true), text)
        assert(text:find("pipeline.lua:5: in function", 1, true), text)
        "#,
    );
}

#[test]
fn futures_of_the_driver_are_resolved_in_workers() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local slow = lithops.call_async(function() lithops.sleep(0.02) return 7 end)
        local bad = lithops.call_async(function() error "bad" end)
        local f = lithops.call_async(function() return slow:result() + lithops.get_result(slow) end)
        same(f:result(), 14)
        local g = lithops.call_async(function() return bad:result() end)
        raises("bad", function() g:result() end)
        raises("bad", function() bad:result() end)
        "#,
    );
}

#[test]
fn futures_of_the_driver_and_of_the_worker_keep_their_order() {
    passes(
        r#"
        local a = lithops.call_async(function() return 1 end)
        local bad = lithops.call_async(function() error "bad" end)
        local f = lithops.call_async(function()
          local own = lithops.map(function(x) return x end, {5, 6, 7})
          local r = lithops.get_result({a, own[1], bad, own[2], own[3], a}, {throw_except = false})
          same(r[3].kind, "lua_error")
          r[3] = 0
          local done, rest = lithops.wait({own[3], a, own[1]})
          same(#rest, 0)
          same(lithops.get_result(done), {7, 1, 5})
          return r
        end)
        same(f:result(), {1, 5, 0, 6, 7, 1})
        bad:wait{throw_except = false}
        "#,
    );
}

#[test]
fn waiting_for_futures_of_the_driver_ends_as_it_is_told_to() {
    passes(
        r#"
        local fs = lithops.map(function(x) if x == 2 then await(here .. "/go") end return x end, {1, 2}, {chunksize = 1})
        local a, b = fs[1], fs[2]
        local f = lithops.call_async(function()
          local done, pending = lithops.wait({b, a}, {return_when = lithops.ANY_COMPLETED})
          same(#done, 1) same(done[1] == a, true) same(pending[1] == b, true)
          same(raises("had not ended", function() b:result{timeout = 0.01} end).kind, "timeout")
          same(raises("1 of 2 calls had ended", lithops.get_result, {a, b}, {timeout = 0.01}).kind, "timeout")
          done, pending = lithops.wait(pending, {timeout = 0.01})
          same(#done, 0) same(#pending, 1)
          append(here .. "/go", "")
          while #pending > 0 do done, pending = lithops.wait(pending, {return_when = lithops.ALWAYS}) end
          same(done[1].success, true)
          return b:result()
        end)
        same(f:result(), 2)
        "#,
    );
}

#[test]
fn lists_of_futures_are_sent() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local square = function(x) return x * x end
        local fs = lithops.map(square, {1, 2, 3})
        local f = lithops.call_async(function(list)
          same(#fs, 3) same(#list, 3)
          for i, future in ipairs(list) do same(future:result(), i * i) end
          same(fs:get_result(), {1, 4, 9})
          same(lithops.map(function(x) return -x end, fs):get_result(), {-1, -4, -9})
          return list:wait(), fs[2]:result()
        end, fs)
        local r, four = f:result()
        same(r, {1, 4, 9}) same(four, 4)
        local lazy = lithops.map(square, lithops.range(3))
        raises("made as they are looked at", lithops.call_async, function() return #lazy end)
        local list = {}
        for i, future in ipairs(lazy) do list[i] = future end
        same(lithops.call_async(function() return lithops.get_result(list) end):result(), {1, 4, 9})
        "#,
    );
}

#[test]
fn a_future_that_was_sent_has_its_value_after_the_script_has_left_it() {
    passes(
        r#"
        local function late(future)
          return lithops.call_async(function() await(here .. "/go") return future:result() + 1 end)
        end
        local f = lithops.call_async(function() return 1 end)
        same(f:result(), 1)
        f = late(f)
        -- The first job has been read, and has ended long before the next one starts.
        lithops.call_async(function() end):result()
        collectgarbage() collectgarbage()
        append(here .. "/go", "")
        same(f:result(), 2)
        "#,
    );
}

#[test]
fn an_iterator_waits_for_a_call_on_one_worker() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local function double(x) return 2 * x end
        local f = lithops.call_async(function()
          local n = 0
          local fs = lithops.map(double, function()
            n = n + 1
            -- While `map` reads the first elements, and while `get_result` reads on.
            if n == 2 or n == 250 or n == 251 then same(lithops.call_async(double, n):result(), 2 * n) end
            if n <= 300 then return n end
          end)
          return #fs:get_result()
        end)
        same(f:result{timeout = 60}, 300)
        "#,
    );
}

#[test]
fn map_reduce_over_an_iterator_on_one_worker() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local function outer(k)
          local n = 0
          local function numbers() n = n + 1 if n <= 300 then return n end end
          return lithops.map_reduce(function(x) return x end, numbers, function(list) return #list + k end)
        end
        same(lithops.map(outer, {1, 2}):get_result(), {301, 302})
        "#,
    );
}
