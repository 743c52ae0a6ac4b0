--- What the tests of `stats` have in common: lists, and accumulators that were merged from parts of them.
local stats = require "stats"

local support = {}

function support.is_nan(x)
  return x ~= x
end

function support.random_list(seed, n)
  math.randomseed(seed)
  local list = {}
  for i = 1, n do
    list[i] = math.random() * 10 ^ math.random(-2, 3) - 5
  end
  return list
end

-- The list in some parts, empty ones too.
local function parts_of(list, n)
  local parts = {}
  for i = 1, n do
    parts[i] = {}
  end
  for _, value in ipairs(list) do
    local part = parts[math.random(n)]
    part[#part + 1] = value
  end
  return parts
end

function support.merged(make, list, n)
  local accumulators = {}
  for i, part in ipairs(parts_of(list, n)) do
    accumulators[i] = make():add_all(part)
  end
  return stats.merge(accumulators)
end

return support
