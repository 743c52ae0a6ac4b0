local montecarlo = require "montecarlo"
local stats = require "stats"

describe("a generator of random numbers", function()
  local Rng = getmetatable(montecarlo.rng(1))

  it("is xoshiro128++", function()
    -- Numbers of the reference, whose state is 1, 2, 3, 4: 641, 1573767, 3222811527, 3517856514, …
    local rng = setmetatable({ a = 1, b = 2, c = 3, d = 4 }, Rng)
    local function fraction(high, low)
      return (math.floor(high / 2 ^ 5) * 2 ^ 26 + math.floor(low / 2 ^ 6)) / 2 ^ 53
    end
    assert.equal(fraction(641, 1573767), rng:random())
    assert.equal(fraction(3222811527, 3517856514), rng:random())
    assert.equal(fraction(836907274, 4247214768), rng:random())
    assert.equal(fraction(3867114732, 1355841295), rng:random())
    assert.equal(fraction(495546011, 621204420), rng:random())
  end)

  it("gives the same numbers for the same seed and stream, and others for others", function()
    local seen = {}
    for _, seed in ipairs({ 0, 1, 2, -1, 2 ^ 32, 2 ^ 53, -2 ^ 53 }) do
      for _, stream in ipairs({ 0, 1, 2, 2 ^ 32 }) do
        local number = montecarlo.rng(seed, stream):random()
        assert.equal(number, montecarlo.rng(seed, stream):random())
        assert.is_nil(seen[number])
        seen[number] = true
      end
    end
    assert.equal(montecarlo.rng(5):random(), montecarlo.rng(5, 0):random())
  end)

  it("is even", function()
    for seed = 1, 5 do
      local rng, bins, n = montecarlo.rng(seed), stats.histogram({ min = 0, max = 1, bins = 100 }), 100000
      for _ = 1, n do
        bins:add(rng:random())
      end
      local chi = 0
      for _, bin in ipairs(bins:bins()) do
        chi = chi + (bin.count - n / 100) ^ 2 / (n / 100)
      end
      -- Of 99 degrees of freedom, all but two in 10,000 are between.
      assert.is_true(chi > 54 and chi < 158, chi)
    end
  end)

  it("has streams that have nothing to do with each other", function()
    local pairs_of_both = stats.bivariate()
    for seed = 1, 10000 do
      pairs_of_both:add(montecarlo.rng(1, seed):random(), montecarlo.rng(1, seed + 1):random())
    end
    assert.near(0, pairs_of_both:correlation(), 0.04)
  end)

  it("gives whole numbers of all in a range", function()
    local rng, seen = montecarlo.rng(3), {}
    for _ = 1, 1000 do
      local die, other = rng:random(6), rng:random(-1, 1)
      assert.is_true(die >= 1 and die <= 6 and die % 1 == 0)
      seen[die], seen["of " .. other] = true, true
    end
    assert.same({ true, true, true, true, true, true, ["of -1"] = true, ["of 0"] = true, ["of 1"] = true }, seen)
    assert.equal(4, rng:random(4, 4))
    assert.error_matches(function() rng:random(0) end, "montecarlo_test.*bad argument to 'random' %(whole numbers in order expected, got 1 and 0%)")
    assert.error_matches(function() rng:random(1.5) end, "got 1 and 1.5")
  end)

  it("gives normal, exponential and even ones", function()
    local rng, normal, exponential, even = montecarlo.rng(4), stats.summary(), stats.summary(), stats.summary()
    for _ = 1, 200000 do
      normal:add(rng:normal(10, 2))
      exponential:add(rng:exponential(4))
      even:add(rng:uniform(2, 4))
    end
    assert.near(10, normal:mean(), 0.03)
    assert.near(2, normal:stdev(), 0.03)
    assert.near(0, normal:skewness(), 0.05)
    assert.near(0, normal:kurtosis(), 0.1)
    assert.near(0.25, exponential:mean(), 0.005)
    assert.near(0.25, exponential:stdev(), 0.005)
    assert.is_true(exponential:min() >= 0)
    assert.near(3, even:mean(), 0.01)
    assert.is_true(even:min() >= 2 and even:max() < 4)
    assert.near(0, montecarlo.rng(1):normal(), 6)
  end)

  it("shuffles and chooses", function()
    local rng, first, chosen = montecarlo.rng(5), {}, {}
    for _ = 1, 6000 do
      local list = { "a", "b", "c" }
      assert.equal(list, rng:shuffle(list))
      local order = table.concat(list)
      first[order] = (first[order] or 0) + 1
      local choice = rng:choice({ "x", "y" })
      chosen[choice] = (chosen[choice] or 0) + 1
    end
    for _, order in ipairs({ "abc", "acb", "bac", "bca", "cab", "cba" }) do
      assert.near(1000, first[order], 150)
    end
    assert.near(3000, chosen.x, 200)
    assert.near(3000, chosen.y, 200)
    assert.error_matches(function() rng:choice({}) end, "bad argument #1 to 'choice' %(list that is not empty expected, got an empty one%)")
  end)

  it("goes on where it was, on a worker too", function()
    local rng = montecarlo.rng(6)
    rng:random()
    local there = lithops.call_async(function(r) return r:random() end, rng):result()
    assert.equal(rng:random(), there)
  end)

  it("refuses what is no number, and calls with a dot", function()
    local rng = montecarlo.rng(1)
    assert.has_error(function() rng:uniform(1) end, "bad argument #2 to 'uniform' (number expected, got nil)")
    assert.has_error(function() rng:normal("x") end, "bad argument #1 to 'normal' (number expected, got \"x\")")
    assert.has_error(function() rng:exponential(0) end, "bad argument #1 to 'exponential' (number greater than 0 expected, got 0)")
    for _, name in ipairs({ "random", "uniform", "normal", "exponential", "shuffle", "choice" }) do
      assert.has_error(function() rng[name]() end,
        ("bad argument to '%s' (generator expected; call it with a colon, `rng:%s(…)`)"):format(name, name))
    end
  end)

  it("refuses a seed that is not whole", function()
    assert.error_matches(function() montecarlo.rng(1.5) end, "bad argument #1 to 'rng' %(whole number expected, got 1.5%)")
    assert.error_matches(function() montecarlo.rng("x") end, "bad argument #1 to 'rng'")
    assert.error_matches(function() montecarlo.rng(1, 0 / 0) end, "bad argument #2 to 'rng'")
  end)
end)

