--- How two quantities go together: covariance, correlation, the straight line through their points, without keeping them.
---
--- This module is the metatable of its accumulators: as a module it travels by its name.
local arguments = require "lithops.arguments"
local values = require "stats.values"

local Bivariate = {}
local methods = {}
Bivariate.__index = methods

local NAN = values.NAN

function Bivariate.new()
  return setmetatable({
    kind = "bivariate",
    n = 0,
    w = 0,
    -- The first point, and the means as seen from it, so that little is lost where points are far from 0.
    x_origin = 0,
    y_origin = 0,
    x = 0,
    y = 0,
    xx = 0,
    yy = 0,
    xy = 0,
  }, Bivariate)
end

--- An empty one of the same kind.
function Bivariate.like()
  return Bivariate.new()
end

--- Adds a point, which counts `weight` times.
function methods:add(x, y, weight)
  if type(x) ~= "number" then
    arguments.fail(1, "add", "number", x)
  elseif type(y) ~= "number" then
    arguments.fail(2, "add", "number", y)
  end
  if weight == nil then
    weight = 1
  elseif type(weight) ~= "number" or not (weight >= 0 and weight < math.huge) then
    arguments.raise("bad argument #3 to 'add' (weight of 0 or more expected, got %s)", arguments.shown(weight))
  elseif weight == 0 then
    return self
  end
  if self.n == 0 then
    self.x_origin, self.y_origin = x, y
  end
  local w = self.w + weight
  local dx, dy = x - self.x_origin - self.x, y - self.y_origin - self.y
  local share = weight / w
  self.x = self.x + dx * share
  self.y = self.y + dy * share
  local rest = self.w * share
  self.xx = self.xx + dx * dx * rest
  self.yy = self.yy + dy * dy * rest
  self.xy = self.xy + dx * dy * rest
  self.w = w
  self.n = self.n + 1
  return self
end

--- Adds the points of two lists of the same length.
function methods:add_all(xs, ys)
  local n, x = values.check_list(xs, 1, "add_all")
  local count, y = values.check_list(ys, 2, "add_all")
  if count ~= n then
    arguments.raise("bad argument #2 to 'add_all' (list of %d elements expected, as argument #1 has, got %d)", n, count)
  end
  for i = 1, n do
    self:add(x[i], y[i])
  end
  return self
end

--- Adds what another one has seen.
function methods:merge(other)
  values.check_kind(self, other)
  if other.w == 0 then
    return self
  elseif self.w == 0 then
    self.x_origin, self.y_origin = other.x_origin, other.y_origin
  end
  local w = self.w + other.w
  local dx = other.x_origin - self.x_origin + other.x - self.x
  local dy = other.y_origin - self.y_origin + other.y - self.y
  local share = other.w / w
  local rest = self.w * share
  self.x = self.x + dx * share
  self.y = self.y + dy * share
  self.xx = self.xx + other.xx + dx * dx * rest
  self.yy = self.yy + other.yy + dy * dy * rest
  self.xy = self.xy + other.xy + dx * dy * rest
  self.w = w
  self.n = self.n + other.n
  return self
end

function methods:count()
  return self.n
end

--- Both means.
function methods:means()
  if self.w == 0 then
    return NAN, NAN
  end
  return self.x_origin + self.x, self.y_origin + self.y
end

--- The covariance of which the points are a sample.
function methods:covariance()
  return self.w > 1 and self.xy / (self.w - 1) or NAN
end

--- From -1 to 1; NaN if one of both is always the same.
function methods:correlation()
  local correlation = self.xy / (math.sqrt(self.xx) * math.sqrt(self.yy))
  return correlation > 1 and 1 or correlation < -1 and -1 or correlation
end

--- Slope and intercept of the line with the least squares of what `y` differs from it.
function methods:linear_regression()
  local slope = self.xy / self.xx
  local x, y = self:means()
  return slope, y - slope * x
end

function Bivariate.__tostring(self)
  if self.n == 0 then
    return "bivariate of no points"
  end
  local slope, intercept = self:linear_regression()
  return ("bivariate of %d points: correlation %.6g, y = %.6g * x %s %.6g")
    :format(self.n, self:correlation(), slope, intercept < 0 and "-" or "+", math.abs(intercept))
end

return values.guard(Bivariate, methods)
