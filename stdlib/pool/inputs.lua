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
  elseif kind == "table" then
    arguments.length(input, position, name)
  end
end

local function length(list)
  return type(list) == "table" and list.n or #list
end

--- A function that gives whether there is another element, and the element, which may be nil in lists.
---@return fun(): boolean, any
function inputs.reader(input)
  if type(input) == "function" then
    local control
    return function()
      control = input(nil, control)
      return control ~= nil, control
    end
  end
  local i, n = 0, length(input)
  return function()
    i = i + 1
    if i <= n then
      return true, input[i]
    end
    return false
  end
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

--- The input of a `starmap`: each element is a list of arguments.
function inputs.star(input, name)
  local list, n, read = {}, 0, inputs.reader(input)
  while true do
    local more, element = read()
    if not more then
      list.n = n
      return list
    end
    n = n + 1
    if type(element) ~= "table" then
      arguments.raise("%s: element %d must be a list of arguments, not %s", name, n, arguments.shown(element))
    end
    local count = element.n or #element
    if type(count) ~= "number" or count > arguments.MOST then
      arguments.raise("%s: element %d must be a list of %d arguments at most, not of %s", name, n, arguments.MOST, tostring(count))
    end
    list[n] = lithops.args(unpack(element, 1, count))
  end
end

return inputs
