--- What all elements of an iteration come to: a fold, a sum, a table, whether there is one that …
local arguments = require "lithops.arguments"
local Iterator = require "fun.iterator"
local loops = require "fun.loops"

local run = Iterator.run

local reducing = {}

function reducing.each(f, gen, param, state)
  run(gen, param, state, function(...)
    f(...)
    return false
  end, loops.ending("each", f))
end

function reducing.foldl(f, initial, gen, param, state)
  local result = initial
  run(gen, param, state, function(...)
    result = f(result, ...)
    return false
  end, loops.ending("foldl", f))
  return result
end

function reducing.length(gen, param, state)
  local n = 0
  run(gen, param, state, function()
    n = n + 1
    return false
  end, loops.ending("length"))
  return n
end

function reducing.is_null(gen, param, state)
  return gen(param, state) == nil
end

--- Takes two iterators.
function reducing.is_prefix_of(short, long)
  local state, long_state = short.state, long.state
  while true do
    local value, other
    state, value = short.gen(short.param, state)
    if state == nil then
      return true
    end
    long_state, other = long.gen(long.param, long_state)
    if long_state == nil or value ~= other then
      return false
    end
  end
end

function reducing.all(f, gen, param, state)
  return not run(gen, param, state, function(...)
    return not f(...)
  end, loops.ending("all", f))
end

function reducing.any(f, gen, param, state)
  return run(gen, param, state, function(...)
    return not not f(...)
  end, loops.ending("any", f))
end

function reducing.sum(gen, param, state)
  local total = 0
  run(gen, param, state, function(value)
    total = total + value
    return false
  end, loops.ending("sum"))
  return total
end

function reducing.product(gen, param, state)
  ---@type number
  local total = 1
  run(gen, param, state, function(value)
    total = total * value
    return false
  end, loops.ending("product"))
  return total
end

-- The element that is left where `better(best, other)` gives one of two.
local function best_of(name, better, gen, param, state)
  local best, is_empty = nil, true
  run(gen, param, state, function(value)
    if is_empty then
      best, is_empty = value, false
    else
      best = better(best, value)
    end
    return false
  end, loops.ending(name, better))
  if is_empty then
    arguments.raise("%s: iterator is empty", name)
  end
  return best
end

local function lesser(a, b)
  return b < a and b or a
end

local function greater(a, b)
  return a < b and b or a
end

function reducing.min(gen, param, state)
  return best_of("min", lesser, gen, param, state)
end

function reducing.max(gen, param, state)
  return best_of("max", greater, gen, param, state)
end

function reducing.min_by(better, gen, param, state)
  return best_of("min_by", better, gen, param, state)
end

function reducing.max_by(better, gen, param, state)
  return best_of("max_by", better, gen, param, state)
end

--- The first value of each element.
function reducing.totable(gen, param, state)
  local list, n = {}, 0
  run(gen, param, state, function(value)
    n = n + 1
    list[n] = value
    return false
  end, loops.ending("totable"))
  return list
end

--- The first value of each element is a key, the second what belongs to it.
function reducing.tomap(gen, param, state)
  local map = {}
  run(gen, param, state, function(key, value)
    map[key] = value
    return false
  end, loops.ending("tomap"))
  return map
end

function reducing.index(x, gen, param, state)
  local i = 0
  local is_found = run(gen, param, state, function(value)
    i = i + 1
    return value == x
  end, loops.ending("index"))
  return is_found and i or nil
end

return reducing
