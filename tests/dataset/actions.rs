use crate::passes;

#[test]
fn elements_are_counted_and_added_up() {
    passes(
        r#"
        for _, partitions in ipairs { 1, 3, 50 } do
          local d = dataset.from_range(1, 20, { partitions = partitions })
          same(d:count(), 20)
          same(d:sum(), 210)
          same(d:reduce(math.max), 20)
          same(d:reduce(function(a, b) return a .. " " .. b end), "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20")
          same(d:fold(0, function(sum, x) return sum + x end), 210)
          local stats = d:fold({ n = 0, max = -math.huge }, function(s, x) return { n = s.n + 1, max = math.max(s.max, x) } end,
            function(a, b) return { n = a.n + b.n, max = math.max(a.max, b.max) } end)
          same(stats, { n = 20, max = 20 })
          -- A state may be a table that is changed: each partition has its own.
          local list = d:fold({}, function(list, x) list[#list + 1] = x return list end, function(a, b)
            for _, x in ipairs(b) do a[#a + 1] = x end
            return a
          end)
          same(list, d:collect())
          same(d:filter(function(x) return x == 7 end):fold("", function(s, x) return s .. x end), "7")
        end
        "#,
    );
}

#[test]
fn states_may_be_false_but_not_nil() {
    passes(
        r#"
        local d = dataset.from_list({ 1, -1, 2, 3 }, { partitions = 2 })
        local function all_positive(state, x) return state and (x == true or (x ~= false and x > 0)) end
        local function both(a, b) return a and b end
        same(d:fold(true, all_positive, both), false)
        same(d:filter(function(x) return x > 0 end):fold(true, all_positive, both), true)
        local flags = dataset.from_list({ false, true, true }, { partitions = 3 })
        same(flags:reduce(both), false)
        same(flags:reduce(function(a, b) return a == b end), false)
        same(flags:fold(false, function(a, b) return a == b end, function(a, b) return not a and b end), false)
        -- Where partitions meet, as within one.
        local function one() return 1 end
        raises("dataset:fold: the function gave nil", function() return d:fold(0, one, function() end) end)
        local two = dataset.from_list({ 1, 2 }, { partitions = 2 })
        raises("dataset:reduce: the function gave nil", function() return two:reduce(function() end) end)
        "#,
    );
}

#[test]
fn what_is_empty_has_answers_too() {
    passes(
        r#"
        for _, d in ipairs { dataset.from_list({}), dataset.from_range(0), dataset.from_range(5):filter(function() return false end),
          dataset.read_text(put("empty", "")) } do
          same(d:collect(), {})
          same({ d:count(), d:sum(), d:reduce(math.max), d:fold("init", function() end), d:first() }, { 0, 0, nil, "init", nil })
          same(d:take(3), {})
          same(d:top(3):collect(), {})
          same(d:sort_by():collect(), {})
          same(d:distinct():collect(), {})
          same(d:count_by_value():collect(), {})
          same(d:group_by(tostring):collect(), {})
          same(d:key_by(tostring):join(dataset.from_list({ 1 }):key_by(tostring)):collect(), {})
          same(d:key_by(tostring):reduce_by_key(math.max):count(), 0)
          d:foreach(error)
        end
        local one = dataset.from_list({ "x" })
        same({ one:first(), one:count(), one:sort_by():collect(), one:distinct():collect(), one:take(5) },
          { "x", 1, { "x" }, { "x" }, { "x" } })
        "#,
    );
}

#[test]
fn taking_some_does_not_read_everything() {
    passes(
        r#"
        local here = here
        local function seen(x) local f = io.open(here .. "/seen", "a") f:write("x") f:close() return x end
        local d = dataset.from_range(100, { partitions = 100 }):map(seen)
        same(d:take(3), { 1, 2, 3 })
        same(#read(here .. "/seen"), 3 + 2)
        same(d:first(), 1)
        same(d:take(0), {})
        same(#d:take(200), 100)
        os.remove(here .. "/seen")
        -- Within a partition, too.
        same(dataset.from_range(1000, { partitions = 1 }):map(seen):take(2), { 1, 2 })
        same(#read(here .. "/seen"), 2)
        os.remove(here .. "/seen")
        put("lines", ("line\n"):rep(1000))
        local lines = dataset.read_text(at("lines"), { obj_chunk_number = 10 }):map(seen)
        same(lines:take(2), { "line", "line" })
        same(#read(here .. "/seen"), 2)
        same(#lines:take(150), 150)
        same(dataset.from_list({}):union(dataset.from_list({ 1, 2 })):union(dataset.from_list({ 3 })):take(3), { 1, 2, 3 })
        "#,
    );
}

#[test]
fn a_function_runs_for_each() {
    passes(
        r#"
        dataset.from_range(20):map(function(x) return x * 2 end):foreach(function(x)
          assert(lithops.is_worker)
          lithops.storage:put_object(nil, "out/" .. x, tostring(x))
        end)
        same(#lithops.storage:list_keys(nil, "out/"), 20)
        "#,
    );
}

#[test]
fn the_largest_come_first() {
    passes(
        r#"
        local list = {}
        for i = 1, 5000 do list[i] = (i * 7919) % 5003 end
        local d = dataset.from_list(list, { partitions = 7 })
        same(d:top(3):collect(), { 5002, 5001, 5000 })
        same(d:top(2, function(x) return -x end):collect(), { 1, 2 })
        same(d:top(0):collect(), {})
        same(#d:top(10000):collect(), 5000)
        same(d:top(3):map(function(x) return x + 1 end):collect(), { 5003, 5002, 5001 })
        -- Of equal ones, the pair with the smaller key, and the earlier element.
        local counts = dataset.from_list({ "b", "a", "c", "b", "a", "d" }, { partitions = 3 }):count_by_value()
        same(counts:top(3):collect(), { { key = "a", value = 2 }, { key = "b", value = 2 }, { key = "c", value = 1 } })
        same(dataset.from_list({ { n = 1, s = "x" }, { n = 1, s = "y" }, { n = 2, s = "z" } }):top(2, function(r) return r.n end):collect(),
          { { n = 2, s = "z" }, { n = 1, s = "x" } })
        "#,
    );
}

/// In whatever order they come: comparing names of one type only was no order.
#[test]
fn the_largest_are_in_order_whatever_their_names_are() {
    passes(
        r#"
        local names = { false, true, -1, 2, 10, "1", "a", "b" }
        local nameless = { { 1 }, { value = 5 }, { key = {} }, { key = 0 / 0 } }
        for shift = 0, 11 do
          local list = {}
          for i = 1, #names do
            list[(i * 5 + shift) % 12 + 1] = { key = names[i], place = i }
          end
          for i, value in ipairs(nameless) do
            list[((i + #names) * 5 + shift) % 12 + 1] = value
          end
          for _, partitions in ipairs { 1, 3 } do
            local got = dataset.from_list(list, { partitions = partitions }):top(12, function() return 1 end):collect()
            for i, name in ipairs(names) do same(got[i], { key = name, place = i }) end
            same(#got, 12)
          end
        end
        "#,
    );
}

#[test]
fn the_plan_tells_stages_and_shuffles() {
    passes(
        r#"
        local printed = {}
        local old = print
        print = function(text) printed[#printed + 1] = text end
        local d = dataset.read_text(at("a/"), at("b/")):words():count_by_value():filter(function(p) return p.value > 1 end):top(10)
        local plan = d:explain()
        print = old
        same(printed, { plan })
        assert(plan:find("stage 1: read_text " .. at("a/") .. " and 1 more → words (of many lines at once) → count_by_value: combine, shuffle", 1, true), plan)
        assert(plan:find("stage 2: what stage 1 gave → filter (pipeline.lua:", 1, true), plan)
        assert(plan:find("→ top 10 of each partition, then of all\nstage 3: what stage 2 gave → result", 1, true), plan)
        same(tostring(d), "dataset of 3 stages")
        local a = dataset.from_list({ 1, 2 }):key_by(tostring)
        local joined = a:join(a):sort_by(function(r) return r.key end)
        assert(joined.explain, "method")
        print = function() end
        plan = joined:explain()
        print = old
        assert(plan:find("what stage 1 and 2 gave", 1, true) and plan:find("sort, shuffle by ranges", 1, true), plan)
        "#,
    );
}

#[test]
fn settings_reach_jobs() {
    passes(
        r#"
        local fexec = lithops.FunctionExecutor({ max_workers = 1 })
        local ours = dataset.with({ executor = fexec, partitions = 5, extra_env = { COLOUR = "red" }, retries = 1 })
        local function say() return { lithops.call.executor_id, os.getenv("COLOUR"), lithops.call.attempt } end
        local got = ours.from_range(10):map(say):collect()
        same(got[10], { fexec.executor_id, "red", 1 })
        same(ours.from_range(10):map_partitions(function() return { 1 } end):count(), 5)
        same(ours.from_range(10, { partitions = 2 }):map_partitions(function() return { 1 } end):count(), 2)
        -- Behind a shuffle, too.
        same(ours.from_range(10):distinct():map_partitions(function() return { 1 } end):count(), 5)
        same(sorted(ours.from_range(10):distinct():map(function(x) return x end):collect())[10], 10)
        local once = ours.from_range(1):map(function() if lithops.call.attempt == 1 then error("once") end return "twice" end)
        same(once:collect(), { "twice" })
        -- What a large shuffle stored is gone from the store of that executor.
        local long = ("x"):rep(1000)
        same(ours.from_range(1000):map(function(x) return long .. x end):distinct():count(), 1000)
        "#,
    );
}
