use crate::aws::Aws;
use crate::emulator::Knobs;

/// Of 20 calls in one invocation, call 7 ends its worker with `crash`. Only that one fails.
fn one_call_is_lost(aws: &Aws, crash: &str, kind: &str, words: &str) {
    aws.passes(&format!(
        r#"
        local ffi = require "ffi"
        local fs = lithops.map(function(x)
          append(here .. "/call" .. x, "x")
          if x == 7 then {crash} end
          return x
        end, lithops.range(20), {{chunksize = 20}})
        local r = fs:get_result{{throw_except = false}}
        for x = 1, 20 do if x ~= 7 then same(r[x], x) end end
        same(r[7].kind, "{kind}")
        assert(r[7].message:find("{words}", 1, true), r[7].message)
        same(fs[7].state, "failed")
        same(lithops.map(function(x) return x end, {{1, 2}}):get_result(), {{1, 2}})
        "#
    ));
}

#[test]
fn a_worker_that_exits_loses_one_call() {
    let aws = Aws::new();
    aws.configure("platform_retries: 0", "");
    one_call_is_lost(&aws, "io.stderr:write('last words\\n') os.exit(3)", "worker_lost", "exit status 3");
}

#[test]
fn a_call_that_ended_before_a_crash_is_not_taken_for_its_cause() {
    let aws = Aws::new();
    aws.configure("platform_retries: 0", "");
    aws.passes(
        r#"
        -- Of the fifth call is heard that it began, and of no other.
        local fs = lithops.map(function(x)
          if x == 5 then lithops.sleep(0.1) end
          if x == 7 then os.exit(3) end
          return x
        end, lithops.range(20), {chunksize = 20})
        local r = fs:get_result{throw_except = false}
        for x = 1, 20 do if x ~= 7 then same(r[x], x) end end
        same(r[7].kind, "worker_lost")
        "#,
    );
}

#[test]
fn a_crash_is_told_with_what_it_cost_and_the_end_of_the_log() {
    let aws = Aws::new();
    aws.configure("platform_retries: 0", "");
    aws.passes(
        r#"
        local f = lithops.call_async(function() io.stderr:write("last words\n") os.exit(3) end)
        local err = raises("exit status 3", function() f:result() end)
        assert(err.message:find("billed %d+ ms; %d+ of 256 MB used"), err.message)
        assert(f.stats.logs:find("last words", 1, true), f.stats.logs)
        assert(f.stats.worker_billed_ms >= 1)
        "#,
    );
}

#[test]
fn a_crash_is_tried_again() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local f = lithops.call_async(function()
          if lithops.call.attempt == 1 then os.exit(3) end
          return lithops.call.attempt
        end)
        same(f:result(), 2)
        "#,
    );
}

#[test]
fn an_invocation_that_runs_past_its_time() {
    let aws = Aws::new();
    aws.configure("", "runtime_timeout: 2");
    one_call_is_lost(&aws, "while true do end", "timeout", "runtime_timeout");
}

#[test]
fn memory_that_runs_out_outside_of_lua() {
    let aws = Aws::new();
    aws.configure("", "runtime_memory: 128");
    one_call_is_lost(
        &aws,
        "pcall(ffi.cdef, 'void *malloc(size_t); void *memset(void *, int, size_t);') \
         for _ = 1, 4096 do ffi.C.memset(ffi.C.malloc(1048576), 1, 1048576) end lithops.sleep(3600)",
        "out_of_memory",
        "128 MB",
    );
}

#[test]
fn memory_that_runs_out_in_lua() {
    let aws = Aws::new();
    aws.configure("", "runtime_memory: 128");
    one_call_is_lost(&aws, "local t = {} for i = 1, 1e9 do t[i] = {i} end", "out_of_memory", "runtime_memory");
}

