use crate::aws::Aws;
use crate::emulator::Knobs;

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
          if x == 2 and lithops.call.attempt == 1 then lithops.sleep(0.5) os.exit(3) end
          return x
        end, {1, 2, 3}, {chunksize = 3})
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
