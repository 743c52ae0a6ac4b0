use crate::jobs::{command, folder, passes, passes_with, run_in};
use crate::support::Run;

#[test]
fn executors_are_objects_with_options_of_their_own() {
    passes(
        r#"
        local a, b = lithops.FunctionExecutor(), lithops.FunctionExecutor{max_workers = 1, runtime_memory = 512}
        assert(a.executor_id ~= b.executor_id)
        same(a.config.localhost.max_workers, 2)
        same(b.config.localhost.max_workers, 1) same(b.config.localhost.runtime_memory, 512)
        local fa, fb = a:map(function(x) return x end, {1}), b:map(function(x) return x end, {2})
        -- Each knows its own jobs alone.
        same(b:get_result(), {2}) same(a:get_result(), {1})
        same(lithops.get_result().n, 0)
        -- With one worker, all calls have the same process.
        local pids = {}
        for i, f in ipairs(b:map(function() lithops.sleep(0.001) end, lithops.range(20), {chunksize = 1})) do
          f:wait() pids[f.stats.worker] = true
        end
        local n = 0 for _ in pairs(pids) do n = n + 1 end
        same(n, 1)
        same(lithops.LocalhostExecutor{max_workers = 1}:call_async(function() return "l" end):result(), "l")
        same(lithops.FunctionExecutor{config = {localhost = {runtime_memory = 300}}}.config.localhost.runtime_memory, 300)
        raises("max_worker", lithops.FunctionExecutor, {max_worker = 1})
        raises("max_workers", lithops.FunctionExecutor, {max_worker = 1})
        raises("colon", a.map, function() end, {1})
        "#,
    );
}