#[test]
fn no_more_invocations_at_a_time_than_max_workers() {
    let aws = Aws::with(Knobs { latency_ms: 20, ..Knobs::default() });
    aws.configure("", "max_workers: 3");
    aws.passes(
        r#"
        local one = lithops.map(function(x) lithops.sleep(0.02) return x end, lithops.range(12), {chunksize = 1})
        local two = lithops.map(function(x) lithops.sleep(0.02) return x end, lithops.range(12), {chunksize = 1})
        same(#one:get_result(), 12) same(#two:get_result(), 12)
        "#,
    );
    assert_eq!(aws.emulator.record().max_concurrent, 3);
}

#[test]
fn the_accounts_concurrency_is_learned_and_not_hammered() {
    let aws = Aws::with(Knobs { account_concurrency: 4, ..Knobs::default() });
    aws.passes(
        r#"
        local r = lithops.map(function(x) lithops.sleep(0.05) return x end, lithops.range(60), {chunksize = 1}):get_result()
        for x = 1, 60 do same(r[x], x) end
        "#,
    );
    let record = aws.emulator.record();
    assert_eq!(record.max_concurrent, 4);
    let refused = record.errors.get("TooManyRequestsException").copied().unwrap_or_default();
    // 60 at once at first; afterwards only now and then, to see whether there is more.
    assert!(refused <= 60 + 30, "{refused} refusals for 60 invocations");
}

#[test]
fn a_function_that_is_deleted_while_a_job_runs_is_made_again() {
    let aws = Aws::new();
    aws.configure("", "max_workers: 2");
    let run = aws.script(
        r#"
        lithops.call_async(function() return 1 end):result()
        local f = assert(io.popen("LITHOPS_CONFIG_FILE=" .. here .. "/.lithops_config " .. arg[-1] .. " runtime delete --all --yes 2>&1"))
        local said = f:read "*a" f:close()
        local r = lithops.map(function(x) return x end, {1, 2, 3}, {chunksize = 1}):get_result()
        same(r, {1, 2, 3})
        print "ok"
        "#,
    );
    assert_eq!((run.out.as_str(), run.code), ("ok\n", Some(0)), "{run:?}");
    assert!(run.err.contains("deleted while a job ran"), "{run:?}");
    assert_eq!(aws.requests("lambda:CreateFunction"), 2);
}

#[test]
fn a_region_without_streams_falls_back_to_storage_and_says_so() {
    let aws = Aws::with(Knobs { response_streaming: false, ..Knobs::default() });
    aws.configure("monitoring_interval: 0.1", "");
    let run = aws.script(
        r#"
        local r = lithops.map(function(x) return x * 2 end, lithops.range(10)):get_result()
        for x = 1, 10 do same(r[x], 2 * x) end
        print "ok"
        "#,
    );
    assert_eq!((run.out.as_str(), run.code), ("ok\n", Some(0)), "{run:?}");
    assert_eq!(run.err.matches("does not stream").count(), 1, "{run:?}");
}

/// Each mistake is one sentence with a remedy, without the SDK's own words, and ends the script with code 1.
#[track_caller]
fn one_sentence(aws: &Aws, words: &[&str]) {
    let run = aws.script("lithops.map(function(x) return x end, {1, 2, 3}):get_result()");
    assert_eq!(run.code, Some(1), "{run:?}");
    // What is logged while AWS is waited for comes before it.
    let first = run.err.lines().find(|line| line.starts_with("lithops-lua: ")).unwrap_or_default();
    for word in words {
        assert!(first.contains(word), "`{word}` is missing in {first}");
    }
    for debris in ["SdkError", "ServiceError", "DispatchFailure", "Unhandled(", " source:", "Error { ", "ErrorMetadata"]
    {
        assert!(!run.err.contains(debris), "{debris} in {run:?}");
    }
}

#[test]
fn credentials_that_have_expired() {
    let aws = Aws::with(Knobs { credentials_expired: true, ..Knobs::default() });
    one_sentence(&aws, &["credentials have expired", "aws sso login"]);
}

#[test]
fn credentials_that_expire_while_a_job_runs_lose_nothing_that_was_finished() {
    let aws = Aws::new();
    aws.configure("", "max_workers: 1");
    aws.folder.write(
        "pipeline.lua",
        crate::jobs::with_prelude(
            r#"
            local fs = lithops.map(function(x)
              append(here .. "/begun" .. x, "x")
              await(here .. "/go")
              return x
            end, {1, 2, 3}, {chunksize = 1})
            local r = fs:get_result{throw_except = false}
            same(r[1], 1)
            for x = 2, 3 do
              assert(r[x].message:find("credentials have expired", 1, true), r[x].message)
              assert(not exists(here .. "/begun" .. x))
            end
            print "ok"
            "#,
        ),
    );
    let begun = aws.folder.path().join("begun1");
    let mut command = aws.command(&["pipeline.lua", aws.folder.path().to_str().unwrap()]);
    let driver = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !begun.exists() {
        assert!(std::time::Instant::now() < deadline, "no call begins");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    aws.emulator.turn(|knobs| knobs.credentials_expired = true);
    aws.folder.write("go", "");
    let run: crate::support::Run = driver.wait_with_output().unwrap().into();
    assert_eq!((run.out.as_str(), run.code), ("ok\n", Some(0)), "{run:?}");
}

#[test]
fn no_credentials() {
    let aws = Aws::new();
    aws.folder.write("pipeline.lua", "lithops.call_async(function() end):result()");
    let mut command = aws.command(&["pipeline.lua"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let run: crate::support::Run = command.output().unwrap().into();
    let first = run.err.lines().next().unwrap_or_default();
    assert!(run.code == Some(1) && first.contains("no AWS credentials"), "{run:?}");
    assert!(first.contains("aws configure") && !run.err.contains("CredentialsNotLoaded"), "{run:?}");
}

#[test]
fn no_region() {
    let aws = Aws::new();
    aws.folder.write("pipeline.lua", "lithops.call_async(function() end):result()");
    let mut command = aws.command(&["pipeline.lua"]);
    command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    let run: crate::support::Run = command.output().unwrap().into();
    assert!(run.code == Some(1) && run.err.contains("aws.region") && run.err.contains("AWS_REGION"), "{run:?}");
}

#[test]
fn a_role_that_does_not_exist() {
    let aws = Aws::with(Knobs { missing_roles: vec!["lithops-execution-role".into()], ..Knobs::default() });
    one_sentence(&aws, &["role", "execution_role"]);
}

#[test]
fn a_region_that_is_not_the_servers() {
    let aws = Aws::new();
    aws.folder.write(
        ".lithops_config",
        format!(
            "lithops: {{backend: aws_lambda}}\naws: {{region: eu-west-1}}\naws_lambda: {{execution_role: '{}'}}\n",
            crate::emulator::ROLE
        ),
    );
    one_sentence(&aws, &["another region", "aws.region"]);
}

#[test]
fn nobody_answers() {
    let aws = Aws::new();
    aws.folder.write("pipeline.lua", "lithops.call_async(function() end):result()");
    let mut command = aws.command(&["pipeline.lua"]);
    // Nothing listens there: the port is the one of tcpmux.
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let run: crate::support::Run = command.output().unwrap().into();
    let first = run.err.lines().next().unwrap_or_default();
    assert!(run.code == Some(1) && first.contains("cannot be reached"), "{run:?}");
    assert!(first.contains("check the network, and that there is a region `us-east-1`"), "{run:?}");
}

/// What AWS does not take is told by the call that it is about, and the others come to their ends.
#[test]
fn a_payload_that_is_too_large() {
    let aws = Aws::with(Knobs { payload_bytes: 20_000, ..Knobs::default() });
    aws.passes(
        r#"
        local r = lithops.map(function(text) return #text end, {"a", ("b"):rep(50000), "c"}, {chunksize = 1})
          :get_result{throw_except = false}
        same(r[1], 1) same(r[3], 1)
        same(r[2].kind, "unsendable")
        assert(r[2].message:find("put_cloudobject", 1, true), r[2].message)
        "#,
    );
}

/// The SDK repeats nothing by itself: each of our attempts is one request.
#[test]
fn a_server_that_always_fails_is_asked_so_often_and_no_more() {
    let aws = Aws::with(Knobs { server_error: 1.0, ..Knobs::default() });
    aws.passes(
        r#"
        local err = raises("try again", function() lithops.call_async(function() end):result() end)
        same(err.kind, "start_failed")
        "#,
    );
    assert_eq!(aws.requests("lambda:InvokeWithResponseStream"), 8);
}

#[test]
fn a_clock_that_is_off() {
    let aws = Aws::with(Knobs { clock_offset_s: 3600, ..Knobs::default() });
    let run = aws.script("same(lithops.call_async(function() return 5 end):result(), 5) print 'ok'");
    // The SDK may correct for it; if it cannot, the clock is what is blamed.
    assert!(run.out == "ok\n" || run.err.contains("clock"), "{run:?}");
}

#[test]
fn a_permission_that_is_missing() {
    let aws = Aws::with(Knobs { denied: vec!["lambda:CreateFunction".into()], ..Knobs::default() });
    one_sentence(&aws, &["access denied", "aws policy"]);
}

#[test]
fn a_bucket_of_somebody_else_keeps_what_was_finished() {
    let aws = Aws::with(Knobs { foreign_buckets: vec!["taken".into()], ..Knobs::default() });
    aws.folder.write(
        ".lithops_config",
        format!(
            "lithops: {{backend: aws_lambda}}\naws_lambda: {{execution_role: '{}'}}\naws_s3: {{storage_bucket: taken}}\n",
            crate::emulator::ROLE
        ),
    );
    aws.passes(
        r#"
        local r = lithops.map(function(x) return x == 2 and ("x"):rep(5e6) or x end, {1, 2, 3}):get_result{throw_except = false}
        same(r[1], 1) same(r[3], 3)
        same(r[2].kind, "storage")
        assert(r[2].message:find("taken", 1, true), r[2].message)
        "#,
    );
}
