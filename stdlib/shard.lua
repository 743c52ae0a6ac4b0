--- Splits work into parts, to give each call of a job its share, and puts what came of it together.
local arguments = require "lithops.arguments"
local hash = require "hash"

local shard = {}

local check_type, check_whole = arguments.check_type, arguments.check_whole

-- Raises unless the argument is a list without nils.
local function check_list(list, name)
  check_type(list, "table", 1, name)
  arguments.check_border(list, #list, 1, name)
  if arguments.length(list, 1, name) ~= #list then
    arguments.raise("bad argument #1 to '%s' (element %d is nil)", name, #list + 1)
  end
end

local function slice(list, first, last)
  local part = {}
  for i = first, last do
    part[i - first + 1] = list[i]
  end
  return part
end

local function empty_parts(n)
  local parts = {}
  for i = 1, n do
    parts[i] = {}
  end
  return parts
end

--- The first and the last of each of `n` parts of the numbers from 1 to `count`, without a list of them.
function shard.range(count, n)
  check_whole(count, 0, 1, "range")
  check_whole(n, 1, 2, "range")
  n = math.min(n, count)
  local ranges, first = {}, 1
  for i = 1, n do
    local last = first + math.floor(count / n) + (i <= count % n and 1 or 0) - 1
    ranges[i] = { first, last }
    first = last + 1
  end
  return ranges
end

--- Splits a list into `n` parts whose lengths differ by one at most, the longer ones first.
--- A list of fewer than `n` elements gives as many parts as it has elements.
function shard.parts(list, n)
  check_list(list, "parts")
  check_whole(n, 1, 2, "parts")
  local parts = {}
  for i, range in ipairs(shard.range(#list, n)) do
    parts[i] = slice(list, range[1], range[2])
  end
  return parts
end

--- Splits a list into parts of `size` elements; the last one holds what is left.
function shard.chunks(list, size)
  check_list(list, "chunks")
  check_whole(size, 1, 2, "chunks")
  local parts = {}
  for first = 1, #list, size do
    parts[#parts + 1] = slice(list, first, math.min(first + size - 1, #list))
  end
  return parts
end

--- Gives the elements to `n` parts in turn, as cards are dealt.
function shard.round_robin(list, n)
  check_list(list, "round_robin")
  check_whole(n, 1, 2, "round_robin")
  local parts = empty_parts(math.min(n, #list))
  for i = 1, #list do
    local part = parts[(i - 1) % n + 1]
    part[#part + 1] = list[i]
  end
  return parts
end

-- Moves the part at the top of a heap down to where it belongs. At the top is the one with the least weight; of equal ones, that with
-- the fewest members, so that elements that cost nothing are shared, too.
local function sink(heap, weights, members)
  local function is_before(a, b)
    if weights[a] ~= weights[b] then
      return weights[a] < weights[b]
    elseif #members[a] ~= #members[b] then
      return #members[a] < #members[b]
    end
    return a < b
  end
  local at, n = 1, #heap
  while true do
    local least = at
    for child = 2 * at, math.min(2 * at + 1, n) do
      if is_before(heap[child], heap[least]) then
        least = child
      end
    end
    if least == at then
      return
    end
    heap[at], heap[least] = heap[least], heap[at]
    at = least
  end
end

-- What each element costs, and the numbers of the elements, the dearest first.
local function by_cost(list, cost)
  local costs, numbers = {}, {}
  for i = 1, #list do
    local value = cost(list[i])
    if type(value) ~= "number" or not (value >= 0) or value == math.huge then
      arguments.raise("by_weight: the cost of element %d must be a number, 0 or more, not %s", i, arguments.shown(value))
    end
    costs[i], numbers[i] = value, i
  end
  table.sort(numbers, function(a, b) return costs[a] > costs[b] or costs[a] == costs[b] and a < b end)
  return costs, numbers
end

--- Splits a list into `n` parts that cost about the same: the dearest element first, each to the part that costs least so far. Within
--- a part, elements stay in their order. Gives the parts, and what each costs.
function shard.by_weight(list, n, cost)
  check_list(list, "by_weight")
  check_whole(n, 1, 2, "by_weight")
  check_type(cost, "function", 3, "by_weight")
  local costs, numbers = by_cost(list, cost)
  n = math.min(n, #list)
  local heap, weights, members = {}, {}, empty_parts(n)
  for i = 1, n do
    heap[i], weights[i] = i, 0
  end
  for _, number in ipairs(numbers) do
    local part = heap[1]
    members[part][#members[part] + 1] = number
    weights[part] = weights[part] + costs[number]
    sink(heap, weights, members)
  end
  for i, part in ipairs(members) do
    table.sort(part)
    for j, number in ipairs(part) do
      members[i][j] = list[number]
    end
  end
  return members, weights
end

local KEY_TYPES = { string = true, number = true, boolean = true }

--- The number, 1 to `n`, of the part that a key belongs to: the same in all processes, at all times.
function shard.of_key(key, n)
  check_whole(n, 1, 2, "of_key")
  local kind = type(key)
  local text ---@type string
  if kind == "string" then
    text = "s" .. key
  elseif kind == "number" then
    -- Minus zero is equal to zero.
    text = ("n%.17g"):format(key + 0)
  elseif kind == "boolean" then
    text = tostring(key)
  else
    arguments.fail(1, "of_key", "string, number or boolean", key)
  end
  return tonumber(hash.xxh3(text, { number = true }) % n) + 1
end

--- Splits a list into exactly `n` parts by keys: elements with the same key are in the same part, which may be empty. `key_of` gives
--- the key of an element; without it, elements are keys.
function shard.by_key(list, n, key_of)
  check_list(list, "by_key")
  check_whole(n, 1, 2, "by_key")
  if key_of ~= nil then
    check_type(key_of, "function", 3, "by_key")
  end
  local parts = empty_parts(n)
  for i = 1, #list do
    local key = list[i]
    if key_of then
      key = key_of(key)
    end
    if not KEY_TYPES[type(key)] then
      arguments.raise("by_key: the key of element %d must be a string, a number or a boolean, not %s", i, arguments.shown(key))
    end
    local part = parts[shard.of_key(key, n)]
    part[#part + 1] = list[i]
  end
  return parts
end

--- One list of all elements of lists, one behind the other.
function shard.concat(parts)
  check_type(parts, "table", 1, "concat")
  local all, n, has_n = {}, 0, false
  for i = 1, arguments.length(parts, 1, "concat") do
    local part = parts[i]
    if type(part) ~= "table" then
      arguments.raise("concat: element %d must be a list, not %s", i, arguments.shown(part))
    end
    local count = arguments.length(part, 1, "concat")
    has_n = has_n or type(part.n) == "number"
    for j = 1, count do
      all[n + j] = part[j]
    end
    n = n + count
  end
  if has_n then
    all.n = n
  end
  return all
end

return shard