#[test]
fn the_configuration_that_scripts_see_has_no_secrets() {
    let folder = folder(
        r#"
        local config = lithops.FunctionExecutor().config
        local text = {}
        local function walk(t) for k, v in pairs(t) do if type(v) == "table" then walk(v) else text[#text + 1] = tostring(v) end end end
        walk(config) walk(lithops.config) walk(lithops.call_async(function() return lithops.config end):result())
        same(lithops.config.aws.secret_access_key, "********")
        text = table.concat(text, " ")
        assert(not text:find("hunter2", 1, true), text)
        same(config.localhost.max_workers, 2)
        print 'ok'
        "#,
    );
    folder.write(".lithops_config", "aws:\n  access_key_id: AKIAhunter2\n  secret_access_key: hunter2\n");
    run_in(&folder, &[]).prints("ok\n");
}

#[test]
fn the_configuration_in_effect_is_at_hand() {
    passes_with(
        &["-o", "lithops.retries=3"],
        r#"
        local config = lithops.config
        same(config.lithops.backend, "localhost") same(config.lithops.retries, 3) same(config.localhost.max_workers, 2)
        same(config, lithops.FunctionExecutor().config)
        -- It is a copy.
        config.localhost.max_workers = 7
        same(lithops.config.localhost.max_workers, 2)
        same(lithops.call_async(function() return config.localhost.max_workers end):result(), 7)
        -- Workers have that of their executor.
        local look = function() return lithops.config end
        same(lithops.call_async(look):result(), lithops.config)
        local own = lithops.FunctionExecutor{config = {lithops = {platform_retries = 1}, localhost = {runtime_memory = 300}}}
        same(own:call_async(look):result(), own.config)
        same(own.config.lithops.platform_retries, 1) same(lithops.config.lithops.platform_retries, 2)
        same(lithops.configuration, nil)
        "#,
    );
}

#[test]
fn the_command_line_holds_for_configurations_of_the_script() {
    let folder = folder(
        r#"
        local own = {lithops = {retries = 1}, localhost = {storage_bucket = "own", storage_root = "own"}}
        local e = lithops.FunctionExecutor{config = own}
        same(e.config.lithops.retries, 3) same(e.config.localhost.storage_bucket, "typed")
        same(e.config.localhost.storage_root, here .. "/own")
        -- Options of the executor are nearer.
        same(lithops.FunctionExecutor{config = own, max_workers = 1}.config.localhost.max_workers, 1)
        same(lithops.FunctionExecutor{config_file = "file.yaml"}.config.lithops.retries, 3)
        local store = lithops.Storage{config = own}
        same(store.bucket, "typed")
        -- The same ones in a worker, which has no command line.
        same({e:call_async(function() return store.bucket, e.config.lithops.retries end):result()}, {"typed", 3})
        raises("failed to use the configuration: config table: unknown key `lithops.retrys`",
          lithops.FunctionExecutor, {config = {lithops = {retrys = 1}}})
        print 'ok'
        "#,
    );
    folder.write("file.yaml", "lithops: {retries: 2}\n");
    run_in(&folder, &["-o", "lithops.retries=3", "-o", "localhost.storage_bucket=typed"]).prints("ok\n");
}

#[test]
fn numbers_that_are_none_are_refused() {
    passes(
        r#"
        raises('`localhost.max_workers` must be a whole number from 1 to 100000, not "inf"', lithops.FunctionExecutor,
          {max_workers = math.huge})
        raises('`lithops.retries` must be a whole number from 0 to 1000, not "NaN"', lithops.FunctionExecutor,
          {config = {lithops = {retries = 0 / 0}}})
        raises('`localhost.runtime_timeout` must be a number above 0, at most 31536000, not "-inf"', lithops.Storage,
          {config = {localhost = {runtime_timeout = -math.huge}}})
        "#,
    );
}

#[test]
fn the_log_follows_the_configuration() {
    let job = "lithops.call_async(function() end):result()";
    let own = "lithops.FunctionExecutor{log_level = 'info'}:call_async(function() end):result()";
    let of = |config: &str, options: &[&str], script: &str| {
        let folder = folder(script);
        folder.write(".lithops_config", config);
        let run = folder.run(&[options, &["pipeline.lua"]].concat());
        assert_eq!(run.code, Some(0), "{run:?}");
        run.err
    };
    assert_eq!(of("", &[], job), "");
    assert!(of("lithops: {log_level: info}", &[], job).contains("INFO"));
    assert!(of("", &[], own).contains("job started"));
    assert!(of("lithops: {log_level: error}", &["-v"], job).contains("job started"));
    assert_eq!(of("lithops: {log_level: debug}", &["-q"], job), "");
    let json = of("lithops: {log_level: info, log_format: json}", &[], job);
    let line: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(line["level"], "INFO");
    assert!(of("lithops: {log_level: info, log_format: json}", &["--log-format", "text"], job).contains(" INFO "));
}

#[test]
fn a_limit_of_the_input() {
    passes_with(
        &["-o", "lithops.data_limit=1"],
        r#"
        local length = function(s) return #s end
        local half = ("x"):rep(600000)
        same(lithops.map(length, {half}):get_result(), {600000})
        local words = "more than 1 MB, the limit that `lithops.data_limit` sets; raise it, as in `-o lithops.data_limit=2`"
        raises(words, lithops.map, length, {half, half})
        raises(words, lithops.call_async, length, half .. half)
        local i = 0
        local fed = function() i = i + 1 if i <= 2 then return half .. i end end
        raises(words, function() return lithops.map(length, fed):get_result() end)
        -- The limit is for each job.
        for _ = 1, 2 do same(lithops.call_async(length, half):result(), 600000) end
        "#,
    );
}

#[test]
fn a_wrong_configuration_is_told_where_it_is_asked_for() {
    let folder = folder("print(lithops.version)\nprint(lithops.config)");
    folder.write(".lithops_config", "lithops:\n  retrys: 1\n");
    // Nothing on the command line, which would have it checked before the script starts.
    let run = folder.run(&["pipeline.lua"]);
    assert_eq!((run.code, run.out.trim_end()), (Some(1), env!("CARGO_PKG_VERSION")), "{run:?}");
    let first = run.err.lines().next().unwrap();
    for word in [
        "pipeline.lua:3: failed to use the configuration: ",
        ".lithops_config:2",
        "`lithops.retrys`",
        "did you mean `retries`",
    ] {
        assert!(first.contains(word), "`{word}` is missing in {run:?}");
    }
}

#[test]
fn job_summary_counts_calls_and_times() {
    passes(
        r#"
        local fs = lithops.map(function(x) if x == 2 then error "x" end lithops.sleep(0.02) return x end, {1, 2, 3})
        fs:wait{throw_except = false}
        local s = lithops.job_summary(fs)
        same(s.calls, 3) same(s.done, 2) same(s.failed, 1)
        assert(s.exec_time >= 0.04 and s.exec_time_max >= 0.02 and s.exec_time_max <= s.exec_time)
        assert(math.abs(s.exec_time_mean - s.exec_time / 3) < 1e-9)
        assert(s.wall_time >= s.exec_time_max)
        "#,
    );
}

#[test]
fn clean_forgets_jobs_and_removes_their_objects() {
    let folder = folder(
        r#"
        local function stored(what)
          local p = io.popen("find " .. here .. "/tmp -type f -path '*/" .. what .. "/*' | wc -l")
          local n = p:read("*n") p:close()
          return n
        end
        -- Too large for a message, and so is its function.
        local long = ("y"):rep(20000)
        local fs = lithops.map(function(x) return ("x"):rep(6e6), #long end, {1, 2})
        fs:wait()
        same(stored("results"), 2) same(stored("functions"), 1)
        lithops.clean()
        same(stored("results"), 0) same(stored("functions"), 1)
        same(lithops.get_result().n, 0)
        lithops.clean{fs = fs, clean_fn = true}
        same(stored("functions"), 0)
        local running = lithops.call_async(function() await(here .. "/never") end)
        lithops.clean()
        same(running.done, false)
        lithops.clean{fs = running, force = true}
        same(running.state, "cancelled")
        local a, b, c = lithops.storage.put_cloudobject("a"), lithops.storage.put_cloudobject("b"), lithops.storage.put_cloudobject("c")
        lithops.clean{cs = a} lithops.clean{cs = {b}}
        same(lithops.storage.get_cloudobject(a), nil) same(lithops.storage.get_cloudobject(b), nil)
        same(lithops.storage.get_cloudobject(c), "c")
        raises("cloud object", lithops.clean, {cs = {7}})
        print 'ok'
        "#,
    );
    let tmp = folder.path().join("tmp");
    std::fs::create_dir(&tmp).unwrap();
    Run::from(command(&folder, &[]).env("TMPDIR", &tmp).output().unwrap()).prints("ok\n");
    // And all the rest goes with the driver.
    assert_eq!(std::fs::read_dir(&tmp).unwrap().count(), 0);
}

#[test]
fn waiting_works_wherever_lua_code_runs() {
    let folder = folder(
        r#"
        local id = function(x) return x end
        local function get(x) return lithops.call_async(id, x):result() end
        local list = {3, 1, 2}
        table.sort(list, function(a, b) return get(a) < get(b) end)
        same(list, {1, 2, 3})
        same((("a b"):gsub("%a", function(c) return get(c:upper()) end)), "A B")
        local co = coroutine.wrap(function(x) coroutine.yield(get(x)) return get(-x) end)
        same(co(7), 7) same(co(), -7)
        same(setmetatable({}, {__index = function(_, key) return get(key) end}).field, "field")
        same(require("waits"), 5)
        for x in function(_, last) if last ~= 2 then return get((last or 0) + 1) end end do same(get(x), x) end
        print 'ok'
        "#,
    );
    folder.write("waits.lua", "return lithops.call_async(function() return 5 end):result()");
    run_in(&folder, &[]).prints("ok\n");
}

#[test]
fn large_results_pass_from_one_executor_to_another() {
    passes(
        r#"
        local a, b = lithops.FunctionExecutor{max_workers = 1}, lithops.FunctionExecutor{max_workers = 1}
        local f = a:map(function(n) return ("x"):rep(n) end, {5 * 2^20, 3})
        same(b:map(function(s) return #s end, f):get_result(), {5 * 2^20, 3})
        "#,
    );
}

#[test]
fn jobs_over_the_same_large_elements_do_not_take_them_from_each_other() {
    passes_with(
        &["-q"],
        r#"
        local data = { ("1"):rep(1500000), ("2"):rep(1500000) }
        local ex = lithops.FunctionExecutor{max_workers = 1}
        local first = ex:map(function(s) lithops.sleep(0.05) return #s end, data, {chunksize = 1})
        local second = ex:map(function(s) return -#s end, data, {chunksize = 1})
        same(ex:get_result(first), {1500000, 1500000})
        same(ex:get_result(second), {-1500000, -1500000})
        -- Nor the function, if that is large.
        local large = ("f"):rep(2 * 2^20)
        local function work(x) lithops.sleep(0.05) return #large + x end
        local done, running = ex:map(work, {1}), nil
        ex:get_result(done)
        running = ex:map(work, {2, 3}, {chunksize = 1})
        ex:clean{fs = done, clean_fn = true}
        same(ex:get_result(running), {2 * 2^20 + 2, 2 * 2^20 + 3})
        "#,
    );
}
