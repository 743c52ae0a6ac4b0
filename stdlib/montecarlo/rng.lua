--- Random numbers of a seed: xoshiro128++ of Blackman and Vigna, as an object, since `math.random` has one state for all of a process.
---
--- The state is four numbers, so that a generator can be sent to a worker and goes on there. This module is the metatable of generators: as
--- a module it travels by its name.
local arguments = require "lithops.arguments"
local bit = require "bit"
local ffi = require "ffi"

local bxor, lshift, rol, rshift, tobit = bit.bxor, bit.lshift, bit.rol, bit.rshift, bit.tobit
local floor, log, sqrt, cos = math.floor, math.log, math.sqrt, math.cos

local Rng = {}
local methods = {}
Rng.__index = methods

local uint64 = ffi.typeof("uint64_t")
local GOLDEN = 0x9e3779b97f4a7c15ULL

-- The step of SplitMix64 that makes any two numbers unlike.
local function mixed(z)
  z = bxor(z, rshift(z, 30)) * 0xbf58476d1ce4e5b9ULL
  z = bxor(z, rshift(z, 27)) * 0x94d049bb133111ebULL
  return bxor(z, rshift(z, 31))
end

local function words(z)
  return tobit(tonumber(z % 2 ^ 32) --[[@as integer]]), tobit(tonumber(rshift(z, 32)) --[[@as integer]])
end

local function check_whole(value, position, name)
  if type(value) ~= "number" or value % 1 ~= 0 or math.abs(value) > 2 ^ 53 then
    arguments.raise("bad argument #%d to '%s' (whole number expected, got %s)", position, name, arguments.shown(value))
  end
end

--- The numbers of stream `stream` of a seed. Streams have nothing to do with each other.
---@param seed integer
---@param stream integer? 0 if there is none.
function Rng.new(seed, stream)
  check_whole(seed, 1, "rng")
  stream = stream or 0
  check_whole(stream, 2, "rng")
  local start = mixed(mixed(ffi.cast("int64_t", seed) + GOLDEN) + uint64(ffi.cast("int64_t", stream)) * GOLDEN)
  local a, b = words(mixed(start + GOLDEN))
  local c, d = words(mixed(start + 2 * GOLDEN))
  return setmetatable({ a = a, b = b, c = c, d = d }, Rng)
end

--- A seed that nobody has seen before.
function Rng.fresh_seed()
  local file = io.open("/dev/urandom", "rb")
  local bytes = file and file:read(4)
  if file then
    file:close()
  end
  if not bytes or #bytes < 4 then
    return floor(lithops.time() * 1e6) % 2 ^ 32
  end
  local a, b, c, d = bytes:byte(1, 4)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- 32 random bits.
local function next_bits(self)
  local a, b, c, d = self.a, self.b, self.c, self.d
  local bits = tobit((rol((a + d) --[[@as integer]], 7) + a) --[[@as integer]])
  c = bxor(c, a)
  d = bxor(d, b)
  self.a = bxor(a, d)
  self.c = bxor(c, lshift(b, 9))
  self.b = bxor(b, c)
  self.d = rol(d, 11)
  return bits
end

-- 53 random bits: at least 0, and below 1.
local function fraction(self)
  local high = rshift(next_bits(self), 5)
  return (high * 2 ^ 26 + rshift(next_bits(self), 6)) * 2 ^ -53
end

-- Raises what is wrong with a call of a method: a dot for a colon, or an argument that is no number.
local function refuse(self, name, ...)
  if getmetatable(self) ~= Rng then
    arguments.raise("bad argument to '%s' (generator expected; call it with a colon, `rng:%s(…)`)", name, name)
  end
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if type(value) ~= "number" then
      arguments.raise("bad argument #%d to '%s' (number expected, got %s)", i, name, arguments.shown(value))
    end
  end
end

--- As `math.random`: at least 0 and below 1; from 1 to `m`; from `m` to `n`.
function methods:random(m, n)
  if type(self) ~= "table" then
    refuse(self, "random")
  elseif m == nil then
    return fraction(self)
  elseif n == nil then
    m, n = 1, m
  end
  if type(m) ~= "number" or type(n) ~= "number" or m % 1 ~= 0 or n % 1 ~= 0 or n < m then
    arguments.raise("bad argument to 'random' (whole numbers in order expected, got %s and %s)", arguments.shown(m), arguments.shown(n))
  end
  return m + floor(fraction(self) * (n - m + 1))
end

--- At least `low`, and below `high`.
function methods:uniform(low, high)
  if type(self) ~= "table" or type(low) ~= "number" or type(high) ~= "number" then
    refuse(self, "uniform", low, high)
  end
  return low + (high - low) * fraction(self)
end

--- Of the normal distribution.
function methods:normal(mean, deviation)
  mean, deviation = mean or 0, deviation or 1
  if type(self) ~= "table" or type(mean) ~= "number" or type(deviation) ~= "number" then
    refuse(self, "normal", mean, deviation)
  end
  -- What is never 0 has a logarithm.
  local radius = sqrt(-2 * log(1 - fraction(self)))
  return mean + deviation * radius * cos(2 * math.pi * fraction(self))
end

--- Of the exponential distribution: how long it takes until something happens that happens `rate` times in a unit of time.
function methods:exponential(rate)
  rate = rate or 1
  if type(self) ~= "table" or type(rate) ~= "number" then
    refuse(self, "exponential", rate)
  elseif not (rate > 0) then
    arguments.raise("bad argument #1 to 'exponential' (number greater than 0 expected, got %s)", arguments.shown(rate))
  end
  return -log(1 - fraction(self)) / rate
end

--- Puts the elements of a list in any order, in place.
function methods:shuffle(list)
  refuse(self, "shuffle")
  arguments.check_type(list, "table", 1, "shuffle")
  for i = #list, 2, -1 do
    local j = 1 + floor(fraction(self) * i)
    list[i], list[j] = list[j], list[i]
  end
  return list
end

--- One element of a list.
function methods:choice(list)
  refuse(self, "choice")
  if type(list) ~= "table" or #list == 0 then
    arguments.raise("bad argument #1 to 'choice' (list that is not empty expected, got %s)",
      type(list) == "table" and "an empty one" or type(list))
  end
  return list[1 + floor(fraction(self) * #list)]
end

return Rng
