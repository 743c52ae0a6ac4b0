//! `map_reduce`: which results reach which reducer, when it starts, and which way large ones go.

use crate::jobs::{folder, passes, run_in};
use crate::places::{Place, everywhere};

everywhere! {
    one_reducer_for_all_objects_or_one_for_each
}

fn one_reducer_for_all_objects_or_one_for_each(place: &Place) {
    place.passes(
        r#"
        for i = 1, 5 do s:put_object(nil, "k" .. i, ("line\n"):rep(10 * i)) end
        s:put_object(nil, "k0", "")
        local function count(obj) local n = 0 for _ in obj:lines() do n = n + 1 end return { key = obj.key, n = n } end
        local function sum(parts)
          local sum = { n = 0, parts = parts.n, keys = "" }
          for _, part in ipairs(parts) do
            sum.n = sum.n + part.n
            if not sum.keys:find(part.key) then sum.keys = sum.keys .. part.key end
          end
          return sum
        end
        local all = lithops.map_reduce(count, at, sum, { obj_chunk_size = 60 })
        -- 0, 50, 100, 150, 200, 250 bytes.
        same(#all, 1 + 1 + 2 + 3 + 4 + 5 + 1)
        same(all:get_result(), { n = 150, parts = 16, keys = "k0k1k2k3k4k5" })
        local each = lithops.map_reduce(count, at, sum, { obj_chunk_size = 60, obj_reduce_by_key = true })
        same(#each, 16 + 6)
        same(each:get_result(), {
          { n = 0, parts = 1, keys = "k0" }, { n = 10, parts = 1, keys = "k1" }, { n = 20, parts = 2, keys = "k2" },
          { n = 30, parts = 3, keys = "k3" }, { n = 40, parts = 4, keys = "k4" }, { n = 50, parts = 5, keys = "k5" },
        })
        same(each[17]:result().keys, "k0")
        -- In the order in which they are named, each time that they are.
        same(lithops.map_reduce(count, { at .. "k3", at .. "k1", at .. "k3" }, sum, { obj_reduce_by_key = true }):get_result(),
          { { n = 30, parts = 1, keys = "k3" }, { n = 10, parts = 1, keys = "k1" }, { n = 30, parts = 1, keys = "k3" } })
        same(lithops.map_reduce(count, at .. "k1", sum, { obj_reduce_by_key = true }):get_result().n, 10)
        raises("option `obj_reduce_by_key` is for stored objects as input", lithops.map_reduce, count, { 1 }, sum,
          { obj_reduce_by_key = true })
        -- Results that were not asked for are given by the executor.
        lithops.map_reduce(count, at .. "k[12]", sum, { obj_reduce_by_key = true })
        same(lithops.get_result(), { { n = 10, parts = 1, keys = "k1" }, { n = 20, parts = 1, keys = "k2" } })
        "#,
    );
}

#[test]
fn without_objects_there_is_no_reducer_for_each() {
    passes(
        r#"
        local function count(obj) return 1 end
        local function sum(parts) return parts.n end
        local each = lithops.map_reduce(count, lithops.objects({}), sum, { obj_reduce_by_key = true })
        same(#each, 0)
        local results = each:get_result()
        same({ type(results), results.n }, { "table", 0 })
        -- The one for all of them has nothing to do.
        same(lithops.map_reduce(count, lithops.objects({}), sum):get_result(), 0)
        "#,
    );
}

#[test]
fn a_reducer_waits_for_the_maps_beside_them() {
    passes(
        r#"
        local here = here
        local function map(x)
          if x == 2 then
            while not io.open(here .. "/go") do lithops.sleep(0.002) end
          end
          return x
        end
        local function reduce(list) return table.concat(list, " ") end
        local early = lithops.map_reduce(map, { 1, 2 }, reduce, { spawn_reducer = 50 })
        while early[3].state ~= "running" do lithops.sleep(0.002) end
        same(early[2].done, false)
        append(here .. "/go", "")
        same(early:get_result(), "1 2")
        assert(early[3].stats.worker_start_tstamp < early[2].stats.worker_func_end_tstamp)
        os.remove(here .. "/go")

        -- Not before all are done, if that is wanted.
        local late = lithops.map_reduce(map, { 1, 2 }, reduce, { spawn_reducer = 100 })
        while not late[1].done do lithops.sleep(0.002) end
        same(late[3].state, "new")
        append(here .. "/go", "")
        same(late:get_result(), "1 2")
        assert(late[3].stats.worker_start_tstamp >= late[2].stats.worker_func_end_tstamp)
        "#,
    );
}

#[test]
fn a_reducer_that_waits_takes_no_worker_from_the_maps() {
    let folder = folder(
        r#"
        -- More maps than workers: none is spare before the last ones.
        local futures = lithops.map_reduce(function(x) lithops.sleep(0.02) return x end, lithops.range(20), function(list) return #list end,
          { spawn_reducer = 0, chunksize = 1 })
        same(futures:get_result(), 20)
        local begun = 0
        for i = 1, 20 do
          if futures[i].stats.worker_func_start_tstamp < futures[21].stats.worker_start_tstamp then begun = begun + 1 end
        end
        assert(begun >= 19, begun)
        print "ok"
        "#,
    );
    run_in(&folder, &[]).prints("ok\n");
}

#[test]
fn a_map_that_fails_ends_the_reducer() {
    passes(
        r#"
        local here = here
        local function map(x)
          if x == 2 then
            while not io.open(here .. "/go") do lithops.sleep(0.002) end
            error("no good")
          end
          return x
        end
        for _, percent in ipairs { 50, 100 } do
          local futures = lithops.map_reduce(map, { 1, 2 }, function(list) return #list end, { spawn_reducer = percent })
          if percent == 50 then
            while futures[3].state ~= "running" do lithops.sleep(0.002) end
            append(here .. "/go", "")
          end
          local ok, err = pcall(futures[3].result, futures[3])
          same({ ok, err.kind }, { false, "lua_error" })
          assert(err.message:find("map call 00001 failed: pipeline.lua", 1, true), err.message)
          if percent == 50 then
            -- Its worker hears of it.
            while not futures[3].stats.worker_end_tstamp do lithops.sleep(0.002) end
          end
          raises("no good", futures.get_result, futures)
        end
        -- The workers are free again.
        same(lithops.map(function(x) return x end, { 1, 2, 3 }):get_result(), { 1, 2, 3 })
        "#,
    );
}

#[test]
fn clean_leaves_what_a_reducer_has_still_to_read() {
    passes(
        r#"
        local here = here
        local function until_there(name)
          while not io.open(here .. "/" .. name) do lithops.sleep(0.002) end
        end
        local function map(x)
          append(here .. "/begun" .. x, "")
          until_there("go")
          return ("x"):rep(100000)
        end
        local function reduce(list) return #list[1] + #list[2] end
        local futures = lithops.map_reduce(map, { 1, 2 }, reduce, { spawn_reducer = 100, chunksize = 1 })
        until_there("begun1")
        until_there("begun2")
        -- They are in front of the reducer, and take both workers.
        local others = lithops.map(function() until_there("free") end, { 1, 2 }, { chunksize = 1 })
        while others[2].state == "new" do lithops.sleep(0.002) end
        append(here .. "/go", "")
        while not (futures[1].done and futures[2].done) do lithops.sleep(0.002) end
        lithops.clean()
        append(here .. "/free", "")
        same(futures[3]:result(), 200000)
        same(others:get_result().n, 2)
        "#,
    );
}

#[test]
fn large_results_reach_the_reducer_without_the_driver() {
    passes(
        r#"
        local function map(i) return { text = ("x"):rep(8 * 2^20), i = i } end
        local function reduce(list)
          local sum, bytes = 0, 0
          for _, part in ipairs(list) do sum, bytes = sum + part.i, bytes + #part.text end
          return { sum = sum, bytes = bytes }
        end
        same(lithops.map_reduce(map, lithops.range(20), reduce):get_result(), { sum = 210, bytes = 160 * 2^20 })
        local peak = tonumber(read("/proc/self/status"):match("VmHWM:%s+(%d+) kB")) / 1024
        assert(peak < 60, "the driver took " .. peak .. " MiB")
        -- Results of both kinds, in their order.
        local mixed = lithops.map_reduce(function(i) return i % 3 == 0 and (i .. " "):rep(50000) or i end, lithops.range(50),
          function(list)
            for i = 1, 50 do assert((i % 3 == 0) == (type(list[i]) == "string"), i) end
            return list.n
          end)
        same(mixed:get_result(), 50)
        "#,
    );
}

#[test]
fn waiting_for_maps_is_not_the_reducers_time() {
    passes(
        r#"
        local here = here
        -- The maps end, one after the other, long after the reducer has begun to wait for them.
        local function map(x)
          if x == 2 then
            while not io.open(here .. "/go") do lithops.sleep(0.002) end
          end
          return x
        end
        local function reduce(list) return lithops.call.remaining_ms() end
        local futures = lithops.map_reduce(map, { 1, 2 }, reduce, { spawn_reducer = 50, timeout = 60 })
        while futures[3].state ~= "running" do lithops.sleep(0.002) end
        lithops.sleep(3)
        append(here .. "/go", "")
        local left_ms = futures:get_result()
        assert(left_ms > 57500, left_ms)
        local stats = futures[3].stats
        assert(stats.worker_func_start_tstamp >= futures[2].stats.worker_func_end_tstamp)
        "#,
    );
}