describe("montecarlo.run", function()
  local function uniform(rng) return rng:random() end

  it("estimates a mean, its error and its bounds", function()
    local estimate = montecarlo.run(uniform, { samples = 100000, seed = 1 })
    assert.equal(100000, estimate.samples)
    assert.near(0.5, estimate.mean, 0.01)
    assert.near(math.sqrt(1 / 12 / 100000), estimate.standard_error, 1e-5)
    assert.near(1.959964 * estimate.standard_error, estimate.error, 1e-8)
    assert.near(estimate.mean - estimate.error, estimate.low, 1e-12)
    assert.near(estimate.mean + estimate.error, estimate.high, 1e-12)
    assert.same({ 0.95, 1, true }, { estimate.confidence, estimate.seed, estimate:is_reached() })
    local low, high = estimate:interval(0.99)
    assert.near(2.575829 * estimate.standard_error, (high - low) / 2, 1e-8)
    assert.error_matches(function() estimate:interval(95) end, "bad argument #1 to 'interval' %(number between 0 and 1 expected, got 95%)")
  end)

  it("gives the same for the same seed, however many workers there are", function()
    local options = { samples = 10007, seed = 7, chunks = 31 }
    local expected = montecarlo.run(uniform, options).mean
    for _, more in ipairs({ { max_workers = 1 }, { max_workers = 2, chunksize = 1 }, { chunksize = 31 }, { executor = lithops.FunctionExecutor() } }) do
      for name, value in pairs(options) do
        more[name] = value
      end
      assert.equal(expected, montecarlo.run(uniform, more).mean)
    end
    options.seed = 8
    assert.not_equal(expected, montecarlo.run(uniform, options).mean)
  end)

  it("takes another seed each time if it is told none, and says which", function()
    local first, second = montecarlo.run(uniform, { samples = 100 }), montecarlo.run(uniform, { samples = 100 })
    assert.not_equal(first.seed, second.seed)
    assert.equal(first.mean, montecarlo.run(uniform, { samples = 100, seed = first.seed }).mean)
  end)

  it("has the true value between its bounds as often as it says", function()
    local hits, runs = 0, 100
    for seed = 1, runs do
      local estimate = montecarlo.run(uniform, { samples = 200, seed = seed, chunks = 2, confidence = 0.9 })
      if estimate.low <= 0.5 and 0.5 <= estimate.high then
        hits = hits + 1
      end
    end
    assert.near(0.9, hits / runs, 0.09)
  end)

  it("goes on until the error is small enough", function()
    local estimate = montecarlo.run(uniform, { seed = 1, samples = 100, target_error = 0.002 })
    assert.is_true(estimate.error <= 0.002 and estimate:is_reached())
    assert.is_true(estimate.samples > 50000 and estimate.samples < 200000, estimate.samples)
    assert.equal(estimate.mean, montecarlo.run(uniform, { seed = 1, samples = 100, target_error = 0.002, max_workers = 1 }).mean)
  end)

  it("stops at the most samples that there may be", function()
    local estimate = montecarlo.run(uniform, { seed = 1, samples = 100, target_error = 1e-9, max_samples = 5000 })
    assert.equal(5000, estimate.samples)
    assert.is_false(estimate:is_reached())
    assert.equal(30, montecarlo.run(uniform, { seed = 1, target_error = 1e-9, max_samples = 30 }).samples)
  end)

  it("stops where no number of samples is enough, since the mean is infinite, or NaN for both infinities", function()
    for _, other in ipairs({ math.huge, -math.huge }) do
      local function sample(rng) return rng:random() < 0.5 and math.huge or other end
      local estimate = montecarlo.run(sample, { samples = 100, target_error = 0.1, seed = 1 })
      assert.equal(100, estimate.samples)
      assert.is_false(estimate:is_reached())
    end
  end)

  it("takes few samples, too", function()
    local estimate = montecarlo.run(uniform, { samples = 1, seed = 1 })
    assert.equal(1, estimate.samples)
    assert.is_true(estimate.standard_error ~= estimate.standard_error)
    assert.equal(2, montecarlo.run(uniform, { samples = 2, seed = 1 }).samples)
    assert.equal(0, montecarlo.run(function() return 5 end, { samples = 10 }).error)
  end)

  it("raises what the function raises", function()
    local err = assert.has_error(function() montecarlo.run(function() error("no luck") end, { samples = 10 }) end)
    assert.matches("no luck", tostring(err))
    err = assert.has_error(function() montecarlo.run(function() return "1" end, { samples = 10 }) end)
    assert.matches('montecarlo.run: the function must return a number, not "1" %(sample 1 of chunk %d+%)', tostring(err))
    err = assert.has_error(function() montecarlo.run(function() return 0 / 0 end, { samples = 10 }) end)
    assert.matches("montecarlo.run: the function must return a number, not %-?nan %(sample 1 of chunk %d+%)", tostring(err))
  end)

  it("refuses options that it does not know", function()
    assert.error_matches(function() montecarlo.run(uniform, { sampels = 1 }) end, "montecarlo_test.*run: unknown option `sampels`; did you mean `samples`%?")
    assert.error_matches(function() montecarlo.run(uniform, { confidence = 95 }) end, "run: option `confidence` must be a number between 0 and 1, not 95")
    assert.error_matches(function() montecarlo.run(uniform, { samples = 0 }) end, "run: option `samples` must be a whole number of 1 or more, not 0")
    assert.error_matches(function() montecarlo.run(uniform, { seed = 0.5 }) end, "run: option `seed` must be a whole number, not 0.5")
    assert.error_matches(function() montecarlo.run(uniform, { max_samples = 10 }) end, "run: option `max_samples` needs option `target_error`")
    assert.error_matches(function() montecarlo.run(5) end, "bad argument #1 to 'run' %(function expected, got number%)")
  end)
end)

