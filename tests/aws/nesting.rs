use crate::aws::Aws;
use crate::emulator::Knobs;

#[test]
fn a_function_starts_jobs_with_its_own_function_and_the_roles_credentials() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local function fib(n)
          if n < 2 then return n end
          local r = lithops.get_result(lithops.map(fib, {n - 1, n - 2}))
          return r[1] + r[2]
        end
        same(lithops.call_async(fib, 5):result(), 5)
        local outer = lithops.map(function(x) return lithops.map(function(y) return x * y end, {1, 2}) end, {10, 20})
        same(outer:get_result(), {{10, 20}, {20, 40}})
        "#,
    );
    assert_eq!(aws.requests("lambda:CreateFunction"), 1);
}

#[test]
fn a_nested_job_without_concurrency_says_so() {
    let aws = Aws::with(Knobs { account_concurrency: 2, ..Knobs::default() });
    aws.passes(
        r#"
        local fs = lithops.map(function(x)
          lithops.sleep(1)
          return lithops.call_async(function() return x end):result()
        end, {1, 2}, {chunksize = 1})
        local r = fs:get_result{throw_except = false}
        local starved = 0
        for _, value in ipairs(r) do
          if type(value) == "table" then
            same(value.kind, "throttled")
            assert(value.message:find("concurrency", 1, true), value.message)
            starved = starved + 1
          end
        end
        assert(starved >= 1)
        "#,
    );
}

#[test]
fn a_future_of_the_driver_is_refused_clearly() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local first = lithops.call_async(function() return 1 end)
        local err = raises("cannot reach its driver", function()
          return lithops.call_async(function() return first:result() end):result()
        end)
        assert(err.message:find("lithops.map(fn, futures)", 1, true), err.message)
        "#,
    );
}

#[test]
fn several_calls_at_a_time_in_one_instance() {
    let aws = Aws::new();
    aws.configure("stream_logs: false", "worker_processes: 4, max_workers: 1");
    aws.passes(
        r#"
        local fs = lithops.map(function(x)
          append(here .. "/in", "x")
          -- Only where all four run at the same time does anybody see four beginnings.
          local deadline = lithops.time() + 30
          while #read(here .. "/in") < 4 do
            assert(lithops.time() < deadline, "not at the same time")
            lithops.sleep(0.005)
          end
          print("this is " .. x)
          return x
        end, {1, 2, 3, 4})
        same(fs:get_result(), {1, 2, 3, 4})
        for x = 1, 4 do same(fs[x].stats.logs, "this is " .. x .. "\n") end
        "#,
    );
    assert_eq!(aws.emulator.record().max_concurrent, 1);
}

#[test]
fn a_call_that_times_out_beside_others_takes_none_with_it() {
    let aws = Aws::new();
    aws.configure("", "worker_processes: 3, max_workers: 1");
    aws.passes(
        r#"
        local r = lithops.map(function(x)
          if x == 2 then while true do end end
          lithops.sleep(x == 5 and 0.5 or 0.01)
          return x
        end, lithops.range(9), {timeout = 5}):get_result{throw_except = false}
        for x = 1, 9 do
          if x == 2 then same(r[x].kind, "timeout") else same(r[x], x) end
        end
        "#,
    );
}

/// Large functions and results of jobs in jobs: the driver removes them with its own.
#[test]
fn what_nested_jobs_left_in_storage_is_removed() {
    for monitoring in ["stream", "storage"] {
        let aws = Aws::new();
        aws.configure(&format!("monitoring: {monitoring}, monitoring_interval: 0.1"), "");
        aws.passes(
            r#"
            local big = ("x"):rep(1e6)
            local function outer(x)
              return #lithops.map(function(y) return ("y"):rep(5e6), #big end, {x, x}):get_result()
            end
            same(lithops.map(outer, {1, 2}, {chunksize = 1}):get_result(), {2, 2})
            "#,
        );
        assert_eq!(aws.objects(), Vec::<String>::new(), "{monitoring}");
    }
}
