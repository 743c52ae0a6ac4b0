--- The inputs of pools: lists, `lithops.range`s and iterators, element by element.
local arguments = require "lithops.arguments"

local inputs = {}

local EXPECTED = "list, iterator function or lithops.range"

local function is_range(value)
  return type(value) == "userdata" and tostring(value):find("^lithops%.range%(") ~= nil
end

--- Raises unless the argument may be the input of a pool.
function inputs.check(input, position, name)
  local kind = type(input)
  if kind ~= "table" and kind ~= "function" and not is_range(input) then
    local hint = kind == "string" and "; stored objects are for lithops.map" or ""
    arguments.raise("bad argument #%d to '%s' (%s expected, got %s%s)", position, name, EXPECTED, kind, hint)
  elseif kind == "table" and not arguments.is_iterable(input) then
    arguments.length(input, position, name)
  end
end

-- Whether a table has its own length, which its keys do not tell.
local function has_own_length(list)
  local meta = getmetatable(list)
  return type(meta) == "table" and meta.__len ~= nil
end

--- How many elements a list has, as `lithops.map` counts them: Lua's own length may stop at any nil. Where it is no list, gives nil
--- and what it is instead.
---@return integer? length, string? instead
function inputs.length(list)
  if type(list) == "table" and list.n ~= nil then
    return list.n
  elseif type(list) ~= "table" or has_own_length(list) then
    return #list
  end
  local border = #list
  local last, count = border, border
  for key in next, list do
    if type(key) == "number" and key > border and key % 1 == 0 then
      ---@cast key integer
      last, count = math.max(last, key), count + 1
    end
  end
  if count == 0 and next(list) ~= nil then
    return nil, "a table whose keys are not 1, 2, …"
  elseif last > 2 * count + 8 then
    return nil, ("%d elements with keys up to %.14g; for a list with so many nils, set its field `n`"):format(count, last)
  end
  return last
end

-- What `read` says of the next element of an iteration.
local function next_element(state, ...)
  state.control = ...
  return state.control ~= nil, ...
end

--- A function that gives whether there is another element, and the element, which may be nil in lists; of an iterator all values that it
--- gives. And whether it is one of an iterator.
---@return fun(): boolean, ...
---@return boolean is_iterator
function inputs.reader(input, position, name)
  local next_values, invariant, control = input, nil, nil
  if type(input) ~= "function" then
    next_values, invariant, control = arguments.iteration(input, position, name)
  end
  if next_values then
    local state = { control = control }
    return function() return next_element(state, next_values(invariant, state.control)) end, true
  end
  local i = 0
  local n, instead = inputs.length(input)
  if not n then
    arguments.raise("bad argument #%d to '%s' (list expected, got %s)", position, name, instead)
  end
  return function()
    i = i + 1
    if i <= n then
      return true, input[i]
    end
    return false
  end, false
end

--- What is in the input, as a list; what is one already is given back.
function inputs.list(input)
  if type(input) ~= "function" then
    return input
  end
  local list, n = {}, 0
  for value in input do
    n = n + 1
    list[n] = value
  end
  list.n = n
  return list
end

local function pack(more, ...)
  return more, { n = select("#", ...), ... }
end

-- Whether what was read is the arguments themselves. Iterator functions may give something behind a list, such as the number of a line.
local function are_arguments(values, input)
  return values.n > 1 and (type(input) == "table" or type(values[1]) ~= "table")
end

--- The input of a `starmap`: each element is a list of arguments, or the values that an iterator gives if they are several.
function inputs.star(input, position, name)
  local list, n, read = {}, 0, inputs.reader(input, position, name)
  while true do
    local more, element = pack(read())
    if not more then
      list.n = n
      return list
    end
    n = n + 1
    if not are_arguments(element, input) then
      element = element[1]
    end
    if type(element) ~= "table" then
      arguments.raise("%s: element %d must be a list of arguments, not %s", name, n, arguments.shown(element))
    end
    local count, instead = inputs.length(element)
    if instead then
      arguments.raise("%s: element %d must be a list of arguments, not %s", name, n, instead)
    elseif type(count) ~= "number" or not (count >= 0 and count <= arguments.MOST) or count % 1 ~= 0 then
      arguments.raise("%s: element %d must be a list of 0 to %d arguments, not of %s", name, n, arguments.MOST, tostring(count))
    end
    ---@cast count integer
    list[n] = lithops.args(unpack(element, 1, count))
  end
end

return inputs
