--- Counts of values by where they are. Histograms of parts make one of the whole.
---
--- With `min` and `max`, bins are fixed. Without, they follow the values: their width is the least power of two of which `bins` are enough,
--- and they begin at multiples of it, so that pairs of bins make up the wider ones exactly, and which values came first, and where, does
--- not matter. This module is the metatable of histograms: as a module it travels by its name.
local arguments = require "lithops.arguments"
local values = require "stats.values"

local Histogram = {}
local methods = {}
Histogram.__index = methods

local DEFAULT_FIXED, DEFAULT_MOST = 10, 32
--- More bins than this are a mistake.
local MOST_BINS = 1000000
--- Bins that follow the values do not follow them beyond this: the widest would have no end.
local FARTHEST = 1e300
--- Letters of the longest bar that is printed.
local BAR = 40

local function is_finite(value)
  return type(value) == "number" and value - value == 0
end

local OPTIONS = {
  bins = {
    ("a whole number from 2 to %d"):format(MOST_BINS),
    function(n) return type(n) == "number" and n >= 2 and n <= MOST_BINS and n % 1 == 0 end,
  },
  min = { "a finite number", is_finite },
  max = { "a finite number", is_finite },
}

function Histogram.new(options)
  options = arguments.options(options, OPTIONS, "histogram")
  if (options.min == nil) ~= (options.max == nil) then
    arguments.raise("histogram: options `min` and `max` belong together; without both, bins follow the values")
  end
  local is_fixed = options.min ~= nil
  if is_fixed and not (options.min < options.max) then
    arguments.raise("histogram: option `min` must be less than `max`")
  elseif is_fixed and options.max - options.min == math.huge then
    arguments.raise("histogram: options `min` and `max`, %s and %s, are too far from each other for bins", tostring(options.min),
      tostring(options.max))
  end
  ---@type table<string, any>
  local histogram = {
    kind = "histogram",
    is_fixed = is_fixed,
    most = options.bins or (is_fixed and DEFAULT_FIXED or DEFAULT_MOST),
    n = 0,
    nans = 0,
    below = 0,
    above = 0,
    counts = {},
    -- Of bins that follow the values, the first begins at `first` widths.
    first = 0,
    width = 0,
    low = math.huge,
    high = -math.huge,
  }
  if is_fixed then
    histogram.from, histogram.to = options.min, options.max
    histogram.width = (options.max - options.min) / histogram.most
    for i = 1, histogram.most do
      histogram.counts[i] = 0
    end
  end
  return setmetatable(histogram, Histogram)
end

--- An empty one with the same bins.
function Histogram.like(histogram)
  return Histogram.new({ bins = histogram.most, min = histogram.from, max = histogram.to })
end

--- The least power of two of which `most` bins hold all from `low` to `high`. It is not finer than numbers of that size are.
local function width_for(low, high, most)
  local _, exponent = math.frexp(math.max(math.abs(low), math.abs(high), 2 ^ -960))
  local _, spread = math.frexp((high / 2 - low / 2) / (most / 2) + 2 ^ -1000)
  local width = 2 ^ math.max(exponent - 45, spread - 1)
  while math.floor(high / width) - math.floor(low / width) + 1 > most do
    width = width * 2
  end
  return width
end

-- Adds counts of bins of which the first begins at `first` widths.
local function add_counts(self, counts, first, width)
  for i, count in ipairs(counts) do
    if count > 0 then
      local bin = math.floor((first + i - 1) * (width / self.width)) - self.first + 1
      self.counts[bin] = self.counts[bin] + count
    end
  end
end

-- Has the bins reach from `low` to `high`, too, and be as wide as `width` at least.
local function reach(self, low, high, width)
  low, high = math.min(low, self.low), math.max(high, self.high)
  width = math.max(width_for(low, high, self.most), width)
  local counts, first, old_width = self.counts, self.first, self.width
  self.low, self.high, self.width, self.first, self.counts = low, high, width, math.floor(low / width), {}
  for i = 1, math.floor(high / width) - self.first + 1 do
    self.counts[i] = 0
  end
  add_counts(self, counts, first, old_width)
end

-- Values outside of fixed bins. The greatest of all belongs to the last bin.
local function add_outside(self, x, weight)
  if x ~= x then
    self.nans = self.nans + weight
  elseif x < self.from then
    self.below = self.below + weight
  elseif x > self.to then
    self.above = self.above + weight
  else
    self.counts[self.most] = self.counts[self.most] + weight
  end
