use crate::jobs::passes;

#[test]
fn neither_many_short_calls_nor_few_long_ones_suffer() {
    passes(
        r#"
        local function timed(f) local t = lithops.time() f() return lithops.time() - t end
        -- Both workers are there.
        local function meet(x) append(here .. "/here" .. x, "x") await(here .. "/here" .. 3 - x) end
        lithops.map(meet, {1, 2}, {chunksize = 1}):wait()
        local first, last, sum = math.huge, 0, 0
        local fs = lithops.map(function() lithops.sleep(0.2) end, lithops.range(10))
        fs:wait()
        for i = 1, 10 do
          local from, to = fs[i].stats.worker_func_start_tstamp, fs[i].stats.worker_func_end_tstamp
          first, last, sum = math.min(first, from), math.max(last, to), sum + to - from
        end
        -- Two at a time: what they take in all is twice the time that it takes.
        assert(sum > 1.4 * (last - first), sum / (last - first))
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
        -- Both workers are there.
        local function meet(x) append(here .. "/here" .. x, "x") await(here .. "/here" .. 3 - x) end
        lithops.map(meet, {1, 2}, {chunksize = 1}):wait()
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
