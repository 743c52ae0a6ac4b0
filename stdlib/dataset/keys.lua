--- What can be a key of a shuffle, what can be sorted by, and what a pair is. Mistakes are told in one sentence.
local keys = {}

local function fail(text, ...)
  error(("dataset:" .. text):format(...), 0)
end

--- Raises unless a value can be a key.
---@param key any
---@param name string the method that wants to know
function keys.check(key, name)
  local kind = type(key)
  if kind == "number" then
    if key ~= key then
      fail("%s: a key is NaN, which is equal to nothing", name)
    end
  elseif kind ~= "string" and kind ~= "boolean" then
    fail("%s: a key is a %s; keys are strings, numbers or booleans", name, kind)
  end
end

--- Raises unless an element is a pair.
function keys.check_pair(element, name)
  if type(element) ~= "table" then
    fail("%s: an element is a %s, not a pair {key = …, value = …}", name, type(element))
  elseif element.key == nil then
    fail("%s: an element has no field `key`", name)
  end
end

--- Raises unless elements can be sorted by `key`, whose type must be `expected` if one is given.
---@return string kind the type of the key
function keys.check_order(key, expected, name)
  local kind = type(key)
  if kind ~= "string" and kind ~= "number" then
    fail("%s: a key is a %s; elements are ordered by strings or numbers", name, kind)
  elseif key ~= key then
    fail("%s: a key is NaN, which has no place in an order", name)
  elseif expected and kind ~= expected then
    fail("%s: some keys are strings and some numbers, which cannot be compared", name)
  end
  return kind
end

--- Puts keys of all types into one order.
---@return boolean
function keys.less(a, b)
  local x, y = type(a), type(b)
  if x ~= y then
    return x < y
  elseif x == "boolean" then
    return b and not a
  end
  return a < b
end

keys.fail = fail

return keys
