use crate::aws::Aws;
use crate::support::Folder;

#[test]
fn a_pipeline_runs_as_it_does_here() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local factor = 3
        local fs = lithops.map(function(x, y) return x * factor + y end, lithops.range(20), {extra_args = {1}})
        local r = lithops.get_result(fs)
        for i = 1, 20 do same(r[i], 3 * i + 1) end
        same(fs[3].state, "done")
        local stats = fs[3].stats
        assert(stats.worker_billed_ms >= 1 and stats.worker_peak_memory_mb >= 1)
        assert(stats.worker_func_start_tstamp >= stats.host_submit_tstamp)
        same(lithops.call_async(function(t) return t.a, lithops.is_worker end, {a = "x"}):result(), "x")
        same(lithops.get_result(lithops.map_reduce(function(x) return x end, {1, 2, 3}, function(list)
          local sum = 0 for _, x in ipairs(list) do sum = sum + x end return sum
        end)), 6)
        "#,
    );
    assert_eq!(aws.requests("lambda:CreateFunction"), 1);
    // The bucket is made with the function; small values do not go through it.
    let objects = ["PutObject", "GetObject", "ListObjectsV2"].map(|operation| aws.requests(&format!("s3:{operation}")));
    assert_eq!(objects, [0; 3], "{:?}", aws.emulator.record().requests);
}

#[test]
fn a_second_driver_finds_the_function() {
    let aws = Aws::new();
    let script = "same(lithops.call_async(function() return 1 end):result(), 1)";
    aws.passes(script);
    aws.passes(script);
    assert_eq!(aws.requests("lambda:CreateFunction"), 1);
    assert_eq!(aws.requests("lambda:UpdateFunctionCode"), 0);
    assert_eq!(aws.emulator.record().environments_started, 1);
}

#[test]
fn prints_logs_arguments_environment_and_modules() {
    let aws = Aws::new();
    aws.configure("", "env_vars: {MODEL: small}");
    aws.folder.write("scale.lua", "return function(x) return 10 * x end");
    let run = aws.script(
        r#"
        local scale = require "scale"
        local fs = lithops.map(function(x)
          print("call " .. lithops.call.id)
          assert(lithops.call.remaining_ms() > 1000)
          return scale(x), os.getenv("EXTRA"), os.getenv("MODEL")
        end, {1, 2}, {extra_env = {EXTRA = "e"}, chunksize = 1})
        same({fs[2]:result()}, {20, "e", "small"})
        same(fs:get_result(), {10, 20})
        same(fs[1].stats.logs, "call 00000\n")
        print "ok"
        "#,
    );
    assert_eq!((run.out.as_str(), run.code), ("ok\n", Some(0)), "{run:?}");
    assert!(run.err.contains("[M000/00001] call 00001"), "{run:?}");
}

#[test]
fn errors_timeouts_retries_and_cancelled_calls() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local fs = lithops.map(function(x)
          if x == 2 then error({code = 7}) end
          if x == 3 then while true do end end
          if x == 4 and lithops.call.attempt < 2 then error "once more" end
          return x
        end, {1, 2, 3, 4}, {timeout = 5, retries = 1, chunksize = 1})
        local r = fs:get_result{throw_except = false}
        same(r[1], 1) same(r[4], 4)
        same(r[2].kind, "lua_error") same(r[2].value.code, 7)
        same(r[3].kind, "timeout")
        assert(r[3].message:find("5 s", 1, true), r[3].message)
        local f = lithops.call_async(function() lithops.sleep(60) end)
        assert(f:cancel())
        same(f.state, "cancelled")
        "#,
    );
}

#[test]
fn futures_are_chained_and_storage_is_shared() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local first = lithops.map(function(x)
          lithops.storage.put_object(nil, "in/" .. x, ("v"):rep(x))
          return x
        end, {1, 2, 3})
        local second = lithops.map(function(x) return #lithops.storage.get_object(nil, "in/" .. x) * 10 end, first)
        same(lithops.get_result(second), {10, 20, 30})
        same(lithops.storage.backend, "aws_s3")
        same(#lithops.storage.list_keys(nil, "in/"), 3)
        "#,
    );
}

#[test]
fn two_kinds_of_memory_are_two_functions() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local fs = {}
        for i, mb in ipairs{256, 512} do
          fs[i] = lithops.call_async(function() return os.getenv "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" end, nil, {runtime_memory = mb})
        end
        same(fs[1]:result(), "256") same(fs[2]:result(), "512")
        "#,
    );
    assert_eq!(aws.requests("lambda:CreateFunction"), 2);
}

#[test]
fn the_executor_of_a_script_chooses_the_backend() {
    let aws = Aws::new();
    aws.folder.write(".lithops_config", format!("aws_lambda: {{execution_role: '{}'}}\n", crate::emulator::ROLE));
    aws.passes(
        r#"
        local where = function() return os.getenv "AWS_LAMBDA_FUNCTION_NAME" end
        local cloud = lithops.ServerlessExecutor{}
        assert(cloud:call_async(where):result():find "^lithops%-lua%-")
        same(lithops.call_async(where):result(), "lithops-lua")
        "#,
    );
}

/// The scripts of the repository give the same output on both backends, but for how long they took.
#[test]
fn the_scripts_print_the_same() {
    let aws = Aws::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["errors_and_nesting.lua", "pi.lua", "word_count.lua"] {
        let script = root.join("scripts").join(name);
        let here = Folder::new().run(&[script.to_str().unwrap()]);
        let there = aws.run(&[script.to_str().unwrap()]);
        assert_eq!((untimed(&there.out), there.code), (untimed(&here.out), Some(0)), "{name}: {there:?}");
    }
}

/// A text without its times: `0.38 s`.
fn untimed(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let is_time =
        |index: usize| words.get(index + 1).is_some_and(|next| next.trim_end_matches([',', '\n', ';']) == "s");
    let kept = words.iter().enumerate().filter(|(index, _)| !is_time(*index)).map(|(_, word)| *word);
    kept.collect::<Vec<_>>().join(" ")
}
