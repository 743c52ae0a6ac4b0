--- Which bucket a key belongs to: the same in every worker, on every machine.
local ffi = require "ffi"
local bit = require "bit"

local band, bxor, rol, rshift, tobit = bit.band, bit.bxor, bit.rol, bit.rshift, bit.tobit
local words_of = ffi.typeof("const int32_t *")
local bytes_of = ffi.typeof("const uint8_t *")
local number = ffi.new("union { double value; int32_t words[2]; }") --[[@as { value: number, words: table<integer, any> }]]

local hash = {}

-- Four bytes at a time: additions, shifts and exclusive ors, which LuaJIT compiles to one instruction each.
local function of_string(s)
  local length = #s
  local h = tobit(length)
  local words = ffi.cast(words_of, s) --[[@as integer[] ]]
  local count = rshift(length, 2)
  for i = 0, count - 1 do
    h = bxor(h, words[i] --[[@as integer]])
    h = tobit(h + rol(h, 10))
    h = bxor(h, rshift(h, 6))
  end
  local bytes = ffi.cast(bytes_of, s) --[[@as integer[] ]]
  for i = count * 4, length - 1 do
    h = bxor(h, bytes[i] --[[@as integer]])
    h = tobit(h + rol(h, 10))
    h = bxor(h, rshift(h, 6))
  end
  h = tobit(h + rol(h, 3))
  h = bxor(h, rshift(h, 11))
  return tobit(h + rol(h, 15))
end

local function of_number(n)
  -- Both zeros are one key.
  number.value = n == 0 and 0 or n
  local h = bxor(number.words[0], rol(number.words[1], 7))
  h = bxor(h, rshift(h, 15))
  h = tobit(h + rol(h, 10))
  return bxor(h, rshift(h, 13))
end

--- The bucket of a key, from 1 to `count`.
---@param key string|number|boolean
---@param count integer
---@return integer
function hash.bucket(key, count)
  local h
  if type(key) == "string" then
    h = of_string(key)
  elseif type(key) == "number" then
    h = of_number(key)
  else
    h = key and 1 or 0
  end
  return band(h, 0x7fffffff) % count + 1
end

return hash