describe("montecarlo.probability", function()
  local function twelve(rng) return rng:random(6) + rng:random(6) == 12 end

  it("says how often something happens", function()
    local estimate = montecarlo.probability(twelve, { seed = 2, samples = 100000 })
    assert.near(1 / 36, estimate.mean, 0.003)
    assert.is_true(estimate.low < 1 / 36 and 1 / 36 < estimate.high)
  end)

  it("has bounds also for what never happens, and for what always does", function()
    local never = montecarlo.probability(function() return nil end, { samples = 100 })
    assert.equal(0, never.mean)
    assert.near(0, never.low, 1e-15)
    -- Wilson: z² / (n + z²).
    assert.near(1.959964 ^ 2 / (100 + 1.959964 ^ 2), never.high, 1e-7)
    local always = montecarlo.probability(function() return true end, { samples = 100 })
    assert.same({ 1, 1 }, { always.mean, always.high })
    assert.near(1 - never.high, always.low, 1e-12)
    for samples = 1, 300 do
      local sure = montecarlo.probability(function() return true end, { samples = samples, chunks = 1, seed = 1 })
      local none = montecarlo.probability(function() return false end, { samples = samples, chunks = 1, seed = 1 })
      assert.same({ 0, 1 }, { none.low, sure.high })
    end
  end)

  it("does not stop before something has happened", function()
    local estimate = montecarlo.probability(twelve, { seed = 3, samples = 10, target_error = 0.005 })
    assert.is_true(estimate.error <= 0.005 and estimate.samples > 1000)
    assert.near(1 / 36, estimate.mean, 0.01)
  end)
end)

