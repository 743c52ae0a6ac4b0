--- Ranges of sorted runs: which task merges what.
local sorting = require "dataset.sorting"

local ranges = {}

-- Keys that divide all bytes into about `count` equal parts.
local function bounds_of(runs, count, less)
  local keys, weights, n, total = {}, {}, 0, 0
  for _, run in ipairs(runs) do
    for i, key in ipairs(run.keys) do
      n = n + 1
      keys[n], weights[n] = key, (run.offsets[i + 1] or run.size) - run.offsets[i]
      total = total + weights[n]
    end
  end
  keys, weights = sorting.sort(keys, weights, n, less)
  local bounds, before = {}, 0
  for i = 1, n do
    -- A block holds keys from its first one on, so that its bytes count behind it.
    if #bounds < count - 1 and before >= total * (#bounds + 1) / count then
      local last = bounds[#bounds]
      if last == nil or less(last, keys[i]) then
        bounds[#bounds + 1] = keys[i]
      end
    end
    before = before + weights[i]
  end
  return bounds
end

-- Where the part of a run from the key `from` up to `to` is; nil where there is none.
local function part_of(run, from, to, less)
  local first, last = 0, run.size
  for i, key in ipairs(run.keys) do
    if from ~= nil and less(key, from) then
      first = run.offsets[i]
    elseif to ~= nil and not less(key, to) then
      last = run.offsets[i]
      break
    end
  end
  if first >= last then
    return nil
  end
  return run.bytes and { bytes = run.bytes:sub(first + 1, last) } or { key = run.key, first = first, last = last - 1 }
end

--- What each of `count` tasks merges: parts of runs, and the keys between which its own ones are. There may be fewer tasks, where
--- many keys are equal.
---@return table[]
function ranges.of(runs, count, descending)
  local less = descending and sorting.descending or sorting.ascending
  local bounds = bounds_of(runs, count, less)
  local tasks = {}
  for i = 1, #runs > 0 and #bounds + 1 or 0 do
    local from, to = bounds[i - 1], bounds[i]
    local parts = {}
    for _, run in ipairs(runs) do
      parts[#parts + 1] = part_of(run, from, to, less)
    end
    tasks[i] = { runs = parts, from = from, to = to }
  end
  return tasks
end

return ranges
