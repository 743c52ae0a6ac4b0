local stats = require "stats"

-- Reference values are those of Python's `statistics`, and of its `fractions`.
local DATA = { 2.5, 3.25, 5.5, 11.25, 11.5, -3.75, 0.125, 8.0 }

local KINDS = { "summary", "sketch", "histogram" }

local function is_nan(x)
  return x ~= x
end

local function random_list(seed, n)
  math.randomseed(seed)
  local list = {}
  for i = 1, n do
    list[i] = math.random() * 10 ^ math.random(-2, 3) - 5
  end
  return list
end

-- The list in some parts, empty ones too.
local function parts_of(list, n)
  local parts = {}
  for i = 1, n do
    parts[i] = {}
  end
  for _, value in ipairs(list) do
    local part = parts[math.random(n)]
    part[#part + 1] = value
  end
  return parts
end

local function merged(make, list, n)
  local accumulators = {}
  for i, part in ipairs(parts_of(list, n)) do
    accumulators[i] = make():add_all(part)
  end
  return stats.merge(accumulators)
end

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
  end)
end)

describe("a sketch", function()
  it("is exact for up to k values", function()
    for seed = 1, 20 do
      local list = random_list(seed, seed * 50)
      local sketch = merged(stats.sketch, list, 5)
      assert.is_true(sketch:is_exact())
      assert.equal(0, sketch:rank_error())
      assert.same({ stats.quantile(list, 0, 0.1, 0.25, 0.5, 0.9, 1) }, { sketch:quantile(0, 0.1, 0.25, 0.5, 0.9, 1) })
      assert.equal(stats.median(list), sketch:median())
    end
  end)

  -- The rank that a value has among 1 to n, each as often.
  local function check(sketch, n, allowed)
    local off = 0
    for q = 0.01, 0.995, 0.01 do
      if math.abs(sketch:quantile(q) / n - q) > allowed then
        off = off + 1
      end
    end
    assert.is_true(off <= 5, off .. " of 99 quantiles are off")
  end

  it("keeps its promise for values in any order, in bounded memory", function()
    local n = 200000
    local orders = {
      up = function(i) return i end,
      down = function(i) return n + 1 - i end,
      mixed = function(i) return (i * 7919) % n + 1 end,
      zigzag = function(i) return i % 2 == 0 and i / 2 or n - (i - 1) / 2 end,
    }
    for _, order in pairs(orders) do
      local sketch = stats.sketch()
      for i = 1, n do
        sketch:add(order(i))
      end
      assert.is_true(sketch:rank_error() < 8 / 1024)
      check(sketch, n, sketch:rank_error())
      local kept = #sketch.buffer
      for _, level in ipairs(sketch.levels) do
        kept = kept + #level
      end
      assert.is_true(kept < 4 * 1024)
      assert.same({ 1, n, n }, { sketch:min(), sketch:max(), sketch:count() })
    end
  end)

  it("keeps its promise when it is merged of many", function()
    local n, parts = 200000, {}
    for part = 1, 40 do
      parts[part] = stats.sketch({ k = 128 })
      for i = part, n, 40 do
        parts[part]:add(i)
      end
    end
    local sketch = stats.merge(parts)
    assert.equal(n, sketch:count())
    assert.is_true(sketch:rank_error() < 8 / 128)
    check(sketch, n, sketch:rank_error())
  end)

  it("keeps the weight of all values", function()
    for seed = 1, 30 do
      local list = random_list(seed, 3000)
      local sketch = merged(function() return stats.sketch({ k = 16 }) end, list, 3)
      local weight = sketch.fill
      for level, values in ipairs(sketch.levels) do
        weight = weight + #values * 2 ^ level
      end
      assert.equal(3000, weight)
    end
  end)

  it("takes whole weights", function()
    local weighted, plain = stats.sketch(), {}
    for i, x in ipairs({ 5, 2, 9, 4 }) do
      weighted:add(x, i * 3)
      for _ = 1, i * 3 do
        plain[#plain + 1] = x
      end
    end
    weighted:add(100, 0)
    assert.is_true(weighted:is_exact())
    assert.equal(30, weighted:count())
    assert.same({ stats.quantile(plain, 0, 0.05, 0.3, 0.5, 0.77, 1) }, { weighted:quantile(0, 0.05, 0.3, 0.5, 0.77, 1) })
    assert.error_matches(function() weighted:add(1, 0.5) end, "bad argument #2 to 'add' %(whole number of 0 or more expected, got 0.5%)")
    local heavy = stats.sketch():add(1, 2 ^ 40):add(2, 2 ^ 40)
    assert.same({ 1, 2 }, { heavy:quantile(0.25, 0.75) })
  end)

  it("ranks values", function()
    local sketch = stats.sketch():add_all({ 1, 2, 2, 4 })
    assert.same({ 0, 0.25, 0.75, 0.75, 1, 1 },
      { sketch:rank(0), sketch:rank(1), sketch:rank(2), sketch:rank(3), sketch:rank(4), sketch:rank(9) })
  end)

  it("knows empty ones, NaN and infinite values", function()
    local empty = stats.sketch()
    assert.is_true(is_nan(empty:median()) and is_nan(empty:rank(1)) and is_nan(empty:min()))
    assert.equal(0, empty:rank_error())
    assert.equal("sketch of no values", tostring(empty))
    local with_nan = stats.sketch():add_all({ 1, 0 / 0 })
    assert.equal(2, with_nan:count())
    assert.is_true(is_nan(with_nan:median()))
    local infinite = stats.sketch({ k = 8 })
    for i = 1, 1000 do
      infinite:add(i % 2 == 0 and math.huge or -math.huge)
    end
    assert.same({ -math.huge, math.huge }, { infinite:quantile(0.1, 0.9) })
  end)

  it("refuses what it does not know", function()
    assert.error_matches(function() stats.sketch({ kk = 1 }) end, "stats_test.*sketch: unknown option `kk`; did you mean `k`%?")
    assert.error_matches(function() stats.sketch({ k = 2 }) end, "sketch: option `k` must be a whole number of 8 or more, not 2")
    assert.error_matches(function() stats.sketch():quantile(50) end, "bad argument #1 to 'quantile'")
    assert.error_matches(function() stats.sketch():rank_error(99) end, "bad argument #1 to 'rank_error'")
    assert.error_matches(function() stats.merge({ stats.sketch(), stats.sketch({ k = 64 }) }) end, "sketch with k = 1024 expected, got one with k = 64")
  end)
end)

describe("a histogram", function()
  local function counts(histogram)
    local list = {}
    for i, bin in ipairs(histogram:bins()) do
      list[i] = bin.count
    end
    return list
  end

  it("with fixed bins counts what is in them, and what is not", function()
    local histogram = stats.histogram({ min = 0, max = 10, bins = 5 }):add_all({ 0, 1.9, 2, 9.99, 10, -0.1, 10.1, 0 / 0, math.huge })
    assert.same({ 2, 1, 0, 0, 2 }, counts(histogram))
    assert.same({ 1, 2, 1 }, { histogram:outside() })
    assert.equal(9, histogram:count())
    assert.same({ from = 8, to = 10, count = 2 }, histogram:bins()[5])
  end)

  it("without bounds follows the values", function()
    local histogram = stats.histogram({ bins = 8 }):add_all({ 1, 2, 3, 100 })
    assert.same({ 3, 0, 0, 0, 0, 0, 1 }, counts(histogram))
    assert.same({ from = 0, to = 16, count = 3 }, histogram:bins()[1])
    histogram:add(-200)
    assert.same({ from = -256, to = -192, count = 1 }, histogram:bins()[1])
    assert.equal(5, histogram:count())
    assert.same({}, stats.histogram():bins())
  end)

  it("is the same whatever came first, and where", function()
    for seed = 1, 100 do
      local list = random_list(seed, 1 + seed * 2)
      for _, options in ipairs({ { bins = 2 + seed % 40 }, { min = -5, max = 100, bins = 7 } }) do
        local whole = stats.histogram(options):add_all(list)
        local parts = merged(function() return stats.histogram(options) end, list, 6)
        assert.same(whole:bins(), parts:bins(), "seed " .. seed)
        assert.same({ whole:outside() }, { parts:outside() })
        assert.is_true(#whole:bins() <= (options.bins or 32))
        local total = 0
        for _, bin in ipairs(whole:bins()) do
          total = total + bin.count
        end
        local below, above = whole:outside()
        assert.equal(#list, total + below + above)
      end
    end
  end)

  it("copes with values of any size", function()
    for _, list in ipairs({ { 1e300, -1e300 }, { 5e-324, -5e-324, 0 }, { 1e-300, 2e-300 }, { 1, 1 + 2 ^ -52 }, { 2 ^ 53, 2 ^ 53 + 2 }, { 0 }, { -7, -7 } }) do
      local histogram = stats.histogram({ bins = 2 }):add_all(list)
      local total = 0
      for _, bin in ipairs(histogram:bins()) do
        assert.is_true(bin.from <= bin.to)
        total = total + bin.count
      end
      assert.equal(#list, total)
      assert.is_true(#histogram:bins() <= 2)
    end
  end)

  it("counts what is too far away as outside", function()
    local histogram = stats.histogram():add_all({ 1e308, math.huge, -1e301, 0 / 0, 1 })
    assert.same({ 1, 2, 1 }, { histogram:outside() })
    assert.same({ from = 1, to = 1 + 2 ^ -44, count = 1 }, histogram:bins()[1])
  end)

  it("takes weights", function()
    assert.same({ 2.5, 1 }, counts(stats.histogram({ min = 0, max = 2, bins = 2 }):add(0.5, 2.5):add(1.5):add(1.5, 0)))
  end)

  it("prints", function()
    assert.equal("histogram of 4 values\n           0           1  ####################\n           1           2  "
      .. ("#"):rep(40) .. "\n       above           1", tostring(stats.histogram({ min = 0, max = 2, bins = 2 }):add_all({ 0, 1, 2, 3 })))
    assert.equal("histogram of 0 values", tostring(stats.histogram()))
  end)

  it("refuses what it does not know", function()
    assert.error_matches(function() stats.histogram({ min = 1 }) end, "histogram: options `min` and `max` belong together")
    assert.error_matches(function() stats.histogram({ min = 1, max = 1 }) end, "histogram: option `min` must be less than `max`")
    assert.error_matches(function() stats.histogram({ bin = 1 }) end, "unknown option `bin`; did you mean `bins`%?")
    assert.error_matches(function() stats.histogram({ bins = 1 }) end, "option `bins` must be a whole number of 2 or more, not 1")
    assert.error_matches(function() stats.merge({ stats.histogram(), stats.histogram({ bins = 5 }) }) end, "histogram with the same")
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
