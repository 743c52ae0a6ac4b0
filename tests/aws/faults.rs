use std::process::Stdio;

use crate::aws::Aws;
use crate::emulator::Knobs;
use crate::jobs::wait_until;

/// Of each kind of fault 5%: refused, failed, cut, killed.
#[test]
fn a_job_of_5000_calls_comes_through_all_faults() {
    let aws = Aws::with(Knobs {
        seed: 7,
        throttle: 0.05,
        server_error: 0.05,
        cut_answer: 0.05,
        kill_worker: 0.05,
        keep_payloads: false,
        ..Knobs::default()
    });
    // A worker is killed at every twentieth invocation: that it happens to one of a thousand six times is one in 60,000.
    aws.configure("platform_retries: 5, stream_logs: false", "max_workers: 24");
    aws.passes(
        r#"
        local fs = lithops.map(function(x)
          if x % 25 == 0 then lithops.sleep(0.01) end
          return x * 2
        end, lithops.range(5000), {chunksize = 5})
        local r = fs:get_result()
        same(#r, 5000)
        for x = 1, 5000 do same(r[x], 2 * x) end
        for x = 1, 5000, 100 do same(fs[x].state, "done") end
        "#,
    );
    let record = aws.emulator.record();
    let errors = |code: &str| record.errors.get(code).copied().unwrap_or_default();
    assert!(errors("TooManyRequestsException") >= 20 && errors("ServiceException") >= 20, "{:?}", record.errors);
    assert!(record.cut >= 20 && record.killed >= 20, "{} cut, {} killed", record.cut, record.killed);
}

/// More invocations than the budget of retries has room for lose their connections at once.
#[test]
fn a_network_that_fails_for_a_moment_loses_no_call() {
    let aws = Aws::new();
    aws.configure("stream_logs: false", "max_workers: 150");
    aws.folder.write(
        "pipeline.lua",
        crate::jobs::with_prelude(
            r#"
            same(lithops.call_async(function() return 1 end):result(), 1)
            append(here .. "/begun", "x")
            await(here .. "/go")
            local r = lithops.map(function(x) lithops.sleep(0.01) return x end, lithops.range(150), {chunksize = 1})
              :get_result()
            for x = 1, 150 do same(r[x], x) end
            print "ok"
            "#,
        ),
    );
    let mut command = aws.command(&["pipeline.lua", aws.folder.path().to_str().unwrap()]);
    let driver = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the first call", || aws.folder.path().join("begun").exists());
    aws.emulator.turn(|knobs| knobs.cut_answer = 1.0);
    aws.folder.write("go", "");
    wait_until("150 cuts", || aws.emulator.record().cut >= 150);
    aws.emulator.turn(|knobs| knobs.cut_answer = 0.0);
    let run: crate::support::Run = driver.wait_with_output().unwrap().into();
    assert_eq!((run.out.as_str(), run.code), ("ok\n", Some(0)), "{run:?}");
}
