--- Count, mean, variance and so on of numbers that come one by one, without keeping them. Summaries of parts make one of the whole.
---
--- Moments are central ones, updated as Welford, Chan and Pébay do, of what values differ from the first one, so that little is lost where
--- they are far from 0; the sum is compensated as Neumaier does. This module is the metatable of summaries: as a module it travels by its
--- name.
local sums = require "lithops.sums"
local values = require "stats.values"

local Summary = {}
local methods = {}
Summary.__index = methods

local NAN = values.NAN

function Summary.new()
  return setmetatable({
    kind = "summary",
    n = 0,
    w = 0,
    -- The first value, and the mean as seen from it.
    origin = 0,
    center = 0,
    m2 = 0,
    m3 = 0,
    m4 = 0,
    total = 0,
    lost = 0,
    low = math.huge,
    high = -math.huge,
  }, Summary)
end

--- An empty one of the same kind.
function Summary.like()
  return Summary.new()
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
  if self.n == 0 then
    self.origin = x
  end
  local before, m2, m3 = self.w, self.m2, self.m3
  local after = before + weight
  local delta = (x - self.origin) - self.center
  local inverse = 1 / after
  local shift = delta * weight * inverse
  local term = delta * shift * before
  local scaled = delta * inverse
  self.m4 = self.m4 + term * scaled * scaled * (before * before - before * weight + weight * weight) + 6 * shift * shift * m2
    - 4 * shift * m3
  self.m3 = m3 + term * scaled * (before - weight) - 3 * shift * m2
  self.m2 = m2 + term
  self.center = self.center + shift
  self.w = after
  self.n = self.n + 1
  self.total, self.lost = sums.add(self.total, self.lost, x * weight)
  if x < self.low then
    self.low = x
  end
  if x > self.high then
    self.high = x
  end
  if x ~= x then
    self.low, self.high = x, x
  end
  return self
end

--- Adds all of a list, or of an iterator function.
function methods:add_all(list)
  return values.add_all(self, list, "add_all")
end

--- Adds what another summary has seen.
function methods:merge(other)
  values.check_kind(self, other)
  local a, b = self.w, other.w
  if b == 0 then
    return self
  elseif a == 0 then
    self.origin = other.origin
  end
  local all = a + b
  local delta = (other.origin - self.origin) + other.center - self.center
  local a_share, b_share = a / all, b / all
  local d2 = delta * delta
  local m2, other_m2, m3, other_m3 = self.m2, other.m2, self.m3, other.m3
  self.m4 = self.m4 + other.m4 + d2 * d2 * a * b_share * (a_share * a_share - a_share * b_share + b_share * b_share)
    + 6 * d2 * (a_share * a_share * other_m2 + b_share * b_share * m2) + 4 * delta * (a_share * other_m3 - b_share * m3)
  self.m3 = m3 + other_m3 + d2 * delta * a * b_share * (a_share - b_share) + 3 * delta * (a_share * other_m2 - b_share * m2)
  self.m2 = m2 + other_m2 + d2 * a * b_share
  self.center = self.center + delta * b_share
  self.w = all
  self.n = self.n + other.n
  self.total, self.lost = sums.add(self.total, self.lost, other.total)
  self.lost = self.lost + other.lost
  self.low, self.high = values.lesser(self.low, other.low), values.greater(self.high, other.high)
  return self
end

function methods:count()
  return self.n
end

function methods:weight()
  return self.w
end

function methods:sum()
  return sums.value(self.total, self.lost)
end

function methods:mean()
  if self.w == 0 then
    return NAN
  end
  local mean = self:sum() / self.w
  if mean - mean ~= 0 and self.high - self.high == 0 and self.low - self.low == 0 then
    -- The sum is beyond all numbers, but the values are not.
    return self.origin + self.center
  end
  return mean
end

--- The variance of which the values are a sample.
function methods:variance()
  return self.w > 1 and self.m2 / (self.w - 1) or NAN
end

--- The variance of the values alone.
function methods:pvariance()
  return self.w > 0 and self.m2 / self.w or NAN
end

function methods:stdev()
  return math.sqrt(self:variance())
end

function methods:pstdev()
  return math.sqrt(self:pvariance())
end

--- The standard deviation of the mean.
function methods:standard_error()
  return math.sqrt(self:variance() / self.w)
end

function methods:skewness()
  return math.sqrt(self.w) * self.m3 / self.m2 ^ 1.5
end

--- The excess over 3, which is that of the normal distribution.
function methods:kurtosis()
  return self.w * self.m4 / (self.m2 * self.m2) - 3
end

function methods:min()
  return self.n > 0 and self.low or NAN
end

function methods:max()
  return self.n > 0 and self.high or NAN
end

function Summary.__tostring(self)
  if self.n == 0 then
    return "summary of no values"
  end
  return ("summary of %d %s: mean %.6g, standard deviation %.6g, min %.6g, max %.6g")
    :format(self.n, values.noun(self.n), self:mean(), self:stdev(), self:min(), self:max())
end

return values.guard(Summary, methods)
