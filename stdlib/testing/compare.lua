--- Compares values by their content, and finds where they differ.
local compare = {}

local ORDER = { number = 1, string = 2, boolean = 3 }

--- Whether two values are equal by `==`. Numbers of the `ffi` raise an error when they are compared with anything else.
function compare.equal(a, b)
  if rawequal(a, b) then
    return true
  elseif type(a) == "cdata" or type(b) == "cdata" then
    local ok, same = pcall(function() return a == b end)
    return ok and same == true
  end
  return a == b
end

-- Whether equality is what their common metatable says.
local function has_own_equality(a, b)
  local meta = debug.getmetatable(a)
  return type(meta) == "table" and meta == debug.getmetatable(b) and rawget(meta, "__eq") ~= nil
end

-- Marks two tables as being compared: in a cycle they are met again, and are the same there if they are elsewhere.
local function is_under_way(a, b, seen)
  local with = seen[a]
  if not with then
    with = {}
    seen[a] = with
  elseif with[b] then
    return true
  end
  with[b] = true
  return false
end

local function same(a, b, seen)
  if type(a) ~= "table" or type(b) ~= "table" then
    return compare.equal(a, b)
  elseif rawequal(a, b) then
    return true
  elseif has_own_equality(a, b) then
    return a == b
  elseif is_under_way(a, b, seen) then
    return true
  end
  for key, value in next, a do
    if not same(value, rawget(b, key), seen) then
      return false
    end
  end
  for key in next, b do
    if rawget(a, key) == nil then
      return false
    end
  end
  return true
end

--- Whether two values are equal, or tables of the same content, however deep. Metatables do not count, but for a common `__eq`.
function compare.same(a, b)
  return same(a, b, {})
end

local function by_kind(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then
    return (ORDER[kind_a] or 4) < (ORDER[kind_b] or 4)
  elseif kind_a == "number" or kind_a == "string" then
    return a < b
  end
  return false
end

local function all_keys(a, b)
  local keys = {}
  for key in next, a do
    keys[#keys + 1] = key
  end
  for key in next, b do
    if rawget(a, key) == nil then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, by_kind)
  return keys
end

local function step(key)
  if type(key) == "string" then
    return key:find("^[%a_][%w_]*$") and "." .. key or ("[%q]"):format(key)
  end
  return ("[%s]"):format(type(key) == "table" and "a table" or tostring(key))
end

local function find(a, b, path, found, limit, seen)
  if same(a, b, {}) then
    return
  elseif type(a) ~= "table" or type(b) ~= "table" or has_own_equality(a, b) then
    found[#found + 1] = { path = path, expected = a, actual = b }
    return
  elseif is_under_way(a, b, seen) then
    return
  end
  for _, key in ipairs(all_keys(a, b)) do
    if #found >= limit then
      return
    end
    find(rawget(a, key), rawget(b, key), path .. step(key), found, limit, seen)
  end
end

--- The first `limit` differences of two values, in order: lists of `path`, `expected` and `actual`.
function compare.differences(expected, actual, limit)
  local found = {}
  find(expected, actual, "", found, limit, {})
  return found
end

return compare
