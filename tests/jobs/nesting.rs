use crate::jobs::{children, folder, passes_with, spawn, wait_until};

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
