use crate::jobs::passes;

#[test]
fn neither_many_short_calls_nor_few_long_ones_suffer() {
    passes(
        r#"
        local function timed(f) local t = lithops.time() f() return lithops.time() - t end
        lithops.call_async(function() end):result()
        local one = timed(function() lithops.call_async(function() lithops.sleep(0.2) end):result() end)
        local ten = timed(function() lithops.map(function() lithops.sleep(0.2) end, lithops.range(10)):get_result() end)
        -- Two at a time: five rounds; one at a time would be ten.
        assert(ten < 8 * one, ten / one)
        local single = timed(function() lithops.map(function() end, lithops.range(500), {chunksize = 1}):wait() end) / 500
        local many = timed(function() lithops.map(function() end, lithops.range(100000)):wait() end) / 100000
        assert(many < single / 5, single / many)
        "#,
    );
}

#[test]
fn calls_that_turn_slow_do_not_stay_on_one_worker() {
    passes(
        r#"
        -- Many short ones first, so that chunks grow; the last 10 are slow.
        local fs = lithops.map(function(x) if x > 20000 then lithops.sleep(0.1) end end, lithops.range(20010))
        fs:wait()
        local workers, count = {}, 0
        for i = 20001, 20010 do
          local w = fs[i].stats.worker
          if not workers[w] then workers[w] = true count = count + 1 end
        end
        same(count, 2)
        "#,
    );
}
