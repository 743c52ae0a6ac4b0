--- Keys of calls: equal arguments give equal keys.
local arguments = require "lithops.arguments"
local hash = require "hash"
local json = require "json"

local key = {}

local function number_text(number)
  -- Minus zero is equal to zero.
  return ("%.17g"):format(number + 0)
end

-- 64-bit integers are compared by value.
local function is_integer(value)
  return type(value) == "cdata" and tostring(value):find("^%-?%d+U?LL$") ~= nil
end

--- Keys for one process: tables, functions and other objects are told apart by identity, for which `ids` remembers a number each.
---@param ids table<any, integer> With weak keys.
---@return string|number|boolean key
function key.of_identity(ids, ...)
  local n = select("#", ...)
  local first = ...
  if n == 1 and type(first) == "number" and first == first then
    return first
  end
  local parts = {}
  for i = 1, n do
    local value = select(i, ...)
    local kind = type(value)
    if kind == "string" then
      parts[i] = "s" .. #value .. ":" .. value
    elseif kind == "number" then
      parts[i] = "n" .. number_text(value)
    elseif kind == "nil" or kind == "boolean" then
      parts[i] = tostring(value)
    elseif is_integer(value) then
      parts[i] = "i" .. tostring(value)
    else
      ids.last = ids.last or 0
      if not ids[value] then
        ids.last = ids.last + 1
        ids[value] = ids.last
      end
      parts[i] = "o" .. ids[value]
    end
  end
  return table.concat(parts, ",")
end

local RANK = { boolean = 1, number = 2, string = 3 }

local function is_before(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then
    return RANK[kind_a] < RANK[kind_b]
  elseif kind_a == "boolean" then
    return a and not b
  end
  return a < b
end

local write

local function write_table(parts, value, path, open)
  if open[value] then
    error({ path = path, why = "a table within itself" })
  end
  open[value] = true
  local names = {}
  for name in next, value do
    if not RANK[type(name)] then
      error({ path = path, why = "a table with a " .. type(name) .. " as key" })
    end
    names[#names + 1] = name
  end
  table.sort(names, is_before)
  parts[#parts + 1] = "{"
  for _, name in ipairs(names) do
    write(parts, name, path, open)
    write(parts, rawget(value, name), ("%s[%s]"):format(path, arguments.shown(name)), open)
  end
  parts[#parts + 1] = "}"
  open[value] = nil
end

write = function(parts, value, path, open)
  local kind = type(value)
  if kind == "string" then
    parts[#parts + 1] = "s" .. #value .. ":" .. value
  elseif kind == "number" then
    parts[#parts + 1] = "n" .. number_text(value) .. ","
  elseif kind == "nil" or kind == "boolean" then
    parts[#parts + 1] = tostring(value) .. ","
  elseif rawequal(value, json.null) then
    parts[#parts + 1] = "null,"
  elseif kind == "table" then
    write_table(parts, value, path, open)
  elseif is_integer(value) then
    parts[#parts + 1] = "i" .. tostring(value) .. ","
  else
    error({ path = path, why = "a " .. kind })
  end
end

--- Keys for all processes and all times: values are compared by what is in them, metatables are not looked at.
---@return string? key A SHA-256.
---@return string? err What cannot be part of a key, and where.
function key.of_content(...)
  local parts, n = {}, select("#", ...)
  local values = { ... }
  local ok, err = pcall(function()
    for i = 1, n do
      write(parts, values[i], ("argument %d"):format(i), {})
    end
  end)
  if not ok then
    if type(err) == "table" and err.why then
      return nil, ("%s is %s"):format(err.path, err.why)
    elseif type(err) == "string" and err:find("stack overflow") then
      return nil, "tables in its arguments are nested too deeply"
    end
    error(err, 0)
  end
  return hash.sha256(table.concat(parts))
end

return key
