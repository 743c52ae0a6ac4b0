use crate::jobs::{passes, passes_with, run_with};

#[test]
fn a_result_that_cannot_be_sent_costs_its_call_and_not_the_worker() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local bad = {
          function() return {deep = {co = coroutine.create(print)}} end,
          function() return {file = io.tmpfile()} end,
        }
        local paths = {"deep.co", "file"}
        local first = lithops.call_async(function() return 1 end)
        first:wait()
        for i, f in ipairs(bad) do
          local future = lithops.call_async(f)
          future:wait{throw_except = false}
          same(future.error.kind, "unsendable")
          assert(future.error.message:find(paths[i], 1, true), future.error.message)
        end
        local after = lithops.call_async(function() return 2 end)
        same(after:result(), 2) same(after.stats.worker, first.stats.worker)
        "#,
    );
}

#[test]
fn a_function_that_cannot_be_sent_raises_before_anything_starts() {
    let run = run_with(
        &[],
        "local file = io.tmpfile()\n\
         raises('cannot send upvalue `file`', lithops.map, function() return file end, {1})\n\
         raises('cannot send', lithops.map, print, {coroutine.create(print)})\n\
         local ffi = require 'ffi' ffi.cdef 'int getpid(void);'\n\
         local p = io.open('/proc/' .. ffi.C.getpid() .. '/task/' .. ffi.C.getpid() .. '/children')\n\
         same(p:read('*a'), '')\n\
         print 'ok'",
    );
    run.prints("ok\n");
}

#[test]
fn mistakes_in_a_call_are_named() {
    passes(
        r#"
        local f = function(x) return x end
        raises("chunksize", lithops.map, f, {1}, {chunk_size = 2})
        raises("timeout", lithops.call_async, f, 1, {timout = 2})
        raises("extra_args_reduce", lithops.map_reduce, f, {1}, f, {extra_arg_reduce = {}})
        raises("throw_except", lithops.wait, {}, {throw_exept = true})
        raises("timeout", lithops.get_result, {}, {time_out = 1})
        raises("chunksize", lithops.map, f, {1}, {chunksize = 0})
        raises("retries", lithops.map, f, {1}, {retries = -1})
        raises("timeout", lithops.map, f, {1}, {timeout = "soon"})
        raises("function expected", lithops.map_reduce, f, {1})
        raises("`lithops.map(fn, data)` calls a function", lithops.get_result, f)
        "#,
    );
}

#[test]
fn a_large_capture_is_named_in_a_warning_once() {
    let run = run_with(
        &[],
        "local big, small = ('x'):rep(2500000), ('x'):rep(1000000)\n\
         local function size(x) return #big + #small + x end\n\
         for i = 1, 2 do lithops.map(size, lithops.range(100), {chunksize = 1}):get_result() end\n\
         lithops.call_async(function() return #small end):result()\n\
         words = {} for i = 1, 200000 do words[i] = 'word ' .. i end\n\
         lithops.call_async(function() return #words end):result()",
    );
    assert_eq!((run.out.as_str(), run.code), ("", Some(0)), "{run:?}");
    let warnings: Vec<&str> = run.err.lines().collect();
    let expected = [
        "upvalue `big` of function `size` (pipeline.lua:3) takes 2.5 MB",
        "global `words` of function (pipeline.lua:7) takes 2.3 MB",
    ];
    assert_eq!(warnings.len(), expected.len(), "{run:?}");
    for (warning, path_and_size) in warnings.iter().zip(expected) {
        let text = format!("{path_and_size}, and goes to every worker; pass it through storage if it need not");
        assert!(warning.contains(" WARN ") && warning.ends_with(&text), "{warning}");
    }
}

#[test]
fn a_huge_string_is_copied_no_more_than_needed() {
    // The most memory of the driver, in multiples of the string's length. To make it takes 2.1, the copy that it is made
    // from being dropped then.
    for (call, most) in [
        // One copy: the message.
        ("local s = ('x'):rep(n) assert(lithops.call_async(function() return #s end):result() == n)", 3.2),
        // One more: the work of the call, of which it is a part.
        ("assert(lithops.call_async(function(s) return #s end, ('x'):rep(n)):result() == n)", 4.2),
        // The message and the string.
        ("assert(#lithops.call_async(function() return ('x'):rep(n) end):result() == n)", 2.6),
    ] {
        let script = format!(
            "local n = 100 * 2^20 {call}\n\
             local peak = read('/proc/self/status'):match('VmHWM:%s*(%d+) kB') * 1024 / n\n\
             assert(peak < {most}, peak) print 'ok'"
        );
        run_with(&["--quiet"], &script).prints("ok\n");
    }
}

#[test]
fn results_that_were_read_are_not_held() {
    // All of them take 240 MB.
    passes(
        r#"
        local function text() return ("x"):rep(3e6) end
        for round = 1, 20 do
          do lithops.map(text, {1, 2, 3, 4}):get_result() end
          collectgarbage() collectgarbage()
        end
        local peak = tonumber(read("/proc/self/status"):match("VmHWM:%s*(%d+) kB")) / 1024
        assert(peak < 130, ("the driver took %d MiB"):format(peak))
        "#,
    );
}

#[test]
fn large_values() {
    passes_with(
        // The large capture is worth a warning, which is not what this is about.
        &["--quiet"],
        r#"
        local big = ("0123456789"):rep(2e6)
        local back = lithops.call_async(function(s) return s .. "!" end, big):result()
        assert(back == big .. "!")
        assert(lithops.call_async(function() return #big end):result() == 2e7)
        local list = {}
        for i = 1, 100 do list[i] = ("%07d"):format(i):rep(150000) end
        local r = lithops.map(function(s) return s end, list):get_result()
        for i = 1, 100 do assert(r[i] == list[i], i) end
        local lengths = lithops.map(function(s) return #s end, lithops.map(function(s) return s .. s .. s .. s .. s end, {list[1], list[2]}))
        same(lengths:get_result(), {5 * 1050000, 5 * 1050000})
        same(lithops.map_reduce(function(s) return s end, list, function(l) local n = 0 for i = 1, #l do n = n + #l[i] end return n end)
          :get_result(), 100 * 1050000)
        "#,
    );
}