end

local function add_following(self, x, weight)
  if x ~= x then
    self.nans = self.nans + weight
  elseif x < -FARTHEST then
    self.below = self.below + weight
  elseif x > FARTHEST then
    self.above = self.above + weight
  else
    reach(self, x, x, self.width)
    local bin = math.floor(x / self.width) - self.first + 1
    self.counts[bin] = self.counts[bin] + weight
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
    values.check_weight(weight, "add")
    if weight == 0 then
      return self
    end
  end
  self.n = self.n + weight
  local counts = self.counts
  if self.is_fixed then
    local from, width = self.from, self.width
    local bin = math.floor((x - from) / width) + 1
    -- The quotient is rounded, where bins begin is, too.
    if x < from + (bin - 1) * width then
      bin = bin - 1
    elseif x >= from + bin * width then
      bin = bin + 1
    end
    local count = counts[bin]
    if count and x < self.to then
      counts[bin] = count + weight
    else
      add_outside(self, x, weight)
    end
  elseif x >= self.low and x <= self.high then
    local bin = math.floor(x / self.width) - self.first + 1
    counts[bin] = counts[bin] + weight
  else
    add_following(self, x, weight)
  end
  return self
end

--- Adds all of a list, or of an iterator function.
function methods:add_all(list)
  return values.add_all(self, list, "add_all")
end

--- Adds what another histogram with the same bins has seen.
function methods:merge(other)
  values.check_kind(self, other)
  if self.most ~= other.most or self.from ~= other.from or self.to ~= other.to then
    arguments.raise("bad argument #1 to 'merge' (histogram with the same `bins`, `min` and `max` expected)")
  end
  for _, name in ipairs({ "n", "nans", "below", "above" }) do
    self[name] = self[name] + other[name]
  end
  if #other.counts > 0 then
    if not self.is_fixed then
      reach(self, other.low, other.high, math.max(self.width, other.width))
    end
    add_counts(self, other.counts, other.first, other.width)
  end
  return self
end

--- How many values there were, those outside of the bins and NaN too.
function methods:count()
  return self.n
end

--- How many values were in no bin: below the first, above the last, and NaN.
function methods:outside()
  return self.below, self.above, self.nans
end

--- Where each bin begins and ends, and how many values are in it.
function methods:bins()
  local bins = {}
  local start = self.is_fixed and self.from or self.first * self.width
  for i, count in ipairs(self.counts) do
    bins[i] = { from = start + (i - 1) * self.width, to = start + i * self.width, count = count }
  end
  if self.is_fixed then
    bins[self.most].to = self.to
  end
  return bins
end

local function bar(count, most)
  return ("#"):rep(math.ceil(count / most * BAR))
end

-- As few digits as tell where a bin begins from where the next one does: far from 0 these are many.
local function label_format(bins)
  local digits, i = 6, 2
  while i <= #bins do
    local label = "%." .. digits .. "g"
    if digits < 17 and label:format(bins[i - 1].from) == label:format(bins[i].from) then
      digits = digits + 1
    else
      i = i + 1
    end
  end
  return "%." .. digits .. "g"
end

function Histogram.__tostring(self)
  local lines = { ("histogram of %.14g %s"):format(self.n, values.noun(self.n)) }
  local bins, most = self:bins(), 0
  for _, bin in ipairs(bins) do
    most = math.max(most, bin.count)
  end
  local label = label_format(bins)
  local width = 12
  for _, bin in ipairs(bins) do
    width = math.max(width, #label:format(bin.from))
  end
  for _, bin in ipairs(bins) do
    local line = ("%" .. width .. "s  %10.14g  %s"):format(label:format(bin.from), bin.count, most > 0 and bar(bin.count, most) or "")
    lines[#lines + 1] = line:gsub("%s+$", "")
  end
  local outside = { "below", "above", "nans" }
  for _, name in ipairs(outside) do
    if self[name] > 0 then
      lines[#lines + 1] = ("%" .. width .. "s  %10.14g"):format(name == "nans" and "nan" or name, self[name])
    end
  end
  return table.concat(lines, "\n")
end

return values.guard(Histogram, methods)
