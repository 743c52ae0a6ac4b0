--- Results as they are stored: a line that says what this is, with a checksum and the time, and the bytes of the values.
local arguments = require "lithops.arguments"
local buffer = require "string.buffer"
local hash = require "hash"
local json = require "json"

local entry = {}

-- Changes with the format; entries of other formats are made anew.
local HEAD = "lithops memo 1"

--- Stands for `json.null`, which the serialiser does not know.
local null_mark = { __name = "null" }
local options = { metatable = { json.array_metatable, null_mark } }

local PLAIN = { string = true, number = true, boolean = true, ["nil"] = true }

-- A copy that the serialiser takes. Raises what cannot be stored, and where.
local function prepared(value, path, above)
  local meta = getmetatable(value)
  if PLAIN[type(value)] or type(value) == "cdata" and tostring(value):find("^%-?%d+U?LL$") then
    return value
  elseif rawequal(value, json.null) then
    return setmetatable({}, null_mark)
  elseif type(value) ~= "table" then
    error({ text = ("%s is a %s"):format(path, type(value)) }, 0)
  elseif above[value] then
    error({ text = ("%s contains itself"):format(path) }, 0)
  elseif meta ~= nil and meta ~= json.array_metatable then
    error({ text = ("%s has a metatable"):format(path) }, 0)
  end
  above[value] = true
  local copy = {}
  for name, field in next, value do
    local place = ("%s[%s]"):format(path, type(name) == "string" and ("%q"):format(name) or tostring(name))
    copy[prepared(name, place, above)] = prepared(field, place, above)
  end
  above[value] = nil
  return setmetatable(copy, meta)
end

local function restored(value)
  if type(value) ~= "table" then
    return value
  elseif getmetatable(value) == null_mark then
    return json.null
  end
  for name, field in next, value do
    if type(field) == "table" then
      value[name] = restored(field)
    end
  end
  return value
end

--- The bytes of results, which are a list with their number in `n`.
---@return string? bytes
---@return string? err What cannot be stored, and where.
function entry.encode(results)
  local copy = { n = results.n }
  local ok, err = pcall(function()
    for i = 1, results.n do
      copy[i] = prepared(results[i], ("result %d"):format(i), {})
    end
    return buffer.new(options --[[@as any]]):encode(copy):get()
  end)
  if not ok then
    if type(err) == "table" then
      return nil, err.text
    end
    local text = arguments.without_position(tostring(err))
    return nil, (text:find("stack overflow") or text:find("too deep")) and "its tables are nested too deeply" or text
  end
  local bytes = err --[[@as string]]
  return ("%s %s %.6f\n"):format(HEAD, hash.xxh3(bytes), lithops.time()) .. bytes
end

-- An error that the serialiser raises below compiled code leaves Lua's stack in disorder.
jit.off(entry.encode, true)

--- The results that were stored, and when, in seconds since 1970; nil if this is no whole entry.
---@param text string
---@return table? results
---@return number? time
function entry.decode(text)
  ---@type string?, string?, string?, string?
  local head, digest, time, bytes = text:match("^(lithops memo 1) (%x+) ([%d.]+)\n(.*)$")
  ---@cast bytes string
  if head ~= HEAD or hash.xxh3(bytes) ~= digest then
    return nil
  end
  local ok, results = pcall(function() return buffer.new(options --[[@as any]]):set(bytes):decode() end)
  if not ok or type(results) ~= "table" or type(results.n) ~= "number" then
    return nil
  end
  return restored(results), tonumber(time)
end

jit.off(entry.decode, true)

return entry
