--- What can be a key of a shuffle, what can be sorted by, what pairs and lists are. Mistakes are told in one sentence.
local ffi = require "ffi"
local json = require "json"

local keys = {}

local function fail(text, ...)
  error(("dataset:" .. text):format(...), 0)
end

--- Where a function of the script is, for what is said about it; empty if it is not known.
---@param f function?
---@return string
function keys.position(f)
  local info = f and debug.getinfo(f, "S")
  return info and info.what ~= "C" and (" (%s:%d)"):format(info.short_src, info.linedefined) or ""
end

-- Raises an error that ends with the place of the function that made the mistake.
local function fail_at(f, text, ...)
  fail("%s%s", text:format(...), keys.position(f))
end

--- What a value is, as messages tell it.
---@return string
function keys.kind(value)
  if value == nil then
    return "nil"
  elseif value == json.null then
    return "json.null"
  elseif ffi.istype("int64_t", value) or ffi.istype("uint64_t", value) then
    return "a 64-bit integer"
  end
  return "a " .. type(value)
end

local function hint(value)
  return type(value) == "cdata" and ": use tostring(…)" or ""
end

--- Raises unless a value can be a key.
---@param key any
---@param name string the method that wants to know
---@param f? function what gave the key
function keys.check(key, name, f)
  local kind = type(key)
  if kind == "number" then
    if key ~= key then
      fail_at(f, "%s: a key is NaN, which is equal to nothing", name)
    end
  elseif kind ~= "string" and kind ~= "boolean" then
    fail_at(f, "%s: a key is %s; keys are strings, numbers or booleans%s", name, keys.kind(key), hint(key))
  end
end

--- Raises unless an element is a pair.
function keys.check_pair(element, name)
  if type(element) ~= "table" then
    fail("%s: an element is %s, not a pair {key = …, value = …}", name, keys.kind(element))
  elseif element.key == nil then
    fail("%s: an element has no field `key`", name)
  end
end

--- Raises unless elements can be sorted by `key`, whose type must be `expected` if one is given.
---@param f? function what gave the key
---@return string kind the type of the key
function keys.check_order(key, expected, name, f)
  local kind = type(key)
  if kind ~= "string" and kind ~= "number" then
    fail_at(f, "%s: a key is %s; elements are ordered by strings or numbers%s", name, keys.kind(key), hint(key))
  elseif key ~= key then
    fail_at(f, "%s: a key is NaN, which has no place in an order", name)
  elseif expected and kind ~= expected then
    fail_at(f, "%s: some keys are strings and some numbers, which cannot be compared", name)
  end
  return kind
end

--- What is wrong with a table that is to be a list, which may have a field `n`: an element that is nil, or a field.
---@param list table
---@return integer? hole the first element that is nil
---@return string? field
function keys.fault(list)
  local count = #list
  for i = 1, count do
    if list[i] == nil then
      return i
    end
  end
  -- Of a list with a hole, the length may be where that is.
  local n = rawget(list, "n")
  local is_cut = type(n) == "number" and n > count
  local field
  for key in next, list do
    if type(key) == "number" and key > count and key % 1 == 0 then
      is_cut = true
    elseif type(key) ~= "number" and key ~= "n" or type(key) == "number" and (key < 1 or key % 1 ~= 0) then
      field = field or tostring(key)
    end
  end
  return is_cut and count + 1 or nil, field
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

keys.fail, keys.fail_at = fail, fail_at

return keys
