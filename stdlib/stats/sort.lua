--- Sorts numbers at the speed of the machine: by networks, whose comparisons are the same for any values, so that nothing is left to
--- guess for a processor; as `table.sort` calls from C what LuaJIT could compile.
local ffi = require "ffi"
local new_table = require "table.new"

local sort = {}

--- The most that one network sorts. More is merged from as many pieces.
local PIECE = 1024

local doubles = ffi.typeof("double[?]")
local indices = ffi.typeof("int16_t[?]")

-- The comparisons of Batcher's odd-even merge sort of `n` values, a power of 2: pairs of places, to hold the lesser and the greater one.
local function compare_all(n, add)
  local width = 1
  while width < n do
    local distance = width
    while distance >= 1 do
      for first = distance % width, n - 1 - distance, 2 * distance do
        for i = first, math.min(first + distance, n - distance) - 1 do
          if math.floor(i / (2 * width)) == math.floor((i + distance) / (2 * width)) then
            add(i, i + distance)
          end
        end
      end
      distance = (distance / 2) --[[@as integer]]
    end
    width = 2 * width
  end
end

local networks = {}

local function network(n)
  local known = networks[n]
  if not known then
    local lower, upper, count = {}, {}, 0
    compare_all(n, function(i, j)
      count = count + 1
      lower[count], upper[count] = i, j
    end)
    known = { count = count, lower = indices(count, lower), upper = indices(count, upper) }
    networks[n] = known
  end
  return known
end

local function run(net, array)
  local lower, upper = net.lower, net.upper
  for c = 0, net.count - 1 do
    local i, j = lower[c], upper[c]
    local a, b = array[i], array[j]
    array[i], array[j] = math.min(a, b), math.max(a, b)
  end
end

-- Merges `from[first]` to `from[middle - 1]` and those behind, up to `from[last - 1]`, into `to` at the same places.
local function merge_two(from, to, first, middle, last)
  local i, j, k = first, middle, first
  while i < middle and j < last do
    local a, b = from[i], from[j]
    to[k] = math.min(a, b)
    if b < a then
      j = j + 1
    else
      i = i + 1
    end
    k = k + 1
  end
  for rest = i, middle - 1 do
    to[k] = from[rest]
    k = k + 1
  end
  for rest = j, last - 1 do
    to[k] = from[rest]
    k = k + 1
  end
end

local function load(array, list, first, n, size)
  for i = 0, n - 1 do
    array[i] = list[first + i]
  end
  for i = n, size - 1 do
    array[i] = math.huge
  end
end

local function store(array, list, n)
  for i = 0, n - 1 do
    list[i + 1] = array[i]
  end
end

local piece = doubles(PIECE)

local function sort_piece(list, first, n)
  local size = 2
  while size < n do
    size = size * 2
  end
  load(piece, list, first, n, size)
  run(network(size), piece)
end

local function sort_many(list, n)
  local from, to = doubles(n), doubles(n)
  for first = 1, n, PIECE do
    local count = math.min(PIECE, n - first + 1)
    sort_piece(list, first, count)
    ffi.copy(from + (first - 1), piece, 8 * count)
  end
  local width = PIECE
  while width < n do
    for first = 0, n - 1, 2 * width do
      local middle = math.min(first + width, n)
      merge_two(from, to, first, middle, math.min(middle + width, n))
    end
    from, to = to, from
    width = width * 2
  end
  store(from, list, n)
end

--- Sorts the first `n` of a list, in place.
---@param list number[] without NaN
---@param n integer
function sort.numbers(list, n)
  if n > PIECE then
    sort_many(list, n)
  elseif n > 1 then
    sort_piece(list, 1, n)
    store(piece, list, n)
  end
end

--- All of two sorted lists as one.
function sort.merged(a, a_count, b, b_count)
  local all, i, j, k = new_table(a_count + b_count, 0), 1, 1, 0
  while i <= a_count and j <= b_count do
    local x, y = a[i], b[j]
    k = k + 1
    all[k] = math.min(x, y)
    if y < x then
      j = j + 1
    else
      i = i + 1
    end
  end
  for rest = i, a_count do
    k = k + 1
    all[k] = a[rest]
  end
  for rest = j, b_count do
    k = k + 1
    all[k] = b[rest]
  end
  return all
end

return sort
