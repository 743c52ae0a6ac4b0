use std::process::{Child, Stdio};

use crate::aws::Aws;
use crate::emulator::Knobs;
use crate::jobs::{wait_until, with_prelude};
use crate::support::Run;

fn storage_mode(aws_lambda: &str) -> Aws {
    let aws = Aws::new();
    aws.configure("monitoring: storage, monitoring_interval: 0.1", aws_lambda);
    aws
}

#[test]
fn answers_through_storage_are_the_same() {
    let aws = storage_mode("");
    let run = aws.script(
        r#"
        local fs = lithops.map(function(x)
          print("call " .. x)
          if x == 3 then error "three" end
          return ("r"):rep(x), x
        end, lithops.range(8), {chunksize = 1})
        local r = fs:get_result{throw_except = false}
        for x = 1, 8 do if x ~= 3 then same(r[x], ("r"):rep(x)) end end
        same(r[3].kind, "lua_error")
        same(fs[5].stats.logs, "call 5\n")
        same(select(2, fs[5]:result()), 5)
        print "ok"
        "#,
    );
    assert_eq!((run.out.as_str(), run.code), ("ok\n", Some(0)), "{run:?}");
    assert!(run.err.contains("[M000/00004] call 5"), "{run:?}");
    let record = aws.emulator.record();
    assert!(record.invocations.len() == 8 && record.invocations.iter().all(|invoked| invoked.kind == "Event"));
    assert_eq!(aws.objects(), Vec::<String>::new());
}

#[test]
fn prints_and_states_are_seen_while_a_call_runs() {
    let aws = storage_mode("");
    aws.passes(
        r#"
        local f = lithops.call_async(function()
          append(here .. "/begun", "x")
          await(here .. "/go")
          return 1
        end)
        local deadline = lithops.time() + 30
        while f.state ~= "running" do assert(lithops.time() < deadline, f.state) lithops.sleep(0.01) end
        append(here .. "/go", "x")
        same(f:result(), 1)
        "#,
    );
}

#[test]
fn a_worker_that_crashes_is_missed_and_its_calls_run_elsewhere() {
    let aws = storage_mode("");
    aws.passes(
        r#"
        local fs = lithops.map(function(x)
          append(here .. "/call" .. x, "x")
          if x == 2 and lithops.call.attempt == 1 then await(here .. "/go") os.exit(3) end
          return x
        end, {1, 2, 3}, {chunksize = 3})
        fs[1]:result()
        append(here .. "/go", "x")
        same(fs:get_result(), {1, 2, 3})
        same(#read(here .. "/call1"), 1)
        same(#read(here .. "/call2"), 2)
        "#,
    );
}

#[test]
fn large_requests_become_small_events() {
    let aws = storage_mode("");
    aws.passes(
        r#"
        local big = ("f"):rep(300000)
        local r = lithops.map(function(text, extra) return #text + #extra + #big end, {("a"):rep(2e6), "b"},
          {chunksize = 1, extra_args = {("e"):rep(200000)}}):get_result()
        same(r, {2500000, 500001})
        "#,
    );
    let record = aws.emulator.record();
    assert!(record.invocations.iter().all(|invoked| invoked.payload_bytes < 1 << 20));
    assert_eq!(record.errors.get("RequestEntityTooLargeException"), None);
}

#[test]
fn a_function_starts_all_the_others() {
    let aws = Aws::with(Knobs { latency_ms: 5, ..Knobs::default() });
    aws.configure("monitoring_interval: 0.1", "remote_invoker: true, max_workers: 50");
    aws.passes(
        r#"
        local r = lithops.map(function(x) return x end, lithops.range(50), {chunksize = 1}):get_result()
        for x = 1, 50 do same(r[x], x) end
        "#,
    );
    let record = aws.emulator.record();
    let of = |kind: &str| record.invocations.iter().filter(|invoked| invoked.kind == kind).count();
    assert_eq!(of("Event"), 50);
    // The driver itself sent a few requests with many of them in each.
    assert!((1..=10).contains(&of("RequestResponse")), "{}", of("RequestResponse"));
    assert_eq!(of("ResponseStream"), 0);
}

fn start(aws: &Aws, script: &str, err: Stdio) -> Child {
    aws.folder.write("pipeline.lua", with_prelude(script));
    let mut command = aws.command(&["pipeline.lua", aws.folder.path().to_str().unwrap()]);
    command.stdout(Stdio::piped()).stderr(err).spawn().unwrap()
}

/// Whoever cannot look does not know that a worker is silent.
#[test]
fn a_worker_is_not_missed_while_nobody_can_look() {
    let aws = storage_mode("");
    let driver = start(
        &aws,
        r#"
        local f = lithops.call_async(function()
          append(here .. "/ran", "x")
          await(here .. "/go")
          return 7
        end)
        while f.state ~= "running" do lithops.sleep(0.01) end
        append(here .. "/heard", "x")
        same(f:result(), 7)
        same(read(here .. "/ran"), "x")
        print "ok"
        "#,
        Stdio::piped(),
    );
    wait_until("the call begins", || aws.folder.path().join("heard").exists());
    aws.emulator.turn(|knobs| knobs.denied = vec!["s3:ListBucket".into()]);
    // More looks than fit into the time after which a silent worker is lost, 6.2 s.
    let looks = aws.requests("s3:ListObjectsV2");
    wait_until("looks in vain", || aws.requests("s3:ListObjectsV2") >= looks + 75);
    aws.emulator.turn(|knobs| knobs.denied.clear());
    let looks = aws.requests("s3:ListObjectsV2");
    wait_until("looks", || aws.requests("s3:ListObjectsV2") >= looks + 5);
    aws.folder.write("go", "");
    let run: Run = driver.wait_with_output().unwrap().into();
    assert_eq!((run.out.as_str(), run.code), ("ok\n", Some(0)), "{run:?}");
    assert_eq!(aws.emulator.record().invocations.len(), 1);
}

/// A worker that cannot write fails where AWS sees it, and the user hears where to look.
#[test]
fn answers_that_never_come_are_told() {
    let aws = storage_mode("runtime_timeout: 5");
    aws.emulator.turn(|knobs| knobs.denied = vec!["s3:PutObject".into()]);
    let said = aws.folder.path().join("said");
    let err = std::fs::File::create(&said).unwrap();
    let mut driver = start(&aws, "lithops.call_async(function() lithops.sleep(1) end):result()", err.into());
    let is_told = || {
        let said = std::fs::read_to_string(&said).unwrap();
        said.contains("nothing is heard of 1 of the invocations") && said.contains("/aws/lambda/lithops-lua-")
    };
    wait_until("a word to the user", is_told);
    driver.kill().unwrap();
    driver.wait().unwrap();
    let invocations = aws.emulator.record().invocations;
    assert_eq!(invocations[0].error.as_deref(), Some("Runtime.ExitError"), "{invocations:?}");
    // The driver made the bucket, though nobody could put anything into it.
    assert_eq!(aws.requests("s3:CreateBucket"), 1);
}
