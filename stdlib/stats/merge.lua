--- Makes one accumulator of many, and one table of many tables of accumulators.
local arguments = require "lithops.arguments"
local values = require "stats.values"

local CLASSES = {
  summary = require "stats.summary",
  sketch = require "stats.sketch",
  histogram = require "stats.histogram",
  bivariate = require "stats.bivariate",
}

local function class_of(value)
  return type(value) == "table" and CLASSES[rawget(value, "kind")] or nil
end

local merged

-- A table with the keys of all, and under each what all have there.
local function merged_tables(list, place)
  local columns, keys = {}, {}
  for _, entry in ipairs(list) do
    if type(entry) ~= "table" or class_of(entry) then
      local kind = class_of(entry) and entry.kind or type(entry)
      arguments.raise("merge: %s is a %s, where others have a table of accumulators", place, kind)
    end
    for key, value in pairs(entry) do
      if not columns[key] then
        columns[key] = {}
        keys[#keys + 1] = key
      end
      columns[key][#columns[key] + 1] = value
    end
  end
  local result = {}
  for _, key in ipairs(keys) do
    result[key] = merged(columns[key], ("%s[%s]"):format(place, arguments.shown(key)))
  end
  return result
end

function merged(list, place)
  local first = list[1]
  local class = class_of(first)
  if not class then
    if type(first) ~= "table" then
      arguments.raise("merge: %s must be an accumulator, or a table of them, not %s", place, arguments.shown(first))
    end
    return merged_tables(list, place)
  end
  local result = class.like(first)
  for _, accumulator in ipairs(list) do
    if not class_of(accumulator) then
      arguments.raise("merge: %s must be a %s, as others are, not %s", place, first.kind, arguments.shown(accumulator))
    end
    result:merge(accumulator)
  end
  return result
end

--- One accumulator of all in a list, which are not changed; of tables of accumulators, a table. Nothing, and why, for an empty list.
return function(list)
  arguments.check_type(list, "table", 1, "merge")
  local n = arguments.length(list, 1, "merge")
  if list.n == nil then
    arguments.check_border(list, n, 1, "merge")
  end
  if n == 0 then
    return nil, "nothing to merge"
  end
  for i = 1, n do
    if type(list[i]) ~= "table" then
      arguments.raise("merge: element %d must be an accumulator, or a table of them, not %s", i, arguments.shown(list[i]))
    end
  end
  return merged(list, "an element")
end
