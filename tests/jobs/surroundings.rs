use std::io::{BufRead, BufReader};

use crate::jobs::{folder, passes, passes_with, run_with, spawn};

#[test]
fn extra_env_is_there_for_its_job_alone() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local function look()
          local p = io.popen("echo $GREETING")
          local child = p:read("*l") p:close()
          return tostring(os.getenv("GREETING")) .. "/" .. child
        end
        same(lithops.call_async(look, nil, {extra_env = {GREETING = "hello"}}):result(), "hello/hello")
        same(lithops.call_async(look):result(), "nil/")
        "#,
    );
}

#[test]
fn a_call_knows_itself() {
    passes(
        r#"
        local ex = lithops.FunctionExecutor()
        local r = ex:map(function()
          local c = lithops.call
          return {c.id, c.job_id, c.executor_id, c.attempt, c.remaining_ms(), lithops.is_worker}
        end, {1, 2}, {timeout = 60}):get_result()
        same(r[2][1], "00001") same(r[2][2], "M000") same(r[2][3], ex.executor_id) same(r[2][4], 1)
        assert(r[2][5] > 0 and r[2][5] <= 60000) same(r[2][6], true)
        same(lithops.call.id, nil) same(lithops.is_worker, false)
        same(lithops.call_async(function() return lithops.call.remaining_ms() end):result() > 60000, true)
        "#,
    );
}

#[test]
fn prints_are_streamed_with_their_call_in_front() {
    let run = run_with(&[], "lithops.map(function(x) print('said', x) io.write('half') end, {1, 2}):get_result()");
    assert_eq!((run.out.as_str(), run.code), ("", Some(0)), "{run:?}");
    let mut lines: Vec<_> = run.err.lines().collect();
    lines.sort_unstable();
    let expected = ["[M000/00000] half", "[M000/00000] said\t1", "[M000/00001] half", "[M000/00001] said\t2"];
    assert_eq!(lines, expected);
}

#[test]
fn prints_appear_while_their_call_runs() {
    // The call ends well only if its print was seen before its end.
    let folder =
        folder("lithops.call_async(function() print('soon') await(here .. '/go') end, nil, {timeout = 60}):result()");
    let mut driver = spawn(&folder, &[]);
    let mut line = String::new();
    BufReader::new(driver.stderr.take().unwrap()).read_line(&mut line).unwrap();
    folder.write("go", "");
    assert_eq!(line, "[A000/00000] soon\n");
    assert!(driver.wait().unwrap().success());
}

#[test]
fn the_end_of_what_was_printed_is_kept() {
    passes(
        r#"
        local f = lithops.call_async(function() for i = 1, 2000 do print("line " .. i) end end, nil, {stream_logs = false})
        f:wait()
        same(#f.stats.logs, 4096)
        same(f.stats.logs:sub(-10), "line 2000\n")
        "#,
    );
}

#[test]
fn times_are_in_order_and_a_chunk_is_one_invocation() {
    passes(
        r#"
        local fs = lithops.map(function()
          lithops.sleep(0.002)
          return io.open("/proc/self/stat"):read "*n"
        end, lithops.range(12), {chunksize = 4})
        fs:wait()
        local starts = {}
        for i, f in ipairs(fs) do
          local s = f.stats
          local last = 0
          for _, name in ipairs{"host_job_create_tstamp", "host_submit_tstamp", "worker_start_tstamp",
              "worker_func_start_tstamp", "worker_func_end_tstamp", "worker_end_tstamp"} do
            -- The steps of a call are kept to some microseconds.
            if s[name] < last - 1e-4 then error(("%s of call %d: %f after %f"):format(name, i, s[name], last)) end
            last = s[name]
          end
          assert(s.worker_func_end_tstamp <= s.host_status_done_tstamp + 1e-4)
          assert(s.worker_func_exec_time >= 0.0015, s.worker_func_exec_time)
          same(s.attempts, 1)
          -- Two workers may start in the same microsecond.
          starts[i] = f:result() .. " " .. s.worker_start_tstamp
        end
        for i = 1, 12 do
          same(starts[i] == starts[math.floor((i - 1) / 4) * 4 + 1], true, "chunk of " .. i)
        end
        assert(starts[1] ~= starts[5] and starts[5] ~= starts[9])
        "#,
    );
}

#[test]
fn modules_that_are_sent_and_not_sent() {
    let folder = folder(
        r#"
        local used = require "used"
        same(lithops.call_async(function() return used.name end):result(), "used")
        same(lithops.call_async(function() return require("used").name end):result(), "used")
        local by_text = function() return require("ot" .. "her").name end
        same(lithops.call_async(by_text, nil, {include_modules = {"other"}}):result(), "other")
        raises("(a module goes along if its name is written in what uses it; name others in `include_modules`)", function()
          lithops.call_async(by_text):result()
        end)
        raises("include_modules: there is no module `typo`", lithops.call_async, by_text, nil, {include_modules = {"typo"}})
        -- A further name is no reason to take it for another module; what only the script calls a module is a value of it.
        package.loaded.alias = used
        same(lithops.call_async(function() return used.name, used == require "used" end):result(), "used")
        package.preload.made = function() return {v = 4} end
        local made = require "made"
        same(lithops.call_async(function() return made.v end):result(), 4)
        raises("third", function()
          local f = lithops.call_async(function() return require("third") end, nil, {exclude_modules = {"third"}, extra_env = {}})
          return f:result()
        end)
        raises("used", function() lithops.call_async(function() return used.name end, nil, {include_modules = false}):result() end)
        -- As LuaRocks installs them, with what they need in turn.
        same(lithops.call_async(function() return require("rock").whole() end):result(), "rock and stone")
        print 'ok'
        "#,
    );
    let stone = "local part = require 'rock.stone' return {whole = function() return 'rock and ' .. part end}";
    folder.write("lua_modules/share/lua/5.1/rock/init.lua", stone);
    folder.write("lua_modules/share/lua/5.1/rock/stone.lua", "return 'stone'");
    for name in ["used", "other"] {
        folder.write(&format!("{name}.lua"), format!("return {{name = '{name}'}}"));
    }
    folder.write("third.lua", "return 1");
    crate::jobs::run_in(&folder, &[]).prints("ok\n");
}

#[test]
fn functions_among_the_arguments_bring_their_globals() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        local function run(task, x) return task(x) end
        local function task(x) return x * scale end
        for _, value in ipairs {1, 2, 3} do
          scale = value
          same(lithops.map(run, {task}, {extra_args = {10}}):get_result(), {10 * value})
          same(lithops.map(function(x, f) return f(x) end, {10}, {extra_args = {task}}):get_result(), {10 * value})
        end
        -- Each as it was when the iterator gave it.
        local i = 0
        local function each()
          i = i + 1
          counter = i
          if i <= 3 then return function() return counter end end
        end
        same(lithops.map(function(f) return f() end, each):get_result(), {1, 2, 3})
        "#,
    );
}
