--- Samples of integrals: a function at a random point of a box, times the size of the box.
local arguments = require "lithops.arguments"

local integrands = {}

local function is_finite(value)
  return type(value) == "number" and value - value == 0
end

local function is_interval(value)
  return type(value) == "table" and is_finite(value[1]) and is_finite(value[2])
end

local function check_box(box)
  if #box == 0 then
    arguments.raise("bad argument #2 to 'integrate' (list of intervals expected, as in {{0, 1}, {0, 2}}, got an empty one)")
  end
  for i, interval in ipairs(box) do
    if not is_interval(interval) then
      arguments.raise("bad argument #2 to 'integrate' (element %d must be an interval of finite numbers, as in {0, 1})", i)
    end
  end
end

--- The box that the arguments of `integrate` say, and the options behind it.
function integrands.arguments(first, last, ...)
  if type(first) == "table" then
    check_box(first)
    return first, last
  elseif not is_finite(first) then
    arguments.raise("bad argument #2 to 'integrate' (finite number or list of intervals expected, got %s)", arguments.shown(first))
  elseif not is_finite(last) then
    arguments.raise("bad argument #3 to 'integrate' (finite number expected, got %s)", arguments.shown(last))
  end
  return { { first, last } }, (...)
end

-- What is no number is told by who adds the samples.
local function scaled(value, size)
  return type(value) == "number" and value * size or value
end

local function of_one(f, box, size)
  local low, width = box[1][1], box[1][2] - box[1][1]
  return function(rng)
    return scaled(f(low + width * rng:random()), size)
  end
end

local function of_two(f, box, size)
  local x, x_width = box[1][1], box[1][2] - box[1][1]
  local y, y_width = box[2][1], box[2][2] - box[2][1]
  return function(rng)
    local at_x = x + x_width * rng:random()
    return scaled(f(at_x, y + y_width * rng:random()), size)
  end
end

local function of_many(f, box, size)
  local n, point = #box, {}
  return function(rng)
    for i = 1, n do
      point[i] = rng:uniform(box[i][1], box[i][2])
    end
    return scaled(f(unpack(point, 1, n)), size)
  end
end

--- A function that takes a generator of random numbers, whose mean is the integral.
function integrands.sample(f, box)
  ---@type number
  local size = 1
  for _, interval in ipairs(box) do
    size = size * (interval[2] - interval[1])
  end
  local make = #box == 1 and of_one or #box == 2 and of_two or of_many
  return make(f, box, size)
end

return integrands
