--- What a simulation comes to: a mean, and between which bounds it is. This module is the metatable of estimates: as a module it travels
--- by its name.
local arguments = require "lithops.arguments"

local Estimate = {}
local methods = {}
Estimate.__index = methods

-- Acklam's rational functions for the inverse of the normal distribution, which are right to 9 digits.
local A = { -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.3577518672690, -30.66479806614716, 2.506628277459239 }
local B = { -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1 }
local C = { -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783 }
local D = { 0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1 }

local function polynomial(coefficients, x)
  ---@type number
  local value = 0
  for _, coefficient in ipairs(coefficients) do
    value = value * x + coefficient
  end
  return value
end

-- So many standard deviations around its mean a normal distribution has so much of all.
local function deviations(confidence)
  local tail = (1 - confidence) / 2
  if tail < 0.02425 then
    local q = math.sqrt(-2 * math.log(tail))
    return -polynomial(C, q) / polynomial(D, q)
  end
  local q = 0.5 - tail
  return q * polynomial(A, q * q) / polynomial(B, q * q)
end

-- The bounds of a mean. Those of how often something happens are Wilson's, which hold also where it has always happened, or never.
local function bounds(estimate, confidence)
  local z, n, mean = deviations(confidence), estimate.samples, estimate.mean
  if estimate.is_probability then
    local scale = 1 / (1 + z * z / n)
    local center = (mean + z * z / (2 * n)) * scale
    local half = z * scale * math.sqrt(mean * (1 - mean) / n + z * z / (4 * n * n))
    -- Rounding alone keeps them off the ends that they have.
    return mean == 0 and 0 or math.max(0, center - half), mean == 1 and 1 or math.min(1, center + half)
  end
  return mean - z * estimate.standard_error, mean + z * estimate.standard_error
end

-- Sets all that follows from the summary.
local function update(estimate)
  local summary = estimate.summary
  estimate.mean, estimate.standard_error, estimate.samples = summary:mean(), summary:standard_error(), summary:count()
  estimate.low, estimate.high = bounds(estimate, estimate.confidence)
  estimate.error = (estimate.high - estimate.low) / 2
  return estimate
end

--- The estimate of a summary of samples.
---@param summary stats.Summary
---@param details table `confidence`, `seeds`, `is_probability`, `target_error`
function Estimate.new(summary, details)
  return update(setmetatable({
    kind = "estimate",
    summary = summary,
    confidence = details.confidence,
    seed = details.seeds[1],
    seeds = details.seeds,
    is_probability = details.is_probability,
    target_error = details.target_error,
  }, Estimate))
end

--- The bounds for another confidence.
function methods:interval(confidence)
  if type(confidence) ~= "number" or not (confidence > 0 and confidence < 1) then
    arguments.raise("bad argument #1 to 'interval' (number between 0 and 1 expected, got %s)", arguments.shown(confidence))
  end
  return bounds(self, confidence)
end

--- Whether the error is as small as was wanted.
function methods:is_reached()
  return self.target_error == nil or self.error <= self.target_error
end

--- Adds the samples of another simulation of the same.
function methods:merge(other)
  if type(other) ~= "table" or rawget(other, "kind") ~= "estimate" then
    arguments.fail(1, "merge", "estimate", other)
  elseif self.is_probability ~= other.is_probability then
    arguments.raise("bad argument #1 to 'merge' (one is a probability, the other is not)")
  end
  for _, seed in ipairs(self.seeds) do
    for _, other_seed in ipairs(other.seeds) do
      if seed == other_seed then
        arguments.raise("bad argument #1 to 'merge' (both have seed %d: the same samples would count twice)", seed)
      end
    end
  end
  local seeds = {}
  for _, list in ipairs({ self.seeds, other.seeds }) do
    for _, seed in ipairs(list) do
      seeds[#seeds + 1] = seed
    end
  end
  self.seeds = seeds
  self.summary:merge(other.summary)
  return update(self)
end

function Estimate.__tostring(self)
  -- Two digits of the error are all that is known.
  local digits = 6
  if self.error > 0 and self.error < math.huge then
    digits = math.max(0, math.min(15, 1 - math.floor(math.log10(self.error))))
  end
  local number = "%." .. digits .. "f"
  return (number .. " ± " .. number .. " (%.6g %% confidence, %.14g %s)")
    :format(self.mean, self.error, 100 * self.confidence, self.samples, self.samples == 1 and "sample" or "samples")
end

return Estimate
