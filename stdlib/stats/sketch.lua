--- Quantiles of any number of values in bounded memory: a sketch of Karnin, Lang and Liberty.
---
--- Values fill a buffer of `k`. When it is full, it is sorted, and every other value, the odd or the even ones by a coin, goes on to the
--- next level, where it counts twice; and so on. Up to `k` values nothing is lost. Each time a level of weight w is halved, the rank of any
--- value changes by w at most, up or down by chance, so that Hoeffding's inequality bounds what becomes of all of them: `rank_error`.
--- This module is the metatable of sketches: as a module it travels by its name.
local arguments = require "lithops.arguments"
local new_table = require "table.new"
local sort = require "stats.sort"
local values = require "stats.values"

local Sketch = {}
local methods = {}
Sketch.__index = methods

local DEFAULT_K = 1024
--- The least that a level holds before it is halved.
local LEAST = 16

local OPTIONS = { k = { "a whole number of 8 or more", function(k) return type(k) == "number" and k >= 8 and k % 1 == 0 end } }

function Sketch.new(options)
  options = arguments.options(options, OPTIONS, "sketch")
  return setmetatable({
    kind = "sketch",
    k = options.k or DEFAULT_K,
    n = 0,
    nans = 0,
    low = math.huge,
    high = -math.huge,
    fill = 0,
    buffer = {},
    levels = {},
    -- The sum of the squares of the weights of all levels that were halved.
    squares = 0,
    coin = 0,
  }, Sketch)
end

--- An empty one of the same accuracy.
function Sketch.like(sketch)
  return Sketch.new({ k = sketch.k })
end

-- One side of a coin. What falls depends on the values, so that the errors of workers do not add up.
local function toss(self, value)
  local place = (value - self.low) / (self.high - self.low)
  if not (place >= 0 and place <= 1) then
    place = 0
  end
  self.coin = (self.coin * 69069 + math.floor(place * 2 ^ 32) + 1) % 2 ^ 32
  return self.coin >= 2 ^ 31 and 1 or 0
end

-- Every other one of the sorted values, an even number of them.
local function halved(self, list, n, weight)
  local half = new_table((n / 2) --[[@as integer]], 0)
  local offset = toss(self, list[math.floor(n / 2)])
  for i = 1, n / 2 do
    half[i] = list[2 * i - offset]
  end
  self.squares = self.squares + weight * weight
  return half
end

