--- Records as bytes. A run of them is a sequence of blocks: four bytes that tell a block's length, then its records one behind
--- the other, each a key and a value. A run can be read from the beginning of any block.
local buffer = require "string.buffer"
local bit = require "bit"
local json = require "json"

local blocks = {}

--- Stands for `json.null`, which the serialiser does not know.
local null_mark = { __name = "null" }
--- Both sides must name the same ones.
local options = { metatable = { json.array_metatable, null_mark } }
local HAS_NULLS = 0x80000000

--- A buffer that records are written to.
---@return string.buffer
function blocks.buffer()
  return buffer.new(options --[[@as any]])
end

local function without_nulls(value, above)
  if value == json.null then
    return setmetatable({}, null_mark)
  elseif type(value) ~= "table" then
    return value
  elseif above[value] then
    error("a table that contains itself cannot be passed between stages", 0)
  end
  above[value] = true
  local copy = {}
  for k, v in pairs(value) do
    copy[k] = without_nulls(v, above)
  end
  above[value] = nil
  return setmetatable(copy, getmetatable(value) == json.array_metatable and json.array_metatable or nil)
end

local function with_nulls(value)
  if type(value) ~= "table" then
    return value
  elseif getmetatable(value) == null_mark then
    return json.null
  end
  for k, v in pairs(value) do
    if type(v) == "table" then
      value[k] = with_nulls(v)
    end
  end
  return value
end

local function put_slowly(buf, value)
  local ok, err = pcall(buf.encode, buf, without_nulls(value, {}))
  if not ok then
    local kind = tostring(err):match("'(.-)'")
    local what = kind and "a value of type " .. kind or "a value that is nested so deeply"
    error(what .. " cannot be passed between stages: strings, numbers, booleans and tables of them can", 0)
  end
end

-- An error that is raised below compiled code leaves Lua's stack in disorder, and `encode` raises one for each
-- `json.null`.
jit.off(put_slowly)

local function put_table(buf, value)
  local length = #buf
  if pcall(buf.encode, buf, value) then
    return false
  end
  -- What was written of it goes.
  local before = buf:get(length)
  buf:reset()
  buf:put(before)
  put_slowly(buf, value)
  return true
end

-- For the same reason. What is no table stays compiled.
jit.off(put_table)

--- Writes a key and a value. True if they hold `json.null`: then their block must say so.
function blocks.put(buf, key, value)
  buf:encode(key)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" or kind == "nil" then
    buf:encode(value)
    return false
  end
  return put_table(buf, value)
end

local function head(length, has_nulls)
  return string.char(
    bit.band(length, 255),
    bit.band(bit.rshift(length, 8), 255),
    bit.band(bit.rshift(length, 16), 255),
    bit.rshift(length, 24) + (has_nulls and 128 or 0)
  )
end

--- What is in `buf` as a block, and `buf` is empty.
---@return string head
---@return string records
function blocks.take(buf, has_nulls)
  local length = #buf
  if length >= HAS_NULLS then
    error("a record of 2 GiB or more cannot be passed between stages", 0)
  end
  local records = buf:get()
  -- The memory of a large record is given back.
  if length > 2 ^ 20 then
    buf:free()
  end
  return head(length, has_nulls), records
end

--- The length of the block that begins at `at`, counted from 1, without its head; and whether there are nulls in it.
function blocks.length(bytes, at)
  local a, b, c, d = bytes:byte(at, at + 3)
  return a + b * 2 ^ 8 + c * 2 ^ 16 + (d % 128) * 2 ^ 24, d >= 128
end

--- Reads the records of a block: `reader:set(bytes, has_nulls)`, and `reader:next()` until it gives nothing.
---@class dataset.BlockReader
---@field [string] any
local Reader = {}
Reader.__index = Reader

function blocks.reader()
  return setmetatable({ buf = buffer.new(options --[[@as any]]), has_nulls = false }, Reader)
end

function Reader:set(bytes, has_nulls)
  self.buf:set(bytes)
  self.has_nulls = has_nulls
end

function Reader:next()
  local buf = self.buf
  if #buf == 0 then
    return nil
  end
  local key, value = buf:decode(), buf:decode()
  if self.has_nulls then
    value = with_nulls(value)
  end
  return key, value
end

return blocks
