--- Searches for the parameters with which a function gives the least number, or the greatest, on workers.
---
---    local search = require "search"
---    local found = search.random(train, { rate = search.log_uniform(1e-4, 1), depth = search.int(1, 8) }, { n = 100, seed = 1 })
---    print(found.best.score, found.best.params.rate)
---
--- What is where: `space` says what values parameters may have, `trials` runs them, `halving` runs rounds of them, `result` is what comes out.
local arguments = require "lithops.arguments"
local halving = require "search.halving"
local Result = require "search.result"
local Rng = require "montecarlo.rng"
local spaces = require "search.space"
local trials = require "search.trials"

local search = {
  uniform = spaces.uniform,
  log_uniform = spaces.log_uniform,
  int = spaces.int,
  fixed = spaces.fixed,
}

local DEFAULT_N = 20

local function positive(value)
  return type(value) == "number" and value > 0 and value < math.huge
end

local POSITIVE_NUMBER = { "a number greater than 0", positive }
local COMMON = arguments.joined(arguments.MAP, {
  executor = arguments.EXECUTOR,
  minimize = arguments.BOOLEAN,
  maximize = arguments.BOOLEAN,
})
local RANDOM = arguments.joined(COMMON, {
  n = {
    ("a whole number from 1 to %d"):format(spaces.MOST),
    function(value) return arguments.POSITIVE[2](value) and value <= spaces.MOST end,
  },
  seed = { "a whole number", function(value) return type(value) == "number" and value % 1 == 0 and math.abs(value) <= 2 ^ 53 end },
})
local OPTIONS = {
  grid = arguments.joined(COMMON, { steps = arguments.POSITIVE }),
  random = RANDOM,
  halving = arguments.joined(RANDOM, {
    min_budget = POSITIVE_NUMBER,
    max_budget = POSITIVE_NUMBER,
    eta = { "a number greater than 1", function(value) return positive(value) and value > 1 end },
  }),
}

-- The dimensions of a space, and the options, both checked.
local function checked(name, fn, space, options)
  arguments.check_type(fn, "function", 1, name)
  arguments.check_type(space, "table", 2, name)
  options = arguments.options(options, OPTIONS[name], name)
  return spaces.dimensions(space), options, { is_maximized = trials.is_maximized(options, name) }
end

local function random_params(dimensions, n, seed)
  local rng, list = Rng.new(seed), {}
  for i = 1, n do
    list[i] = spaces.sample(dimensions, rng)
  end
  return list
end

local function try_all(fn, all_params, options, details, name)
  local list = {}
  for i, params in ipairs(all_params) do
    list[i] = { params = params, number = i }
  end
  return Result.new({ trials.run(fn, list, options) }, details, name)
end

--- Tries all parameters.
function search.grid(fn, space, options)
  local dimensions, details ---@type table, table
  dimensions, options, details = checked("grid", fn, space, options)
  return try_all(fn, spaces.grid(dimensions, options.steps), options, details, "grid")
end

--- Tries random parameters.
function search.random(fn, space, options)
  local dimensions, details ---@type table, table
  dimensions, options, details = checked("random", fn, space, options)
  details.seed = options.seed or Rng.fresh_seed()
  return try_all(fn, random_params(dimensions, options.n or DEFAULT_N, details.seed), options, details, "random")
end

--- Tries random parameters with a small budget, and the best of them with larger ones.
function search.halving(fn, space, options)
  local dimensions, details ---@type table, table
  dimensions, options, details = checked("halving", fn, space, options)
  details.seed = options.seed or Rng.fresh_seed()
  local rounds = halving.rounds(options)
  local all_params = random_params(dimensions, rounds[1].n, details.seed)
  return Result.new(halving.run(fn, all_params, rounds, details.is_maximized, options), details, "halving")
end

return search
