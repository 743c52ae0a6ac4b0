--- What accumulators and functions of `stats` take in: numbers one by one, lists of them, and iterator functions.
local arguments = require "lithops.arguments"

local values = {}

--- What is not defined: the mean of nothing, the variance of one value.
values.NAN = 0 / 0

--- Raises that something that has been added is no number.
function values.refuse(value, name)
  arguments.fail(1, name, "number", value)
end

--- Raises unless a weight is a number of 0 or more.
function values.check_weight(weight, name)
  if type(weight) ~= "number" or not (weight >= 0 and weight < math.huge) then
    arguments.raise("bad argument #2 to '%s' (weight of 0 or more expected, got %s)", name, arguments.shown(weight))
  end
end

--- What so many values are called.
function values.noun(n)
  return n == 1 and "value" or "values"
end

-- What an iterator gives, as a list.
local function collected(next_value, invariant, control)
  local list, n = {}, 0
  for value in next_value, invariant, control do
    n = n + 1
    list[n] = value
  end
  return list
end

--- Raises unless all of a list, or all that `__iter` of a table gives, are numbers. Gives how many they are, and a list of them.
function values.check_list(list, position, name)
  if type(list) ~= "table" then
    arguments.fail(position, name, "list of numbers", list)
  end
  local next_value, invariant, control = arguments.iteration(list, position, name)
  if next_value then
    list = collected(next_value, invariant, control)
  end
  local n = arguments.length(list, position, name)
  if list.n == nil then
    arguments.check_border(list, n, position, name)
  end
  for i = 1, n do
    if type(list[i]) ~= "number" then
      arguments.raise("bad argument #%d to '%s' (element %d is %s, not a number)", position, name, i, arguments.shown(list[i]))
    end
  end
  return n, list
end

--- Adds all of a list, or all that an iterator function gives, to an accumulator.
function values.add_all(accumulator, list, name)
  local next_value, invariant, control = list, nil, nil
  if type(list) ~= "function" then
    next_value, invariant, control = arguments.iteration(list, 1, name)
  end
  if next_value then
    for value in next_value, invariant, control do
      accumulator:add(value)
    end
    return accumulator
  end
  local n = values.check_list(list, 1, name)
  for i = 1, n do
    accumulator:add(list[i])
  end
  return accumulator
end

--- Raises unless another accumulator is of the same kind.
function values.check_kind(accumulator, other)
  local kind = type(other) == "table" and other.kind or nil
  if kind ~= accumulator.kind then
    arguments.raise("bad argument #1 to 'merge' (%s expected, got %s)", accumulator.kind, tostring(kind or type(other)))
  end
end

--- The lesser of two limits; NaN if one of them is.
function values.lesser(a, b)
  if a ~= a or b ~= b then
    return values.NAN
  end
  return b < a and b or a
end

--- The greater of two limits; NaN if one of them is.
function values.greater(a, b)
  if a ~= a or b ~= b then
    return values.NAN
  end
  return b > a and b or a
end

--- Has the methods of a class tell calls with a dot, but for `add`, which is called for each value.
function values.guard(class, methods)
  for name, method in pairs(methods) do
    if name ~= "add" then
      methods[name] = function(self, ...)
        if getmetatable(self) ~= class then
          arguments.raise("bad argument to '%s' (accumulator expected; call it with a colon, `accumulator:%s(…)`)", name, name)
        end
        return method(self, ...)
      end
    end
  end
  return class
end

--- What is between two values in proportion, for a `share` of 0 to 1.
function values.between(a, b, share)
  local distance = b - a
  if distance - distance == 0 then
    return a + distance * share
  end
  -- They are too far from each other for a number, or infinite.
  return a * (1 - share) + b * share
end

--- Raises unless all quantiles that are asked for are from 0 to 1. `position` is that of the first.
function values.check_quantiles(position, name, ...)
  for i = 1, math.max(1, select("#", ...)) do
    local q = select(i, ...)
    if type(q) ~= "number" or not (q >= 0 and q <= 1) then
      arguments.raise("bad argument #%d to '%s' (number from 0 to 1 expected, got %s)", position + i - 1, name, arguments.shown(q))
    end
  end
end

return values