--- So much may be in a level: the most in the highest, two thirds of that in the one below, and so on.
local function capacity(self, level)
  return math.max(LEAST, math.ceil(self.k * (2 / 3) ^ (#self.levels - level)))
end

-- Puts sorted values into a level, and halves it and those above where they have too many.
local function put(self, level, list, n)
  while true do
    local here = self.levels[level]
    if not here then
      here = {}
      self.levels[level] = here
    end
    list = #here > 0 and sort.merged(here, #here, list, n) or list
    n = #list
    if n <= capacity(self, level) then
      self.levels[level] = list
      return
    end
    -- Of an odd number one stays.
    self.levels[level] = n % 2 == 1 and { list[n] } or {}
    n = n - n % 2
    list = halved(self, list, n, 2 ^ level)
    n = n / 2
    level = level + 1
  end
end

-- Makes room in the buffer.
local function empty_buffer(self)
  local buffer, n = self.buffer, self.fill
  sort.numbers(buffer, n)
  local even = n - n % 2
  local half, rest = halved(self, buffer, even, 1), nil
  if even < n then
    rest = buffer[n]
  end
  for i = 1, n do
    buffer[i] = nil
  end
  buffer[1] = rest
  self.fill = n - even
  put(self, 1, half, even / 2)
end

local function put_one(self, x)
  if self.fill >= self.k then
    empty_buffer(self)
  end
  self.fill = self.fill + 1
  self.buffer[self.fill] = x
end

local function check_weight(weight)
  if type(weight) ~= "number" or weight < 0 or weight % 1 ~= 0 then
    arguments.raise("bad argument #2 to 'add' (whole number of 0 or more expected, got %s)", arguments.shown(weight))
  end
end

-- A value that counts many times: once in each level that its binary digits name.
local function put_many(self, x, weight)
  if weight % 2 == 1 then
    put_one(self, x)
  end
  local level, rest = 1, math.floor(weight / 2)
  while rest > 0 do
    for missing = #self.levels + 1, level do
      self.levels[missing] = {}
    end
    if rest % 2 == 1 then
      put(self, level, { x }, 1)
    end
    level, rest = level + 1, math.floor(rest / 2)
  end
end

--- Adds a value, which counts `weight` times.
function methods:add(x, weight)
  if type(x) ~= "number" then
    values.refuse(x, "add")
  end
  if weight == nil then
    weight = 1
  elseif weight ~= 1 then
    check_weight(weight)
    if weight == 0 then
      return self
    end
  end
  if x ~= x then
    self.nans = self.nans + weight
    return self
  end
  if x < self.low then
    self.low = x
  end
  if x > self.high then
    self.high = x
  end
  if weight == 1 then
    put_one(self, x)
    self.n = self.n + 1
  else
    put_many(self, x, weight)
    self.n = self.n + weight
  end
  return self
end

--- Adds all of a list, or of an iterator function.
function methods:add_all(list)
  return values.add_all(self, list, "add_all")
end

-- What is read of a sketch while it is added to itself. Levels are replaced, never changed; the buffer is.
local function snapshot(sketch)
  local copy = {}
  for name, value in pairs(sketch) do
    copy[name] = value
  end
  copy.levels, copy.buffer = { unpack(sketch.levels) }, { unpack(sketch.buffer, 1, sketch.fill) }
  return copy
end

--- Adds what another sketch of the same accuracy has seen.
function methods:merge(other)
  values.check_kind(self, other)
  if other.k ~= self.k then
    arguments.raise("bad argument #1 to 'merge' (sketch with k = %d expected, got one with k = %d)", self.k, other.k)
  end
  if rawequal(self, other) then
    other = snapshot(other)
  end
  self.low, self.high = math.min(self.low, other.low), math.max(self.high, other.high)
  self.coin = (self.coin * 69069 + other.coin) % 2 ^ 32
  for missing = #self.levels + 1, #other.levels do
    self.levels[missing] = {}
  end
  for level, list in ipairs(other.levels) do
    if #list > 0 then
      -- Levels are replaced, never changed: both may have the same list.
      put(self, level, list, #list)
    end
  end
  for i = 1, other.fill do
    put_one(self, other.buffer[i])
  end
  self.n = self.n + other.n
  self.nans = self.nans + other.nans
  self.squares = self.squares + other.squares
  return self
end

--- How many values there were.
function methods:count()
  return self.n + self.nans
end

--- Whether every value is still there, so that quantiles are exact.
function methods:is_exact()
  return self.squares == 0
end

--- By how much the rank of a quantile may be wrong, as a part of all values, in so many of all cases.
function methods:rank_error(confidence)
  confidence = confidence or 0.99
  if type(confidence) ~= "number" or not (confidence > 0 and confidence < 1) then
    arguments.raise("bad argument #1 to 'rank_error' (number between 0 and 1 expected, got %s)", arguments.shown(confidence))
  end
  if self.n == 0 then
    return 0
  end
  return math.min(1, math.sqrt(2 * self.squares * math.log(2 / (1 - confidence))) / self.n)
end

-- All that is kept, sorted, and how many values each stands for.
local function kept(self)
  local list = {}
  for i = 1, self.fill do
    list[i] = { self.buffer[i], 1 }
  end
  for level, level_values in ipairs(self.levels) do
    for _, value in ipairs(level_values) do
      list[#list + 1] = { value, 2 ^ level }
    end
  end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

-- The value at a place among all, counted from 0.
local function value_at(self, list, place)
  if place <= 0 then
    return self.low
  elseif place >= self.n - 1 then
    return self.high
  end
  local seen = 0
  for _, entry in ipairs(list) do
    seen = seen + entry[2]
    if place < seen then
      return entry[1]
    end
  end
  return self.high
end

local function quantile_of(self, list, q)
  local place = q * (self.n - 1)
  local below = math.floor(place)
  local value = value_at(self, list, below)
  if place == below then
    return value
  end
  local following = value_at(self, list, below + 1)
  -- Infinite neighbours have nothing in between.
  return value == following and value or values.between(value, following, place - below)
end

--- The values below which so many parts of all values are; between two neighbours, in proportion. One for each argument.
function methods:quantile(...)
  values.check_quantiles(1, "quantile", ...)
  local found = { ... }
  if self.n == 0 or self.nans > 0 then
    for i = 1, #found do
      found[i] = values.NAN
    end
  else
    local list = kept(self)
    for i = 1, #found do
      found[i] = quantile_of(self, list, found[i])
    end
  end
  return unpack(found)
end

function methods:median()
  return (self:quantile(0.5))
end

--- The part of all values that are not greater than `x`.
function methods:rank(x)
  if type(x) ~= "number" then
    values.refuse(x, "rank")
  end
  if self.n == 0 or self.nans > 0 or x ~= x then
    return values.NAN
  elseif x >= self.high then
    return 1
  end
  local count = 0
  for _, entry in ipairs(kept(self)) do
    if entry[1] <= x then
      count = count + entry[2]
    end
  end
  return count / self.n
end

function methods:min()
  return self:quantile(0)
end

function methods:max()
  return self:quantile(1)
end

function Sketch.__tostring(self)
  if self:count() == 0 then
    return "sketch of no values"
  end
  return ("sketch of %d %s: min %.6g, quartiles %.6g, %.6g, %.6g, max %.6g")
    :format(self:count(), values.noun(self:count()), self:quantile(0, 0.25, 0.5, 0.75, 1))
end

return values.guard(Sketch, methods)
