--- Spaces of parameters: what values each may have, at random and on a grid.
local arguments = require "lithops.arguments"

local space = {}

--- More trials than this are a mistake.
space.MOST = 1000000
local MOST_POINTS = space.MOST

local Dimension = { __name = "search.dimension" }

local function dimension(kind, low, high, value)
  return setmetatable({ kind = kind, low = low, high = high, value = value }, Dimension)
end

local function check_bound(bound, position, name)
  if type(bound) ~= "number" or bound - bound ~= 0 then
    arguments.raise("bad argument #%d to '%s' (finite number expected, got %s)", position, name, arguments.shown(bound))
  end
end

local function check_bounds(low, high, name)
  check_bound(low, 1, name)
  check_bound(high, 2, name)
  if low > high then
    arguments.raise("bad argument #2 to '%s' (the upper bound, %s, is below the lower one, %s)", name, tostring(high), tostring(low))
  elseif high - low == math.huge then
    arguments.raise("bad argument #2 to '%s' (bounds that are nearer to each other expected, got %s and %s)", name, tostring(low),
      tostring(high))
  end
end

function space.uniform(low, high)
  check_bounds(low, high, "uniform")
  return dimension("uniform", low, high)
end

function space.log_uniform(low, high)
  check_bounds(low, high, "log_uniform")
  if low <= 0 then
    arguments.raise("bad argument #1 to 'log_uniform' (number greater than 0 expected, got %s)", tostring(low))
  end
  return dimension("log_uniform", low, high)
end

function space.int(low, high)
  check_bounds(low, high, "int")
  if low % 1 ~= 0 or high % 1 ~= 0 then
    arguments.raise("bad argument to 'int' (whole numbers expected, got %s and %s)", tostring(low), tostring(high))
  end
  return dimension("int", low, high)
end

function space.fixed(value)
  return dimension("fixed", nil, nil, value)
end

-- The dimension that an entry of a space means.
local function dimension_of(parameter, entry)
  if type(entry) ~= "table" then
    return space.fixed(entry)
  elseif getmetatable(entry) == Dimension then
    return entry
  end
  local count = 0
  for _ in pairs(entry) do
    count = count + 1
  end
  -- Results of jobs have their number in `n`.
  if entry.n ~= nil and entry.n == #entry then
    count = count - 1
  end
  if count == 0 or count ~= #entry then
    arguments.raise("parameter `%s` must be a list of choices, %s; `search.fixed` makes a value of a table", parameter,
      count == 0 and "and is an empty table" or "without holes and without fields")
  end
  return { kind = "choices", list = entry }
end

--- The dimensions of a space, in the order of their names.
---@param given table<string, any>
---@return { name: string, kind: string }[]
function space.dimensions(given)
  local dimensions = {}
  for name, entry in pairs(given) do
    if type(name) ~= "string" then
      arguments.raise("a space has names of parameters, not %s", arguments.shown(name))
    end
    dimensions[#dimensions + 1] = { name = name, of = dimension_of(name, entry) }
  end
  if #dimensions == 0 then
    arguments.raise("the space has no parameters")
  end
  table.sort(dimensions, function(a, b) return a.name < b.name end)
  return dimensions
end

local SAMPLE = {
  fixed = function(of) return of.value end,
  choices = function(of, rng) return rng:choice(of.list) end,
  int = function(of, rng) return rng:random(of.low, of.high) end,
  uniform = function(of, rng) return rng:uniform(of.low, of.high) end,
  log_uniform = function(of, rng) return math.exp(rng:uniform(math.log(of.low), math.log(of.high))) end,
}

--- Random parameters.
function space.sample(dimensions, rng)
  local params = {}
  for _, each in ipairs(dimensions) do
    params[each.name] = SAMPLE[each.of.kind](each.of, rng)
  end
  return params
end

-- So many points of an interval, both ends included.
local function points(low, high, steps)
  local list = {}
  for i = 1, steps do
    list[i] = steps == 1 and (low + high) / 2 or i == steps and high or low + (high - low) * ((i - 1) / (steps - 1))
  end
  return list
end

local GRID = {
  fixed = function(of) return { of.value } end,
  choices = function(of) return of.list end,
  uniform = function(of, steps) return points(of.low, of.high, steps) end,
}

function GRID.log_uniform(of, steps)
  local list = points(math.log(of.low), math.log(of.high), steps)
  for i, logarithm in ipairs(list) do
    list[i] = math.exp(logarithm)
  end
  -- The logarithm rounds.
  if steps > 1 then
    list[1], list[steps] = of.low, of.high
  end
  return list
end

function GRID.int(of, steps)
  local count = of.high - of.low + 1
  if not steps or steps >= count then
    steps = count
  end
  local list = {}
  for i, value in ipairs(points(of.low, of.high, math.min(steps, MOST_POINTS + 1))) do
    list[i] = math.floor(value + 0.5)
  end
  return list
end

local function values_of(each, steps)
  local kind = each.of.kind
  if not steps and (kind == "uniform" or kind == "log_uniform") then
    arguments.raise("grid: parameter `%s` has any number of values; option `steps` says how many of them are tried, or list them",
      each.name)
  end
  local values = GRID[kind](each.of, steps)
  -- A parameter that is fixed at nil is there all the same.
  return values, math.max(1, #values)
end

--- All parameters on a grid; the last name changes fastest.
---@param dimensions table
---@param steps integer? how many points there are of what has any number
function space.grid(dimensions, steps)
  local axes, total = {}, 1 ---@type table[], number
  for i, each in ipairs(dimensions) do
    local values, count = values_of(each, steps)
    axes[i] = { values = values, count = count }
    total = total * count
    if total > MOST_POINTS then
      arguments.raise("grid: the space has more than %d points; `search.random` tries some of them", MOST_POINTS)
    end
  end
  local grid = {}
  for number = 0, total - 1 do
    local params, rest = {}, number
    for i = #axes, 1, -1 do
      params[dimensions[i].name] = axes[i].values[rest % axes[i].count + 1]
      rest = math.floor(rest / axes[i].count)
    end
    grid[number + 1] = params
  end
  return grid
end

return space
