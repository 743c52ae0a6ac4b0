--- A stable merge sort of keys with their values, in loops that LuaJIT compiles; `table.sort` calls its comparison from C.
local sorting = {}

--- Keys up, keys down.
function sorting.ascending(a, b)
  return a < b
end

function sorting.descending(a, b)
  return b < a
end

--- Lengths of the pieces that are sorted by insertion.
local PIECE = 8

local function sort_pieces(keys, values, count, less)
  for first = 1, count, PIECE do
    local last = first + PIECE - 1
    if last > count then
      last = count
    end
    for i = first + 1, last do
      local key, value = keys[i], values[i]
      local j = i - 1
      while j >= first and less(key, keys[j]) do
        keys[j + 1], values[j + 1] = keys[j], values[j]
        j = j - 1
      end
      keys[j + 1], values[j + 1] = key, value
    end
  end
end

local function merge_two(keys, values, to_keys, to_values, first, middle, last, less)
  local i, j, k = first, middle + 1, first
  while i <= middle and j <= last do
    -- Of equal ones the first stays first.
    if less(keys[j], keys[i]) then
      to_keys[k], to_values[k] = keys[j], values[j]
      j = j + 1
    else
      to_keys[k], to_values[k] = keys[i], values[i]
      i = i + 1
    end
    k = k + 1
  end
  while i <= middle do
    to_keys[k], to_values[k] = keys[i], values[i]
    i, k = i + 1, k + 1
  end
  while j <= last do
    to_keys[k], to_values[k] = keys[j], values[j]
    j, k = j + 1, k + 1
  end
end

local function is_sorted(keys, count, less)
  for i = 2, count do
    if less(keys[i], keys[i - 1]) then
      return false
    end
  end
  return true
end

--- Sorts both lists by the keys. Gives the sorted lists, which may be others than those that were passed.
---@param keys any[]
---@param values any[] one for each key; the list of keys itself if each is its own value
---@param count integer
---@param less fun(a: any, b: any): boolean
---@return any[] keys
---@return any[] values
function sorting.sort(keys, values, count, less)
  if is_sorted(keys, count, less) then
    return keys, values
  end
  sort_pieces(keys, values, count, less)
  local to_keys = {}
  local to_values = values == keys and to_keys or {}
  local width = PIECE
  while width < count do
    for first = 1, count, 2 * width do
      local middle = first + width - 1
      local last = middle + width
      if middle > count then
        middle = count
      end
      if last > count then
        last = count
      end
      merge_two(keys, values, to_keys, to_values, first, middle, last, less)
    end
    keys, values, to_keys, to_values = to_keys, to_values, keys, values
    width = width * 2
  end
  return keys, values
end

return sorting
