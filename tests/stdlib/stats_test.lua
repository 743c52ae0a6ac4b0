local fun = require "fun"
local stats = require "stats"
local support = require "support_stats"

local is_nan, random_list, merged = support.is_nan, support.random_list, support.merged

-- Reference values are those of Python's `statistics`, and of its `fractions`.
local DATA = { 2.5, 3.25, 5.5, 11.25, 11.5, -3.75, 0.125, 8.0 }

local KINDS = { "summary", "sketch", "histogram" }

describe("functions of stats", function()
  it("agree with Python", function()
    assert.near(4.796875, stats.mean(DATA), 1e-15)
    assert.near(28.553292410714285, stats.variance(DATA), 1e-13)
    assert.near(24.984130859375, stats.pvariance(DATA), 1e-13)
    assert.near(5.343528086453208, stats.stdev(DATA), 1e-14)
    assert.near(4.998412834027918, stats.pstdev(DATA), 1e-14)
    assert.near(-0.13914082350800835, stats.skewness(DATA), 1e-14)
    assert.near(-1.0566078966285282, stats.kurtosis(DATA), 1e-14)
    assert.equal(4.375, stats.median(DATA))
    assert.same({ -3.75, 11.5, 38.375 }, { stats.min(DATA), stats.max(DATA), stats.sum(DATA) })
  end)

  it("quantiles agree with Python", function()
    local expected = { -3.47875, -1.0375, 1.90625, 4.375, 8.8125, 11.325, 11.4825 }
    local found = { stats.quantile(DATA, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99) }
    for i = 1, 7 do
      assert.near(expected[i], found[i], 1e-14)
    end
    assert.same({ -3.75, 11.5 }, { stats.quantile(DATA, 0, 1) })
    assert.equal(7, stats.quantile({ 7 }, 0.3))
  end)

  it("covariance, correlation and regression agree with Python", function()
    local xs, ys = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, { 1, 2, 3, 1, 2, 3, 1, 2, 3 }
    assert.near(0.75, stats.covariance(xs, ys), 1e-15)
    assert.near(0.31622776601683794, stats.correlation(xs, ys), 1e-15)
    local slope, intercept = stats.linear_regression({ 1971, 1975, 1979, 1982, 1983 }, { 1, 2, 3, 4, 5 })
    assert.near(0.31, slope, 1e-12)
    assert.near(-610.18, intercept, 1e-9)
  end)

  it("do not change the list", function()
    local list = { 3, 1, 2 }
    stats.median(list)
    assert.same({ 3, 1, 2 }, list)
  end)

  it("sum exactly where a plain sum loses all", function()
    assert.equal(2, stats.sum({ 1, 1e100, 1, -1e100 }))
    local tenths = {}
    for i = 1, 10 do
      tenths[i] = 0.1
    end
    assert.equal(1, stats.sum(tenths))
    assert.equal(math.huge, stats.sum({ 1, math.huge, 1 }))
  end)

  it("give NaN for what is not defined", function()
    for _, name in ipairs({ "mean", "variance", "pvariance", "stdev", "pstdev", "skewness", "kurtosis", "min", "max", "median" }) do
      assert.is_true(is_nan(stats[name]({})), name)
    end
    assert.equal(0, stats.sum({}))
    assert.is_true(is_nan(stats.quantile({}, 0.5)))
    assert.is_true(is_nan(stats.variance({ 1 })))
    assert.equal(0, stats.pvariance({ 1 }))
    assert.is_true(is_nan(stats.covariance({ 1 }, { 1 })))
    assert.is_true(is_nan(stats.correlation({ 1, 2 }, { 3, 3 })))
    assert.is_true(is_nan((stats.linear_regression({ 1, 1 }, { 1, 2 }))))
  end)

  it("give NaN where there is one", function()
    local list = { 1, 0 / 0, 2 }
    for _, name in ipairs({ "sum", "mean", "variance", "min", "max", "median" }) do
      assert.is_true(is_nan(stats[name](list)), name)
    end
    local low, high = stats.quantile(list, 0, 1)
    assert.is_true(is_nan(low) and is_nan(high))
  end)

  it("know infinite values", function()
    assert.same({ math.huge, -math.huge, math.huge }, { stats.mean({ 1, math.huge }), stats.min({ 1, -math.huge }), stats.max({ math.huge }) })
    assert.equal(math.huge, stats.median({ 1, math.huge, math.huge }))
    assert.is_true(is_nan(stats.mean({ math.huge, -math.huge })))
  end)

  it("refuse what is no list of numbers at the caller's line", function()
    local message = assert.has_error(function() stats.mean({ 1, "2" }) end)
    assert.matches("stats_test%.lua:%d+: bad argument #1 to 'mean' %(element 2 is \"2\", not a number%)$", message)
    assert.error_matches(function() stats.median() end, "bad argument #1 to 'median' %(list of numbers expected, got nil%)")
    assert.error_matches(function() stats.quantile({ 1 }, 2) end, "bad argument #2 to 'quantile' %(number from 0 to 1 expected, got 2%)")
    assert.error_matches(function() stats.quantile({ 1 }, 0.5, 0 / 0) end, "bad argument #3 to 'quantile'")
    assert.error_matches(function() stats.quantile({ 1 }) end, "bad argument #2 to 'quantile'")
    assert.error_matches(function() stats.correlation({ 1, 2 }, { 1 }) end, "list of 2 elements expected, as argument #1 has, got 1")
    assert.error_matches(function() stats.mean({ a = 1 }) end,
      "stats_test%.lua:%d+: bad argument #1 to 'mean' %(list expected, got a table whose keys are not 1, 2, …, such as \"a\"%)$")
    assert.error_matches(function() stats.summary():add_all({ a = 1 }) end, "bad argument #1 to 'add_all' %(list expected, got a table whose")
    for _, n in ipairs({ -1.5, -1 }) do
      assert.error_matches(function() stats.mean({ n = n, 1, 2 }) end, "must be a whole number of 0 or more, not %" .. n .. "%)$")
    end
  end)

  it("refuse lists with nils, however Lua keeps their elements", function()
    local message = "bad argument #1 to 'mean' (list expected, got one whose element 2 is nil, but which has an element 3)"
    local list = { 1, nil, 3 }
    assert.equal(1, #list)
    assert.has_error(function() stats.mean(list) end, message)
    for n = 1, 100 do
      local upwards, downwards = {}, { [n + 2] = 1 }
      for i = 1, n do
        upwards[i], downwards[n + 1 - i] = i, i
      end
      upwards[n + 2] = 1
      for _, one in ipairs({ upwards, downwards }) do
        if #one == n then
          assert.error_matches(function() stats.median(one) end, "element " .. n + 1 .. " is nil, but which has an element " .. n + 2)
        end
      end
    end
    assert.equal(1.5, stats.mean({ 1, 2, unit = "m" }))
  end)

  it("take what a metatable's `__iter` gives", function()
    assert.equal(3, stats.mean(fun.range(5)))
    assert.equal(2, stats.median(fun.range(3)))
    assert.equal(5, stats.summary():add_all(fun.range(5)):count())
    assert.equal(2, stats.covariance(fun.range(3), { 2, 4, 6 }))
    assert.equal(3, stats.bivariate():add_all(fun.range(3), fun.range(3)):count())
    assert.error_matches(function() stats.mean(fun.iter({ 1, "2" })) end, "bad argument #1 to 'mean' %(element 2 is \"2\", not a number%)$")
    assert.error_matches(function() stats.mean(setmetatable({}, { __iter = function() return 1 end })) end,
      "its `__iter` must give an iterator function, and gave number")
  end)
end)

describe("a summary", function()
  it("loses nothing where values are far from 0", function()
    local summary = stats.summary()
    for _, offset in ipairs({ 4, 7, 13, 16 }) do
      summary:add(1e9 + offset)
    end
    assert.equal(30, summary:variance())
    assert.equal(1e9 + 10, summary:mean())
    local n, wide = 100000, stats.summary()
    for i = 1, n do
      wide:add(1e9 + i % 2)
    end
    assert.near(0.25 * n / (n - 1), wide:variance(), 1e-12)
    assert.near(0, wide:skewness(), 1e-6)
    assert.near(-2, wide:kurtosis(), 1e-6)
  end)

  it("of parts is that of the whole", function()
    for seed = 1, 100 do
      local list = random_list(seed, seed * 3)
      local whole, parts = stats.summary():add_all(list), merged(stats.summary, list, 7)
      assert.same({ whole:count(), whole:min(), whole:max() }, { parts:count(), parts:min(), parts:max() })
      for _, name in ipairs({ "sum", "mean", "variance", "skewness", "kurtosis", "standard_error" }) do
        local expected, found = whole[name](whole), parts[name](parts)
        assert.near(expected, found, 1e-9 * math.max(1, math.abs(expected)), name .. ", seed " .. seed)
      end
    end
  end)

  it("of parts far from 0 is that of the whole", function()
    local whole, parts = stats.summary(), {}
    for part = 1, 10 do
      parts[part] = stats.summary()
      for i = 1, 1000 do
        local x = 1e9 + (i * part) % 17
        parts[part]:add(x)
        whole:add(x)
      end
    end
    assert.near(whole:variance(), stats.merge(parts):variance(), 1e-9)
  end)

  it("takes a weight for so many equal values", function()
    local weighted, plain = stats.summary(), stats.summary()
    for i, x in ipairs({ 3, -1, 7, 7.5 }) do
      weighted:add(x, i)
      for _ = 1, i do
        plain:add(x)
      end
    end
    weighted:add(1e9, 0)
    assert.same({ 4, 10 }, { weighted:count(), weighted:weight() })
    for _, name in ipairs({ "sum", "mean", "variance", "skewness", "kurtosis", "min", "max" }) do
      assert.near(plain[name](plain), weighted[name](weighted), 1e-12, name)
    end
    assert.near(2.5, stats.summary():add(1, 0.5):add(3, 1.5):mean(), 1e-15)
    for _, weight in ipairs({ -1, 0 / 0, math.huge, "1" }) do
      assert.error_matches(function() stats.summary():add(1, weight) end, "bad argument #2 to 'add' %(weight of 0 or more expected")
    end
  end)

  it("takes lists with a field n, and iterator functions", function()
    assert.equal(6, stats.summary():add_all({ n = 3, 1, 2, 3, 4 }):sum())
    assert.equal(6, stats.summary():add_all(coroutine.wrap(function()
      for i = 1, 3 do coroutine.yield(i) end
    end)):sum())
    assert.error_matches(function() stats.summary():add_all({ n = 3, 1, nil, 3 }) end, "element 2 is nil")
    assert.error_matches(function() stats.summary():add("x") end, "bad argument #1 to 'add' %(number expected, got string%)")
  end)

  it("prints", function()
    assert.equal("summary of 4 values: mean 2.5, standard deviation 1.29099, min 1, max 4", tostring(stats.summary():add_all({ 1, 2, 3, 4 })))
    assert.equal("summary of no values", tostring(stats.summary()))
    assert.matches("^summary of 1 value: mean 7,", tostring(stats.summary():add(7)))
  end)
end)

describe("numbers near the largest that there are", function()
  it("have means and quantiles", function()
    assert.equal(1e308, stats.mean({ 1e308, 1e308 }))
    assert.equal(math.huge, stats.mean({ math.huge, 1 }))
    assert.same({ 0, -5e307 }, { stats.quantile({ -1e308, 1e308 }, 0.5, 0.25) })
    assert.equal(-math.huge, stats.quantile({ -math.huge, 1 }, 0.5))
    assert.equal(0, stats.sketch():add(-1e308):add(1e308):median())
  end)
end)

describe("accumulators", function()
  it("tell calls with a dot", function()
    for _, name in ipairs({ "summary", "sketch", "histogram", "bivariate" }) do
      local accumulator = stats[name]()
      assert.error_matches(function() accumulator.count() end,
        "stats_test.*bad argument to 'count' %(accumulator expected; call it with a colon, `accumulator:count%(…%)`%)$")
    end
  end)
end)

describe("a bivariate", function()
  it("of parts is that of the whole", function()
    for seed = 1, 50 do
      math.randomseed(seed)
      local whole, parts = stats.bivariate(), { stats.bivariate(), stats.bivariate(), stats.bivariate() }
      for _ = 1, 5 + seed do
        local x = 1e6 + math.random()
        local y = 3 * x + math.random()
        whole:add(x, y)
        parts[math.random(3)]:add(x, y)
      end
      local together = stats.merge(parts)
      assert.equal(whole:count(), together:count())
      assert.near(whole:covariance(), together:covariance(), 1e-9)
      assert.near(whole:correlation(), together:correlation(), 1e-9)
      assert.near((whole:linear_regression()), (together:linear_regression()), 1e-8)
      assert.near(3, (whole:linear_regression()), 2)
    end
  end)

  it("takes weights, and prints", function()
    local weighted = stats.bivariate():add(1, 2, 2):add(3, 5)
    assert.same({ weighted:means() }, { stats.bivariate():add_all({ 1, 1, 3 }, { 2, 2, 5 }):means() })
    assert.equal("bivariate of 3 points: correlation 1, y = 2 * x - 1", tostring(stats.bivariate():add_all({ 1, 2, 3 }, { 1, 3, 5 })))
    assert.equal("bivariate of no points", tostring(stats.bivariate()))
    assert.error_matches(function() weighted:add(1) end, "bad argument #2 to 'add' %(number expected, got nil%)")
    assert.error_matches(function() weighted:add(1, 2, -1) end, "bad argument #3 to 'add'")
  end)
end)

describe("stats.merge", function()
  it("leaves what it merges as it was", function()
    for _, kind in ipairs(KINDS) do
      local first, second = stats[kind]():add_all({ 1, 2 }), stats[kind]():add_all({ 3 })
      local before = tostring(first)
      assert.equal(3, stats.merge({ first, second }):count())
      assert.equal(before, tostring(first))
      assert.equal(first, first:merge(second))
      assert.equal(3, first:count())
    end
  end)

  it("merges tables of accumulators by their keys", function()
    local function entry(name, value)
      return { all = stats.summary():add(value), by = { [name] = stats.sketch():add(value) } }
    end
    local all = stats.merge({ entry("a", 1), entry("b", 5), entry("a", 3) })
    assert.equal(3, all.all:mean())
    assert.equal(2, all.by.a:median())
    assert.equal(5, all.by.b:median())
  end)

  it("says that there is nothing to merge", function()
    assert.same({ n = 2, nil, "nothing to merge" }, { n = 2, stats.merge({}) })
  end)

  it("refuses what does not belong together", function()
    assert.error_matches(function() stats.merge({ stats.summary(), stats.sketch() }) end,
      "stats_test.*bad argument #1 to 'merge' %(summary expected, got sketch%)")
    assert.error_matches(function() stats.merge({ 1 }) end, "merge: element 1 must be an accumulator, or a table of them, not 1")
    assert.error_matches(function() stats.merge({ { a = 5 } }) end, "merge: an element%[\"a\"%] must be an accumulator, or a table of them, not 5")
    assert.error_matches(function() stats.merge({ { a = stats.summary() }, stats.summary() }) end, "an element is a summary, where others have a table")
    assert.error_matches(function() stats.merge({ stats.summary(), {} }) end, "an element must be a summary, as others are, not a table")
    assert.error_matches(function() stats.merge() end, "bad argument #1 to 'merge' %(table expected, got nil%)")
  end)
end)

describe("stats on workers", function()
  local lists = { { 1, 2, 3 }, {}, { 4, 5, 6, 7 } }

  it("comes back as what it was", function()
    for _, kind in ipairs(KINDS) do
      local parts = lithops.map(function(list) return stats[kind]():add_all(list) end, lists):get_result()
      assert.equal(getmetatable(stats[kind]()), getmetatable(parts[1]))
      assert.equal(3, parts[1]:add(1):add(2):add(3):count() - 3)
      parts[1] = stats[kind]():add_all(lists[1])
      assert.equal(tostring(stats[kind]():add_all({ 1, 2, 3, 4, 5, 6, 7 })), tostring(stats.merge(parts)))
    end
  end)

  it("reduces", function()
    local all = lithops.map_reduce(function(list)
      return { summary = stats.summary():add_all(list), values = stats.sketch():add_all(list) }
    end, lists, stats.merge):get_result()
    assert.equal(4, all.summary:mean())
    assert.equal(4, all.values:median())
  end)

  it("can be sent to a worker and go on there", function()
    local summary = stats.summary():add_all({ 1, 2 })
    assert.equal(2, lithops.call_async(function(s) return s:add(3):mean() end, summary):result())
  end)

  it("requires nothing of the worker before", function()
    local summary = lithops.call_async(function() return require("stats").summary():add(5) end):result()
    assert.equal(5, summary:mean())
  end)
end)
