use crate::jobs::passes;

#[test]
fn map_gives_results_in_order() {
    passes(
        r#"
        local fs = lithops.map(function(x) return x * 2 end, {1, 2, 3})
        same(#fs, 3)
        local results = lithops.get_result(fs)
        same(results, {2, 4, 6})
        same(results.n, 3)
        -- By name, too: methods of the list.
        same(lithops.map(function(x) return -x end, {5, 6}):get_result(), {-5, -6})
        same(lithops.get_result(lithops.map(tostring, {1, true})), {"1", "true"})
        "#,
    );
}

#[test]
fn map_keeps_nil_elements_and_nil_results() {
    passes(
        r#"
        local echo = function(x) if x == 2 then return nil end return x == nil and "nil" or x end
        local r = lithops.map(echo, {1, 2, 3}):get_result()
        same(r, {1, nil, 3}) same(r.n, 3)
        local holes = lithops.map(echo, {"a", nil, "c"}):get_result()
        same(holes, {"a", "nil", "c"}) same(holes.n, 3)
        -- A result is input again.
        same(lithops.map(echo, r):get_result(), {1, "nil", 3})
        same(lithops.map(echo, {n = 0}):get_result().n, 0)
        same(lithops.map(echo, {n = 2}):get_result(), {"nil", "nil"})
        local _ = raises("field `n`", lithops.map, echo, {1, [1000000] = 2})
        "#,
    );
}

#[test]
fn empty_input_gives_an_empty_list() {
    passes(
        r#"
        local fs = lithops.map(function(x) return x end, {})
        same(#fs, 0)
        local r = lithops.get_result(fs)
        same(#r, 0) same(r.n, 0)
        same(#lithops.map(print, lithops.range(0)), 0)
        same(lithops.map(print, function() return nil end):get_result().n, 0)
        "#,
    );
}

#[test]
fn arguments() {
    passes(
        r#"
        local function pack(...) return {n = select('#', ...), ...} end
        local r = lithops.map(pack, {1, {2, k = "v"}}, {extra_args = {"x", "y"}}):get_result()
        same(r[1], {1, "x", "y"}) same(r[1].n, 3)
        same(r[2], {{2, k = "v"}, "x", "y"})
        r = lithops.map(pack, {lithops.args(nil, 2, nil), lithops.args(), 7}):get_result()
        same(r[1].n, 3) same(r[1][1], nil) same(r[1][2], 2) same(r[1][3], nil)
        same(r[2].n, 0)
        same(r[3].n, 1) same(r[3][1], 7)
        r = lithops.map(pack, {lithops.args(1, nil)}, {extra_args = {"e"}}):get_result()
        same(r[1].n, 3) same(r[1][3], "e")
        r = lithops.call_async(pack, lithops.args("a", nil), {extra_args = {"e"}}):result()
        same(r.n, 3) same(r[1], "a") same(r[2], nil) same(r[3], "e")
        same(lithops.call_async(pack):result(), {})
        "#,
    );
}

#[test]
fn a_future_gives_all_values_of_its_function() {
    passes(
        r#"
        local f = lithops.call_async(function(x) return x, nil, "z", nil end, 1)
        local function pack(...) return {n = select('#', ...), ...} end
        local all = pack(f:result())
        same(all.n, 4) same(all[1], 1) same(all[3], "z")
        -- As often as one likes.
        same(select('#', f:result()), 4)
        same(pack(lithops.call_async(function() end):result()).n <= 1, true)
        "#,
    );
}

#[test]
fn map_returns_at_once() {
    // The call ends only when a file appears that the script makes after `map` has returned.
    passes(
        r#"
        local go = here .. "/go"
        local fs = lithops.map(function(x) await(go) return x end, {1, 2, 3})
        local f = lithops.call_async(function() await(go) return "c" end)
        local m = lithops.map_reduce(function(x) await(go) return x end, {4, 5}, function(l) return l[1] + l[2] end)
        same(fs[1].done or f.done or m[3].done, false)
        append(go, "x")
        same(fs:get_result(), {1, 2, 3}) same(f:result(), "c") same(m:get_result(), 9)
        "#,
    );
}

#[test]
fn map_reduce() {
    passes(
        r#"
        local function sum(list, a, b) local s = 0 for i = 1, list.n or #list do s = s + list[i] end return s, a, b end
        local fs = lithops.map_reduce(function(x, e) return x * e end, {1, 2, 3}, sum,
          {extra_args = {10}, extra_args_reduce = {"a", "b"}})
        same(#fs, 4)
        same(lithops.get_result(fs), 60)
        local s, a, b = fs[4]:result()
        same(s, 60) same(a, "a") same(b, "b")
        same(fs[1]:result(), 10)
        -- Without the futures it is one value as well.
        lithops.map_reduce(function(x) return x end, lithops.range(100), sum)
        same(lithops.get_result(), 5050)
        -- No maps: the reducer gets an empty list.
        same(lithops.map_reduce(function(x) return x end, {}, function(l) return #l end):get_result(), 0)
        -- Nil results keep their places.
        same(lithops.map_reduce(function(x) if x > 1 then return x end end, {1, 2}, function(l)
          return tostring(l[1]) .. l[2] .. tostring(l.n)
        end):get_result(), "nil22")
        "#,
    );
}

#[test]
fn a_failed_map_fails_the_reducer() {
    passes(
        r#"
        local fs = lithops.map_reduce(function(x) if x == 2 then error "no two" end return x end, {1, 2, 3},
          function(l) return #l end)
        raises("no two", function() fs:get_result() end)
        fs:wait{throw_except = false}
        local e = fs[4].error
        same(e.kind, "lua_error") assert(e.message:find("no two") and e.message:find("00001"), e.message)
        same(fs[1]:result(), 1)
        "#,
    );
}

#[test]
fn get_result_without_futures_gives_each_result_once() {
    passes(
        r#"
        lithops.map(function(x) return x end, {1, 2})
        lithops.map(function(x) return x end, {3})
        same(lithops.get_result(), {1, 2, 3})
        same(lithops.get_result().n, 0)
        local f = lithops.call_async(function() return "one" end)
        same(lithops.get_result(), "one")
        local fs = lithops.map(function(x) return x end, {4, 5, 6})
        same(fs[2]:result(), 5)
        -- What was read by name is not given again.
        same(lithops.get_result(), {4, 6})
        same(lithops.get_result().n, 0)
        same(fs:get_result(), {4, 5, 6})
        lithops.call_async(function() return "a" end)
        lithops.map(function(x) return x end, {"b"})
        same(lithops.get_result(), {"a", "b"})
        "#,
    );
}

#[test]
fn wait_in_all_forms() {
    passes(
        r#"
        -- Call 1 ends at once, 2 when `go2` is there, and so on.
        local fs = lithops.map(function(x) await(here .. "/go" .. x) return x end, {1, 2, 3, 4}, {chunksize = 1, max_workers = 2})
        local done, rest = lithops.wait(fs, {return_when = lithops.ALWAYS})
        same(#done + #rest, 4)
        done, rest = lithops.wait(fs, {timeout = 0.01})
        same(#done, 0) same(#rest, 4)
        append(here .. "/go1", "") append(here .. "/go2", "")
        done, rest = lithops.wait(fs, {return_when = lithops.ANY_COMPLETED})
        assert(#done >= 1 and #done <= 2 and #done + #rest == 4)
        done, rest = lithops.wait(fs, {return_when = 50})
        same(#done, 2) same(#rest, 2)
        same(done[1]:result(), 1) same(done[2].call_id, "00001")
        same(rest[1].call_id, "00002") same(rest[1].done, false)
        append(here .. "/go3", "") append(here .. "/go4", "")
        done, rest = fs:wait()
        same(#done, 4) same(#rest, 0)
        done, rest = fs[1]:wait{return_when = lithops.ALL_COMPLETED, download_results = true}
        same(#done, 1) same(#rest, 0)
        raises("return_when", lithops.wait, fs, {return_when = 101})
        raises("return_when", lithops.wait, fs, {return_when = "SOMETIME"})
        "#,
    );
}

#[test]
fn wait_without_futures_means_what_was_not_waited_for() {
    passes(
        r#"
        lithops.map(function(x) return x end, {1, 2})
        lithops.call_async(function(x) return x end, 3)
        local done, rest = lithops.wait()
        same(#done, 3) same(#rest, 0)
        done, rest = lithops.wait()
        same(#done, 0) same(#rest, 0)
        same(lithops.get_result(), {1, 2, 3})
        "#,
    );
}

#[test]
fn wait_tells_of_failures_unless_told_not_to() {
    passes(
        r#"
        local fs = lithops.map(function(x) if x == 2 then error "two" end return x end, {1, 2, 3})
        raises("two", lithops.wait, fs)
        local done, rest = lithops.wait(fs, {throw_except = false})
        same(#done, 3) same(#rest, 0)
        local states = {}
        for _, f in ipairs(done) do states[#states + 1] = f.state end
        same(states, {"done", "failed", "done"})
        "#,
    );
}

#[test]
fn timeouts_of_waiting_leave_the_calls_alone() {
    passes(
        r#"
        local f = lithops.call_async(function() await(here .. "/go") return "late" end)
        local err = raises("on", function() f:result{timeout = 0.01} end)
        same(err.kind, "timeout")
        err = raises("on", lithops.get_result, f, {timeout = 0.01})
        same(err.kind, "timeout")
        append(here .. "/go", "")
        same(f:result{timeout = 60}, "late")
        "#,
    );
}

#[test]
fn fields_of_futures() {
    passes(
        r#"
        local ex = lithops.FunctionExecutor{max_workers = 1}
        local fs = ex:map(function(x) append(here .. "/began" .. x, "") await(here .. "/go") if x == 2 then error "x" end return x end,
          {1, 2}, {chunksize = 1})
        await(here .. "/began1")
        local f = fs[1]
        ex:wait(f, {timeout = 0.02})
        same(f.state, "running") same(f.running, true) same(f.done, false) same(f.ready, false) same(f.success, false)
        same(f.error, nil)
        same(fs[2].running, false)
        assert(fs[2].state == "new" or fs[2].state == "invoked", fs[2].state)
        append(here .. "/go", "")
        ex:wait(fs, {throw_except = false})
        same(f.state, "done") same(f.running, false) same(f.done, true) same(f.ready, true) same(f.success, true)
        local g = fs[2]
        same(g.state, "failed") same(g.done, true) same(g.ready, true) same(g.success, false) same(g.error.kind, "lua_error")
        same(f.call_id, "00000") same(g.call_id, "00001")
        same(f.job_id, "M000") same(f.executor_id, ex.executor_id)
        same(lithops.call_async(function() end).job_id, "A000")
        same(tostring(f), "future " .. ex.executor_id .. "/M000/00000 (done)")
        same(fs[1] == f, true) same(fs[2] == f, false)
        same(f.nonsense, nil)
        "#,
    );
}

#[test]
fn lists_of_futures() {
    passes(
        r#"
        local fs = lithops.map(function(x) if x == 3 then error "three" end return x end, {1, 2, 3})
        lithops.wait(fs, {throw_except = false})
        same(tostring(fs), "3 futures: 2 done, 1 failed")
        same(#fs, 3)
        local seen = {}
        for i, f in ipairs(fs) do seen[i] = f.call_id end
        same(seen, {"00000", "00001", "00002"})
        same(tostring(lithops.map(function() end, {})), "0 futures")
        local mixed = {fs[2], lithops.call_async(function() return "c" end), fs[1]}
        same(lithops.get_result(mixed), {2, "c", 1})
        local done, rest = fs:wait{throw_except = false}
        same(#done, 3)
        "#,
    );
}

#[test]
fn futures_are_input_of_further_calls() {
    passes(
        r#"
        local a = lithops.map(function(x) return x * 10, "second" end, {1, 2, 3})
        local b = lithops.map(function(x, e) return x + 1, e end, a, {extra_args = {"e"}})
        same(b:get_result(), {11, 21, 31})
        local _, e = b[1]:result()
        same(e, "e")
        local c = lithops.call_async(function(x) return x * 2 end, a[2])
        same(c:result(), 40)
        -- Futures within a value are resolved where they are used.
        local d = lithops.call_async(function(t) return t.x:result() + t.y:result() end, {x = a[1], y = c})
        same(d:result(), 50)
        -- The futures of a range, which are made lazily.
        local lazy = lithops.map(function(x) return x end, lithops.range(5))
        same(lithops.map(function(x) return -x end, lazy):get_result(), {-1, -2, -3, -4, -5})
        -- Several jobs' futures in one list, and chains.
        local two = lithops.map(function(x) return x end, {a[1], c, b[3]})
        same(lithops.map(function(x) return x + 0.5 end, two):get_result(), {10.5, 40.5, 31.5})
        "#,
    );
}

#[test]
fn a_failure_goes_along_a_chain() {
    passes(
        r#"
        local a = lithops.map(function(x) if x == 2 then error "broken" end return x end, {1, 2})
        local b = lithops.map(function(x) return x end, a)
        local r = b:get_result{throw_except = false}
        same(r[1], 1) assert(r[2].message:find("broken"), r[2].message)
        same(b[2].state, "failed")
        "#,
    );
}

#[test]
fn functions_that_return_futures() {
    passes(
        r#"
        local inner = function(x) return x * x end
        same(lithops.call_async(function() return lithops.call_async(inner, 7) end):result(), 49)
        local r = lithops.call_async(function() return lithops.map(inner, {1, 2, 3}) end):result()
        same(r, {1, 4, 9})
        -- Two levels, and other values beside it.
        local v, also = lithops.call_async(function()
          return lithops.call_async(function() return lithops.call_async(inner, 3) end), "also"
        end):result()
        same(v, 9) same(also, "also")
        same(lithops.map(function(n) return lithops.map(inner, lithops.range(n)) end, {1, 2}):get_result(), {{1}, {1, 4}})
        "#,
    );
}
