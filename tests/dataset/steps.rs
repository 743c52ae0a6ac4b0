use crate::passes;

#[test]
fn elements_are_mapped_filtered_and_multiplied() {
    passes(
        r#"
        local d = dataset.from_list({ 1, 2, 3, 4, 5, 6, 7 }, { partitions = 3 })
        same(d:map(function(x) return x * x end):collect(), { 1, 4, 9, 16, 25, 36, 49 })
        same(d:map(function(x) return x % 2 == 0 end):collect(), { false, true, false, true, false, true, false })
        same(d:filter(function(x) return x > 3 end):map(function(x) return -x end):collect(), { -4, -5, -6, -7 })
        same(d:flat_map(function(x) return x > 5 and { x, { x } } or nil end):collect(), { 6, { 6 }, 7, { 7 } })
        same(d:flat_map(function(x) if x > 5 then return ("a-b"):gmatch("%a") end return {} end):collect(), { "a", "b", "a", "b" })
        -- All three values of a `for`.
        same(d:flat_map(function(x) if x == 4 then return ipairs({ "a", "b" }) end end):collect(), { 1, 2 })
        -- What a step captures travels with it.
        local factor = 3
        local function times(x) return x * factor end
        same(d:map(times):filter(function(x) return x % 2 == 0 end):collect(), { 6, 12, 18 })
        -- Nothing has changed `d`.
        same(d:count(), 7)
        "#,
    );
}

/// It would be taken for an empty list.
#[test]
fn a_pair_without_braces_is_no_list() {
    passes(
        r#"
        local d = dataset.from_list({ 1, 2 })
        local pairs_only = d:flat_map(function(x) return { key = x } end)
        raises("dataset:flat_map: the function gave a table that is no list, with a field `key`",
          pairs_only.collect, pairs_only)
        local partitions = d:map_partitions(function() return { key = 1 } end)
        raises("dataset:map_partitions: the function gave a table that is no list", partitions.collect, partitions)
        same(d:flat_map(function() return { n = 0 } end):count(), 0)
        same(d:flat_map(function(x) return { { key = x } } end):count(), 2)
        "#,
    );
}

/// What is behind it would vanish.
#[test]
fn a_list_has_no_element_that_is_nil() {
    passes(
        r#"
        local d = dataset.from_list({ 1, 2 })
        local function tells(place, f)
          for _, name in ipairs { "flat_map", "map_partitions" } do
            local made = d[name](d, f)
            raises(("dataset:%s: element %d of the list that the function gave is nil"):format(name, place), made.collect, made)
          end
        end
        tells(2, function() return { 1, nil, 3 } end)
        tells(1, function() return { nil, 2 } end)
        tells(2, function() return { 1, nil, n = 2 } end)
        tells(2, function()
          local list = { 1 }
          list[3] = 3
          return list
        end)
        same(d:flat_map(function(x) return { x, x, n = 2 } end):collect(), { 1, 1, 2, 2 })
        same(d:flat_map(function(x) return { x, unit = "m" } end):collect(), { 1, 2 })
        "#,
    );
}

#[test]
fn a_function_sees_a_whole_partition() {
    passes(
        r#"
        local function sum(next) local sum = 0 for x in next do sum = sum + x end return { sum } end
        local d = dataset.from_range(10, { partitions = 2 })
        same(d:map_partitions(sum):collect(), { 15, 40 })
        same(d:filter(function(x) return x % 2 == 0 end):map_partitions(sum):collect(), { 6, 24 })
        same(dataset.from_list({ 1, 2, 3 }, { partitions = 1 }):map_partitions(sum):map_partitions(sum):collect(), { 6 })
        -- It may give an iterator, and may leave elements where they are.
        same(d:map(function(x) return x end):map_partitions(function(next)
          local left = 2
          return function() left = left - 1 return left >= 0 and next() or nil end
        end):collect(), { 1, 2, 6, 7 })
        same(dataset.read_text(put("k", "a\nb\nc")):map_partitions(function(next) return { next() .. next() } end):collect(), { "ab" })
        "#,
    );
}

#[test]
fn pairs_have_keys_and_values() {
    passes(
        r#"
        local d = dataset.from_list({ "one", "three", "seven" }):key_by(function(s) return #s end)
        same(d:collect(), { { key = 3, value = "one" }, { key = 5, value = "three" }, { key = 5, value = "seven" } })
        same(d:keys():collect(), { 3, 5, 5 })
        same(d:values():collect(), { "one", "three", "seven" })
        same(d:map_values(string.upper):values():collect(), { "ONE", "THREE", "SEVEN" })
        same(d:map_values(string.upper):keys():collect(), { 3, 5, 5 })
        "#,
    );
}

#[test]
fn a_sample_is_the_same_for_the_same_seed() {
    passes(
        r#"
        local d = dataset.from_range(20000, { partitions = 4 })
        local some = d:sample(0.25, 7):collect()
        assert(math.abs(#some - 5000) < 300, #some)
        same(d:sample(0.25, 7):collect(), some)
        local other = d:sample(0.25, 8):collect()
        local both, is_in = 0, {}
        for _, x in ipairs(some) do is_in[x] = true end
        for _, x in ipairs(other) do both = both + (is_in[x] and 1 or 0) end
        assert(both < 1600, both)
        same(d:sample(0):count(), 0)
        same(d:sample(1):count(), 20000)
        assert(d:sample(0.5):count() > 9000)
        "#,
    );
}

#[test]
fn datasets_follow_each_other() {
    passes(
        r#"
        local a, b = dataset.from_list({ 1, 2 }), dataset.from_range(3, 5)
        same(a:union(b):collect(), { 1, 2, 3, 4, 5 })
        same(a:union(b):union(a):map(function(x) return 2 * x end):collect(), { 2, 4, 6, 8, 10, 2, 4 })
        same(a:map(tostring):union(b:filter(function(x) return x > 4 end)):collect(), { "1", "2", 5 })
        same(a:union(a):distinct():count(), 2)
        same(a:union(dataset.from_list({})):count(), 2)
        same(dataset.read_text(put("k", "x\ny")):union(a):collect(), { "x", "y", 1, 2 })
        "#,
    );
}

#[test]
fn a_cached_dataset_is_made_once() {
    passes(
        r#"
        local here = here
        local d = dataset.from_range(6, { partitions = 3 }):map(function(x)
          local f = io.open(here .. "/made", "a") f:write("x") f:close()
          return x * x
        end):cache()
        same(d:collect(), { 1, 4, 9, 16, 25, 36 })
        same(d:sum(), 91)
        same(d:take(4), { 1, 4, 9, 16 })
        same(d:union(d):count(), 12)
        same(d:sort_by({ descending = true }):first(), 36)
        same(#read(here .. "/made"), 6)
        -- What a shuffle gave, and what a failed action did not.
        local counts = dataset.from_list({ "a", "b", "a" }):count_by_value():cache()
        same(pairs_of(counts:collect()), { a = 2, b = 1 })
        same(counts:count(), 2)
        local fails = dataset.from_list({ 1 }):map(function() error("no good") end):cache()
        raises("no good", fails.collect, fails)
        raises("no good", fails.count, fails)
        "#,
    );
}
