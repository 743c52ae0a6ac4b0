--- Accumulators of where values are: sketches of their ranks, histograms of their number.
local stats = require "stats"
local support = require "support_stats"

local is_nan, random_list, merged = support.is_nan, support.random_list, support.merged

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
    assert.error_matches(function() stats.sketch({ kk = 1 }) end, "stats_sketch_test.*sketch: unknown option `kk`; known are `k`")
    assert.error_matches(function() stats.sketch({ k = 2 }) end, "sketch: option `k` must be a whole number of 8 or more, not 2")
    assert.error_matches(function() stats.sketch():quantile(50) end, "bad argument #1 to 'quantile'")
    assert.error_matches(function() stats.sketch():rank_error(99) end, "bad argument #1 to 'rank_error'")
    assert.error_matches(function() stats.merge({ stats.sketch(), stats.sketch({ k = 64 }) }) end, "sketch with k = 1024 expected, got one with k = 64")
  end)
end)

describe("a sketch", function()
  it("can be added to itself", function()
    local sketch = stats.sketch({ k = 64 })
    for i = 1, 5000 do
      sketch:add(i)
    end
    sketch:merge(sketch)
    assert.equal(10000, sketch:count())
    assert.near(2500, sketch:median(), 5000 * sketch:rank_error())
    assert.same({ 1, 5000 }, { sketch:quantile(0, 1) })
  end)

  it("is not changed by what it refuses, and counts NaN as often as it is told", function()
    local sketch = stats.sketch():add(1):add(2)
    assert.error_matches(function() sketch:add(100, -1) end, "whole number of 0 or more expected, got %-1")
    assert.error_matches(function() sketch:add(0 / 0, "x") end, 'whole number of 0 or more expected, got "x"')
    assert.same({ 1, 2 }, { sketch:min(), sketch:max() })
    assert.equal(5, sketch:add(0 / 0, 3):add(0 / 0, 0):count())
  end)
end)

describe("a histogram", function()
  it("has each value in the bin that it says it is in", function()
    for _, options in ipairs({ { min = 0, max = 1, bins = 10 }, { min = 0, max = 100, bins = 33 }, { min = -1, max = 1, bins = 7 } }) do
      for i = 1, options.bins do
        local start = stats.histogram(options):bins()[i].from
        for _, x in ipairs({ start, start + 1e-3 }) do
          assert.equal(1, stats.histogram(options):add(x):bins()[i].count, ("%.17g"):format(x))
        end
      end
    end
  end)

  it("refuses bins that there cannot be", function()
    assert.error_matches(function() stats.histogram({ min = -1e308, max = 1e308 }) end, "stats_sketch_test.*are too far from each other for bins")
    assert.error_matches(function() stats.histogram({ bins = 2 ^ 31 }) end, "option `bins` must be a whole number from 2 to 1000000")
  end)

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
    assert.matches("^histogram of 1 value\n", tostring(stats.histogram():add(1)))
    assert.matches("^sketch of 1 value: min 1,", tostring(stats.sketch():add(1)))
  end)

  it("prints bins far from 0 with as many digits as tell them apart", function()
    for _, far in ipairs({ 1e6, 1e9, -1e12, 2 ^ 52 }) do
      local histogram = stats.histogram()
      for i = 1, 20 do
        histogram:add(far + i)
      end
      local seen, column = {}, nil
      for label in tostring(histogram):gmatch("\n( *[-+%d.e]+)") do
        assert.is_nil(seen[label])
        seen[label] = true
        column = column or #label
        assert.equal(column, #label)
      end
      assert.is_true(next(seen) ~= nil)
    end
    assert.matches("\n     1000001           1  #", tostring(stats.histogram():add_all({ 1e6 + 1, 1e6 + 2 })))
  end)

  it("refuses what it does not know", function()
    assert.error_matches(function() stats.histogram({ min = 1 }) end, "histogram: options `min` and `max` belong together")
    assert.error_matches(function() stats.histogram({ min = 1, max = 1 }) end, "histogram: option `min` must be less than `max`")
    assert.error_matches(function() stats.histogram({ bin = 1 }) end, "unknown option `bin`; did you mean `bins`%?")
    assert.error_matches(function() stats.histogram({ bins = 1 }) end, "option `bins` must be a whole number from 2 to 1000000, not 1")
    assert.error_matches(function() stats.merge({ stats.histogram(), stats.histogram({ bins = 5 }) }) end, "histogram with the same")
  end)
end)
