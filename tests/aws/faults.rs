use crate::aws::Aws;
use crate::emulator::Knobs;

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
    // A worker is killed at every twentieth invocation: that it happens to the same call four times is one in 160,000.
    aws.configure("platform_retries: 3, stream_logs: false", "max_workers: 24");
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
