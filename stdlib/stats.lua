--- Statistics of lists, and of values on many workers.
---
---    local stats = require "stats"
---    print(stats.mean({ 1, 2, 3, 4 }), stats.quantile({ 1, 2, 3, 4 }, 0.25))
---    local parts = lithops.map(function(list) return stats.summary():add_all(list) end, lists):get_result()
---    print(stats.merge(parts):stdev())
---
--- What is where: accumulators are in `summary` (moments), `sketch` (quantiles), `histogram` and `bivariate`; `merge` puts them together.
local arguments = require "lithops.arguments"
local Bivariate = require "stats.bivariate"
local Histogram = require "stats.histogram"
local Sketch = require "stats.sketch"
local Summary = require "stats.summary"
local sort = require "stats.sort"
local values = require "stats.values"

local stats = {}

local NAN = values.NAN

stats.summary = Summary.new
stats.sketch = Sketch.new
stats.histogram = Histogram.new
stats.bivariate = Bivariate.new
stats.merge = require "stats.merge"

-- What a summary of the list says.
for _, name in ipairs({ "sum", "mean", "variance", "pvariance", "stdev", "pstdev", "skewness", "kurtosis", "min", "max" }) do
  stats[name] = function(list)
    local summary = Summary.new()
    local n, numbers = values.check_list(list, 1, name)
    for i = 1, n do
      summary:add(numbers[i])
    end
    return summary[name](summary)
  end
end

-- What the points of two lists say.
for _, name in ipairs({ "covariance", "correlation", "linear_regression" }) do
  stats[name] = function(xs, ys)
    local n, x = values.check_list(xs, 1, name)
    local count, y = values.check_list(ys, 2, name)
    if count ~= n then
      arguments.raise("bad argument #2 to '%s' (list of %d elements expected, as argument #1 has, got %d)", name, n, count)
    end
    local points = Bivariate.new()
    for i = 1, n do
      points:add(x[i], y[i])
    end
    return points[name](points)
  end
end

-- A sorted copy; nothing if there is a NaN.
local function sorted(list, n)
  local copy = {}
  for i = 1, n do
    local value = list[i]
    if value ~= value then
      return nil
    end
    copy[i] = value
  end
  sort.numbers(copy, n)
  return copy
end

-- As it is between two neighbours, in proportion: type 7 of Hyndman and Fan, which is what most libraries do.
local function quantile_of(list, n, q)
  local place = q * (n - 1) + 1
  local below = math.floor(place)
  local value, following = list[below], list[math.min(below + 1, n)]
  return (place == below or value == following) and value or values.between(value, following, place - below)
end

local function quantiles(list, name, ...)
  local n, numbers = values.check_list(list, 1, name)
  local found = { ... }
  local ordered = n > 0 and sorted(numbers, n)
  for i = 1, #found do
    found[i] = ordered and quantile_of(ordered, n, found[i]) or NAN
  end
  return unpack(found)
end

--- The values below which so many parts of all values are: one for each argument behind the list.
function stats.quantile(list, ...)
  values.check_quantiles(2, "quantile", ...)
  return quantiles(list, "quantile", ...)
end

function stats.median(list)
  return (quantiles(list, "median", 0.5))
end

return stats