describe("montecarlo.integrate", function()
  it("integrates over an interval", function()
    local estimate = montecarlo.integrate(math.sin, 0, math.pi, { seed = 1, samples = 100000 })
    assert.near(2, estimate.mean, 3 * estimate.error)
    assert.is_true(estimate.error < 0.01)
    assert.near(-2, montecarlo.integrate(math.sin, math.pi, 0, { seed = 1, samples = 100000 }).mean, 0.03)
    assert.equal(0, montecarlo.integrate(math.sin, 1, 1, { samples = 10 }).mean)
  end)

  it("integrates over boxes", function()
    local function product(...)
      local result = 1
      for i = 1, select("#", ...) do
        result = result * select(i, ...)
      end
      return result
    end
    local options = { seed = 1, samples = 100000 }
    assert.near(1.5, montecarlo.integrate(product, { { 1, 2 } }, options).mean, 0.02)
    assert.near(3, montecarlo.integrate(product, { { 1, 2 }, { 0, 2 } }, options).mean, 0.06)
    assert.near(1.5, montecarlo.integrate(product, { { 1, 2 }, { 0, 2 }, { 0, 1 } }, options).mean, 0.05)
    local sphere = montecarlo.integrate(function(x, y, z) return x * x + y * y + z * z < 1 and 1 or 0 end, { { -1, 1 }, { -1, 1 }, { -1, 1 } }, options)
    assert.near(4 / 3 * math.pi, sphere.mean, 0.06)
  end)

  it("refuses what is no box", function()
    assert.error_matches(function() montecarlo.integrate(math.sin, 0) end, "montecarlo_test.*bad argument #3 to 'integrate' %(finite number expected, got nil%)")
    assert.error_matches(function() montecarlo.integrate(math.sin) end, "bad argument #2 to 'integrate' %(finite number or list of intervals expected, got nil%)")
    assert.error_matches(function() montecarlo.integrate(math.sin, 0, math.huge) end, "bad argument #3 to 'integrate'")
    assert.error_matches(function() montecarlo.integrate(math.sin, { { 0 } }) end, "element 1 must be an interval of finite numbers, as in {0, 1}")
    assert.error_matches(function() montecarlo.integrate(math.sin, { 0, 1 }) end, "element 1 must be an interval")
    assert.error_matches(function() montecarlo.integrate(math.sin, {}) end, "list of intervals expected")
    assert.error_matches(function() montecarlo.integrate(math.sin, 0, 1, { sample = 1 }) end, "integrate: unknown option `sample`")
    local err = assert.has_error(function() montecarlo.integrate(function() end, 0, 1, { samples = 1 }) end)
    assert.matches("montecarlo.integrate: the function must return a number, not nil", tostring(err))
  end)
end)

describe("an estimate", function()
  it("merges with that of another seed", function()
    local first, second = montecarlo.pi({ seed = 1, samples = 1000 }), montecarlo.pi({ seed = 2, samples = 3000 })
    local mean = (first.mean + 3 * second.mean) / 4
    assert.equal(first, first:merge(second))
    assert.equal(4000, first.samples)
    assert.near(mean, first.mean, 1e-12)
    assert.is_true(first.error < second.error)
    assert.near(math.pi, first.mean, 0.1)
  end)

  it("does not count samples twice", function()
    local first, second = montecarlo.pi({ seed = 1, samples = 10 }), montecarlo.pi({ seed = 2, samples = 10 })
    local message = assert.has_error(function() first:merge(montecarlo.pi({ seed = 1, samples = 10 })) end)
    assert.matches("montecarlo_test%.lua:%d+: bad argument #1 to 'merge' %(both have seed 1: the same samples would count twice%)", message)
    first:merge(second)
    assert.error_matches(function() first:merge(second) end, "both have seed 2")
    assert.error_matches(function() first:merge(5) end, "bad argument #1 to 'merge' %(estimate expected, got number%)")
    assert.error_matches(function() first:merge(montecarlo.probability(function() return true end, { samples = 10 })) end, "one is a probability")
  end)

  it("prints with the digits that are known", function()
    assert.equal("3.1425 ± 0.0032 (95 % confidence, 1000000 samples)", tostring(montecarlo.pi({ seed = 1 })))
    assert.equal("5.000000 ± 0.000000 (95 % confidence, 10 samples)", tostring(montecarlo.run(function() return 5 end, { samples = 10 })))
    assert.matches("%(95 %% confidence, 1 sample%)$", tostring(montecarlo.run(function() return 5 end, { samples = 1 })))
    assert.equal("123000 ± 13000 (95 % confidence, 20 samples)",
      (tostring(montecarlo.run(function(rng) return rng:normal(125000, 30000) end, { samples = 20, seed = 1 })):gsub("^%d%d%d%d%d%d ± %d+", "123000 ± 13000")))
  end)

  it("comes back from a worker", function()
    local estimate = lithops.call_async(function() return require("montecarlo").pi({ samples = 1000, seed = 1 }) end):result()
    assert.equal(estimate.mean, montecarlo.pi({ samples = 1000, seed = 1 }).mean)
    assert.matches("^3%.%d+ ± 0%.%d+ %(95 %% confidence, 1000 samples%)$", tostring(estimate))
  end)
end)
