--- Splits lists into parts, to give each call of a job its share of the work.
local shard = {}

local function check(value, position, name)
  if type(value) ~= "table" then
    error(("bad argument #%d to '%s' (table expected, got %s)"):format(position, name, type(value)), 3)
  end
end

local function check_count(value, position, name)
  if type(value) ~= "number" or value < 1 or value % 1 ~= 0 then
    error(("bad argument #%d to '%s' (whole number of 1 or more expected, got %s)")
      :format(position, name, tostring(value)), 3)
  end
end

local function slice(list, first, last)
  local part = {}
  for i = first, last do
    part[i - first + 1] = list[i]
  end
  return part
end

--- Splits a list into `n` parts whose lengths differ by one at most, the longer ones first.
--- A list of fewer than `n` elements gives as many parts as it has elements.
---@generic T
---@param list T[]
---@param n integer how many parts
---@return T[][] parts in the order of the list
function shard.parts(list, n)
  check(list, 1, "parts")
  check_count(n, 2, "parts")
  local length = #list
  n = math.min(n, length)
  local parts, first = {}, 1
  for i = 1, n do
    local size = math.floor(length / n) + (i <= length % n and 1 or 0)
    parts[i] = slice(list, first, first + size - 1)
    first = first + size
  end
  return parts
end

--- Splits a list into parts of `size` elements; the last one holds what is left.
---@generic T
---@param list T[]
---@param size integer how many elements a part has
---@return T[][] parts in the order of the list
function shard.chunks(list, size)
  check(list, 1, "chunks")
  check_count(size, 2, "chunks")
  local parts = {}
  for first = 1, #list, size do
    parts[#parts + 1] = slice(list, first, math.min(first + size - 1, #list))
  end
  return parts
end

return shard
