use crate::passes;

#[test]
fn values_of_equal_keys_become_one() {
    passes(
        r#"
        for _, opts in ipairs { { partitions = 1 }, { partitions = 7 }, {}, { partitions = 50 } } do
          local d = dataset.from_range(1000, opts)
          local sums = d:map(function(x) return { key = x % 10, value = x } end):reduce_by_key(function(a, b) return a + b end)
          local expected = {}
          for x = 1, 1000 do expected[x % 10] = (expected[x % 10] or 0) + x end
          same(pairs_of(sums:collect()), expected)
          same(sums:count(), 10)
          same(sums:values():sum(), 500500)
          -- Values meet in their order.
          local words = d:map(function(x) return { key = x % 2 == 0, value = tostring(x) } end):reduce_by_key(function(a, b) return a .. "," .. b end)
          same(pairs_of(words:collect())[true]:sub(1, 12), "2,4,6,8,10,1")
          same(pairs_of(d:map(function(x) return x % 3 end):count_by_value():collect()), { [0] = 333, [1] = 334, [2] = 333 })
          same(sorted(d:map(function(x) return x % 5 end):distinct():collect()), { 0, 1, 2, 3, 4 })
          local groups = pairs_of(d:group_by(function(x) return x > 998 and "few" or "many" end):collect())
          same(groups.few, { 999, 1000 })
          same(#groups.many, 998)
          for i = 1, 998 do assert(groups.many[i] == i) end
        end
        "#,
    );
}

#[test]
fn keys_keep_their_types() {
    passes(
        r#"
        local keys = { "1", 1, true, false, "", "a\0b", 0.5, -0.0, 0, 2^53, math.huge, -math.huge, "true" }
        local got = pairs_of(dataset.from_list(keys, { partitions = 5 }):union(dataset.from_list(keys)):count_by_value():collect())
        local n = 0
        for key, count in pairs(got) do n = n + 1 assert(count == (key == 0 and 4 or 2), tostring(key)) end
        same(n, 12)
        same({ got["1"], got[1], got[true], got["true"], got[0] }, { 2, 2, 2, 2, 4 })
        "#,
    );
}

#[test]
fn pairs_are_joined() {
    passes(
        r#"
        local function pair(key, value) return { key = key, value = value } end
        local left = dataset.from_list({ pair(1, "a"), pair(2, "b"), pair(2, "c"), pair(4, "d") }, { partitions = 3 })
        local right = dataset.from_list({ pair(2, "x"), pair(2, "y"), pair(3, "z"), pair(4, false) }, { partitions = 2 })
        local function rows(how)
          local list = {}
          for i, r in ipairs(left:join(right, { how = how }):collect()) do
            list[i] = ("%s %s %s"):format(r.key, tostring(r.left), tostring(r.right))
          end
          return sorted(list)
        end
        local inner = { "2 b x", "2 b y", "2 c x", "2 c y", "4 d false" }
        same(rows(), inner)
        same(rows("inner"), inner)
        same(rows("left"), { "1 a nil", unpack(inner) })
        same(rows("right"), sorted({ "3 nil z", unpack(inner) }))
        same(rows("outer"), sorted({ "1 a nil", "3 nil z", unpack(inner) }))
        same(left:join(left):count(), 6)
        local sums = left:join(right):map(function(r) return pair(r.key, 1) end):reduce_by_key(function(a, b) return a + b end)
        same(pairs_of(sums:collect()), { [2] = 4, [4] = 1 })
        "#,
    );
}

#[test]
fn one_key_may_have_almost_everything() {
    passes(
        r#"
        local d = dataset.from_range(200000, { partitions = 8 }):map(function(x) return { key = x % 1000 == 0 and x or 0, value = x } end)
        local counts = pairs_of(d:keys():count_by_value():collect())
        same(counts[0], 199800)
        same(counts[5000], 1)
        same(#pairs_of(d:map_values(function(x) return x end):group_by(function(p) return p.key end):collect())[0], 199800)
        "#,
    );
}

/// Writing them raised errors below compiled code, which lost values and ended workers.
#[test]
fn nulls_are_kept_among_other_values() {
    passes(
        r#"
        local null = require("json").null
        for _, every in ipairs { 7, 11, 50 } do
          for partitions = 1, 4 do
            local d = dataset.from_range(1, 30000, 1, { partitions = partitions }):map(function(i)
              return { key = i % 100, value = i % every == 0 and null or i }
            end)
            local seen = 0
            for _, group in ipairs(d:group_by(function(p) return p.key end):collect()) do
              for place, pair in ipairs(group.value) do
                local i = group.key + 100 * (place - (group.key == 0 and 0 or 1))
                assert(pair.key == group.key)
                assert(pair.value == (i % every == 0 and null or i), i)
                seen = seen + 1
              end
            end
            same(seen, 30000)
          end
        end
        -- As values of their own, too.
        local d = dataset.from_range(1, 3000, 1, { partitions = 2 }):map(function(i)
          return { key = i % 10, value = i % 7 == 0 and null or i }
        end)
        local nulls = 0
        for _, pair in ipairs(d:join(dataset.from_list({ { key = 0, value = null } })):collect()) do
          assert(pair.right == null)
          nulls = nulls + (pair.left == null and 1 or 0)
        end
        same(nulls, 42)
        "#,
    );
}

/// All that a shuffle does when its memory is a fraction of what it holds: maps write several objects, reducers sorted runs.
#[test]
fn more_than_the_memory_holds_goes_to_the_storage() {
    passes(
        r#"
        local function key(i) return ("key %06d %s"):format(i * 7919 % 30011, ("x"):rep(40)) end
        for _, memory in ipairs { "256KiB", "64MiB" } do
          local d = dataset.from_range(60000, { partitions = 2, memory = memory })
          local pairs_in = d:map(function(i) return { key = key(i), value = i } end)
          local sums, expected = pairs_of(pairs_in:reduce_by_key(function(a, b) return a + b end):collect()), {}
          for i = 1, 60000 do expected[key(i)] = (expected[key(i)] or 0) + i end
          same(sums, expected)
          local n = 0
          for _, pair in ipairs(pairs_in:group_by(function(p) return p.key end):collect()) do
            n = n + 1
            local sum = 0
            for i, p in ipairs(pair.value) do
              assert(i == 1 or p.value > pair.value[i - 1].value)
              sum = sum + p.value
            end
            same(sum, expected[pair.key])
          end
          same(n, 30011)
          same(d:map(key):distinct():count(), 30011)
          -- Two objects for two maps, and many more if there is not enough memory.
          local stored = d:map(key):distinct():map_partitions(function()
            return { #lithops.storage:list_keys(nil, "lithops/datasets/") }
          end):first()
          assert(memory == "64MiB" and stored == 2 or memory == "256KiB" and stored > 10, stored)
          local joined = pairs_in:join(d:filter(function(i) return i <= 1000 end):map(function(i) return { key = key(i), value = -i } end))
          same(joined:count(), (function() local c = 0 for i = 1, 1000 do for j = i % 30011, 60000, 30011 do c = c + (j > 0 and 1 or 0) end end return c end)())
        end
        "#,
    );
}

#[test]
fn a_shuffle_of_two_uses_runs_once() {
    passes(
        r#"
        local here = here
        local counts = dataset.from_list({ "a", "b", "a" }, { partitions = 1 }):map(function(s)
          local f = io.open(here .. "/made", "a") f:write(s) f:close()
          return s
        end):count_by_value()
        same(counts:union(counts):count(), 4)
        same(read(here .. "/made"), "aba")
        "#,
    );
}
