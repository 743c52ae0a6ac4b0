local search = require "search"

local function bowl(p) return (p.x - 3) ^ 2 + (p.y or 0) end

-- The parameter `x` of all trials.
local function xs(result)
  local list = {}
  for i, trial in ipairs(result.trials) do
    list[i] = trial.params.x
  end
  return list
end

describe("search.grid", function()
  it("tries all parameters", function()
    local seen = {}
    local found = search.grid(function(p) return p.a * 100 + #p.b end, { a = { 1, 2 }, b = { "x", "yy", "zzz" }, c = true })
    for _, trial in ipairs(found.trials) do
      seen[#seen + 1] = { trial.params.a, trial.params.b, trial.params.c, trial.score, trial.number }
    end
    assert.same({ { 1, "x", true, 101, 1 }, { 1, "yy", true, 102, 2 }, { 1, "zzz", true, 103, 3 },
      { 2, "x", true, 201, 4 }, { 2, "yy", true, 202, 5 }, { 2, "zzz", true, 203, 6 } }, seen)
    assert.equal(found.trials[1], found.best)
    assert.same({ a = 1, b = "x", c = true }, found.best.params)
    assert.equal(0, found.failed)
  end)

  it("finds the greatest if it is told so", function()
    assert.equal(1, search.grid(bowl, { x = { 1, 2, 3, 4 } }, { maximize = true }).best.params.x)
    assert.equal(1, search.grid(bowl, { x = { 1, 2, 3, 4 } }, { minimize = false }).best.params.x)
    assert.equal(3, search.grid(bowl, { x = { 1, 2, 3, 4 } }, { minimize = true }).best.params.x)
    assert.same({ 1, 2, 4, 3 }, xs(search.grid(bowl, { x = { 3, 2, 1, 4 } }, { maximize = true, max_workers = 1 })), "of equal ones the first is first")
  end)

  it("makes points of intervals", function()
    assert.same({ 0, 0.5, 1 }, xs(search.grid(function(p) return p.x end, { x = search.uniform(0, 1) }, { steps = 3 })))
    assert.same({ 0.5 }, xs(search.grid(function(p) return p.x end, { x = search.uniform(0, 1) }, { steps = 1 })))
    assert.same({ 2, 3, 4 }, xs(search.grid(function(p) return p.x end, { x = search.int(2, 4) })))
    assert.same({ 0, 5, 10 }, xs(search.grid(function(p) return p.x end, { x = search.int(0, 10) }, { steps = 3 })))
    local logarithmic = xs(search.grid(function(p) return p.x end, { x = search.log_uniform(0.01, 100) }, { steps = 5 }))
    for i, expected in ipairs({ 0.01, 0.1, 1, 10, 100 }) do
      assert.near(expected, logarithmic[i], 1e-12 * expected)
    end
    assert.same({ 0.01, 100 }, { logarithmic[1], logarithmic[5] })
    assert.error_matches(function() search.grid(bowl, { x = search.uniform(0, 1) }) end,
      "search_test.*grid: parameter `x` has any number of values; option `steps` says how many of them are tried, or list them")
  end)

  it("takes a table as a value, and functions as choices", function()
    local found = search.grid(function(p) return p.f(p.x[1]) end, { x = search.fixed({ 5, 6 }), f = { math.abs, function(x) return -x end } })
    assert.equal(-5, found.best.score)
    assert.same({ 5, 6 }, found.best.params.x)
  end)

  it("refuses a grid of too many points", function()
    assert.error_matches(function() search.grid(bowl, { x = search.int(1, 1e15) }) end, "grid: the space has more than 1000000 points; `search.random`")
    assert.error_matches(function() search.grid(bowl, { x = search.int(1, 2000), y = search.int(1, 2000) }) end, "more than 1000000 points")
  end)

  it("is a job", function()
    local executor = lithops.FunctionExecutor({ max_workers = 1 })
    local found = search.grid(function(p) return p.x + tonumber(os.getenv("ADDED")) end, { x = { 1, 2 } }, { executor = executor, extra_env = { ADDED = "10" } })
    assert.same({ 11, 12 }, { found.trials[1].score, found.trials[2].score })
  end)
end)

describe("search.random", function()
  local SPACE = { x = search.uniform(0, 5), y = search.log_uniform(0.1, 10), k = search.int(1, 3), c = { "a", "b" }, fixed = 7 }

  it("tries parameters that the space allows", function()
    local kinds = {}
    local found = search.random(bowl, SPACE, { n = 200, seed = 1 })
    assert.equal(200, #found.trials)
    for _, trial in ipairs(found.trials) do
      local p = trial.params
      assert.is_true(p.x >= 0 and p.x < 5 and p.y >= 0.1 and p.y < 10 and p.fixed == 7)
      kinds[p.k], kinds[p.c] = true, true
    end
    assert.same({ true, true, true, a = true, b = true }, kinds)
    local below_1 = 0
    for _, trial in ipairs(found.trials) do
      below_1 = below_1 + (trial.params.y < 1 and 1 or 0)
    end
    assert.near(100, below_1, 30)
    assert.is_true(found.best.score < 1)
  end)

  it("tries the same for the same seed, however many workers there are", function()
    local expected = search.random(bowl, SPACE, { n = 30, seed = 5 })
    assert.same(xs(expected), xs(search.random(bowl, SPACE, { n = 30, seed = 5, max_workers = 1 })))
    assert.not_same(xs(expected), xs(search.random(bowl, SPACE, { n = 30, seed = 6 })))
    assert.equal(5, expected.seed)
  end)

  it("takes another seed each time, and says which", function()
    local first = search.random(bowl, SPACE)
    assert.equal(20, #first.trials)
    assert.not_same(xs(first), xs(search.random(bowl, SPACE)))
    assert.same(xs(first), xs(search.random(bowl, SPACE, { seed = first.seed })))
  end)
end)

describe("search.halving", function()
  -- Worse by what is missing in the budget, so that scores of different budgets cannot be compared.
  local function trained(p, budget)
    return (p.x - 3) ^ 2 + 100 / budget
  end

  it("spends more on fewer", function()
    local found = search.halving(trained, { x = search.uniform(0, 6) }, { max_budget = 27, seed = 1 })
    local count = {}
    for _, trial in ipairs(found.trials) do
      count[trial.budget] = (count[trial.budget] or 0) + 1
    end
    assert.same({ [1] = 27, [3] = 9, [9] = 3, [27] = 1 }, count)
    assert.equal(27, found.best.budget)
    -- What was best with little is best with much here.
    local all = search.random(function(p) return trained(p, 1) end, { x = search.uniform(0, 6) }, { n = 27, seed = 1 })
    assert.equal(all.best.params.x, found.best.params.x)
    assert.equal(all.best.number, found.best.number)
    for i = 2, #found.trials do
      assert.is_true(found.trials[i].budget <= found.trials[i - 1].budget)
    end
  end)

  it("can be told how many and how much", function()
    local found = search.halving(trained, { x = search.uniform(0, 6) }, { n = 10, eta = 2, min_budget = 0.5, max_budget = 3, seed = 1 })
    local count = {}
    for _, trial in ipairs(found.trials) do
      count[trial.budget] = (count[trial.budget] or 0) + 1
    end
    assert.same({ [0.75] = 10, [1.5] = 5, [3] = 2 }, count)
    assert.same({ 5 }, { search.halving(trained, { x = { 3 } }, { min_budget = 5, max_budget = 5 }).best.budget })
    found = search.halving(trained, { x = search.uniform(0, 6) }, { max_budget = 100, eta = 4, seed = 1 })
    local budgets = {}
    for _, trial in ipairs(found.trials) do
      budgets[trial.budget] = true
    end
    assert.same({ [2] = true, [6] = true, [25] = true, [100] = true }, budgets)
  end)

  it("goes on without those that failed", function()
    local found = search.halving(function(p, budget)
      if p.x > 2 then error("too large") end
      if budget > 3 then error("out of memory") end
      return p.x
    end, { x = search.uniform(0, 4) }, { max_budget = 27, seed = 1 })
    assert.equal(3, found.best.budget)
    assert.is_true(found.best.params.x <= 2)
    assert.is_true(found.failed > 10)
    local last = found.trials[#found.trials]
    assert.is_nil(last.score)
    assert.matches("out of memory", last.error)
  end)

  it("wants to know the budget", function()
    assert.error_matches(function() search.halving(trained, { x = { 1 } }, { max_budget = 1e12 }) end,
      "search_test.*halving: 847288609443 trials would be needed for one to be left in the last round; give fewer in option `n`")
    assert.error_matches(function() search.halving(trained, { x = { 1 } }, { max_budget = 27, eta = 1.001, n = 1 }) end,
      "halving: option `eta`, 1.001, makes 3298 rounds, which are 1000 at most")
    assert.error_matches(function() search.random(trained, { x = { 1 } }, { n = 1e9 }) end,
      "random: option `n` must be a whole number from 1 to 1000000, not 1000000000")
    assert.error_matches(function() search.uniform(-1e308, 1e308) end, "search_test.*bounds that are nearer to each other expected")
    assert.error_matches(function() search.halving(trained, { x = { 1 } }) end, "search_test.*halving: option `max_budget` is missing")
    assert.error_matches(function() search.halving(trained, { x = { 1 } }, { max_budget = 1, min_budget = 2 }) end, "must not be less than `min_budget`, which is 2")
    assert.error_matches(function() search.halving(trained, { x = { 1 } }, { max_budget = 9, eta = 1 }) end, "halving: option `eta` must be a number greater than 1, not 1")
  end)
end)

describe("a trial of a search", function()
  it("may fail, and says why", function()
    local found = search.grid(function(p)
      if p.x == 1 then error("no luck") end
      if p.x == 2 then return 0 / 0 end
      if p.x == 3 then return "3" end
      if p.x == 4 then return end
      return p.x, { note = "fine" }
    end, { x = { 1, 2, 3, 4, 5 } })
    assert.same({ 5, 4 }, { found.best.params.x, found.failed })
    assert.same({ note = "fine" }, found.best.info)
    local reasons = {}
    for i = 2, 5 do
      reasons[i - 1] = found.trials[i].error
      assert.equal("lua_error", found.trials[i].kind)
    end
    assert.matches("no luck", reasons[1])
    assert.matches("the function must return a number, not %-?nan", reasons[2])
    assert.matches('the function must return a number, not "3"', reasons[3])
    assert.matches("the function must return a number, not nil", reasons[4])
  end)

  it("may run out of time, and be tried again", function()
    local found = search.grid(function(p)
      while p.x == 1 do lithops.sleep(0.01) end
      return p.x
    end, { x = { 1, 2 } }, { timeout = 3 })
    assert.equal(2, found.best.params.x)
    assert.equal("timeout", found.trials[2].kind)
    found = search.grid(function(p)
      if lithops.call.attempt < 2 then error("not yet") end
      return p.x
    end, { x = { 1, 2 } }, { retries = 1 })
    assert.equal(0, found.failed)
  end)

  it("has failed where all have", function()
    local message = assert.has_error(function() search.grid(function(p) error("no " .. p.x) end, { x = { "water", "air" } }) end)
    assert.matches("^[^\n]*search_test%.lua:%d+: grid: all 2 trials failed; the first one: [^\n]*no water$", message)
  end)

  it("is infinite if it likes", function()
    local found = search.grid(function(p) return p.x == 1 and math.huge or 5 end, { x = { 1, 2 } })
    assert.same({ 5, math.huge }, { found.best.score, found.trials[2].score })
  end)
end)

describe("a space", function()
  it("refuses what it cannot be", function()
    local refused = {
      { function() search.grid(bowl, {}) end, "the space has no parameters" },
      { function() search.grid(bowl, { 1, 2 }) end, "a space has names of parameters, not 1" },
      { function() search.grid(bowl, { x = {} }) end, "parameter `x` must be a list of choices, and is an empty table" },
      { function() search.grid(bowl, { x = { a = 1 } }) end, "parameter `x` must be a list of choices, without holes and without fields; `search.fixed` makes a value of a table" },
      { function() search.grid(bowl) end, "bad argument #2 to 'grid' %(table expected, got nil%)" },
      { function() search.random({ x = 1 }, bowl) end, "bad argument #1 to 'random' %(function expected, got table%)" },
      { function() search.uniform(2, 1) end, "bad argument #2 to 'uniform' %(the upper bound, 1, is below the lower one, 2%)" },
      { function() search.uniform(1) end, "bad argument #2 to 'uniform' %(finite number expected, got nil%)" },
      { function() search.int(1, 2.5) end, "bad argument to 'int' %(whole numbers expected, got 1 and 2.5%)" },
      { function() search.log_uniform(0, 1) end, "bad argument #1 to 'log_uniform' %(number greater than 0 expected, got 0%)" },
      { function() search.random(bowl, { x = { 1 } }, { minimise = true }) end, "random: unknown option `minimise`; did you mean `minimize`%?" },
      { function() search.random(bowl, { x = { 1 } }, { minimize = true, maximize = true }) end, "options `minimize` and `maximize` exclude each other" },
      { function() search.random(bowl, { x = { 1 } }, { n = 0 }) end, "option `n` must be a whole number from 1 to 1000000, not 0" },
    }
    for _, case in ipairs(refused) do
      assert.error_matches(case[1], "search_test%.lua:%d+: .*" .. case[2])
    end
  end)
end)

describe("the result of a search", function()
  it("prints as a table", function()
    local found = search.grid(function(p)
      if p.x == 2 then error("no luck", 0) end
      return bowl(p)
    end, { x = { 1, 2, 3 }, y = { 0.25 }, z = "größe" })
    assert.equal([[
best of 3 trials, 1 failed: score 0.25 with x = 3, y = 0.25, z = größe
  score   x  y     z
  0.25    3  0.25  größe
  4.25    1  0.25  größe
  failed  2  0.25  größe  no luck]], tostring(found))
  end)

  it("may be of choices that a job gave", function()
    assert.equal(1, search.grid(function(p) return p.x end, { x = { 2, 1, n = 2 } }).best.score)
    assert.error_matches(function() search.grid(bowl, { x = { 2, nil, 1 } }) end, "`x` must be a list of choices, without holes and without fields")
  end)

  it("prints the first of many", function()
    local text = tostring(search.grid(bowl, { x = search.int(1, 50) }))
    assert.equal(13, select(2, text:gsub("\n", "\n")) + 1)
    assert.matches("\n  … and 40 more$", text)
  end)

  it("comes back from a worker", function()
    local found = lithops.call_async(function()
      local there = require "search"
      return there.grid(function(p) return p.x end, { x = { 2, 1 } })
    end):result()
    assert.equal(1, found.best.params.x)
    assert.equal(found.trials[1], found.best)
    assert.matches("^best of 2 trials: score 1 with x = 1\n", tostring(found))
  end)
end)
