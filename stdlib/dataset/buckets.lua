--- The output of a map task: one object with all buckets, one behind the other.
local blocks = require "dataset.blocks"
local hash = require "dataset.hash"

local buckets = {}

local PIECE_BYTES = 2 ^ 18

--- A function that takes records, and one that ends it and gives what was written: a list of runs, each with `offsets`, where its
--- buckets begin and, last, its size. There are several if the memory did not suffice for one.
---@param count integer how many buckets
---@return fun(key: any, value: any) put
---@return fun(): table[] finish
---@return fun() flush writes out what is held
function buckets.writer(context, count)
  local block_bytes = math.max(512, math.min(context.block_bytes, math.floor(context.bytes / 8 / count)))
  local most = context.bytes / 3
  -- For each bucket the block that is being filled, and the finished ones as strings: a buffer of all would double as it grows.
  local open, closed, sizes, has_nulls, total, written = {}, {}, {}, {}, 0, {}
  for i = 1, count do
    open[i], closed[i], sizes[i], has_nulls[i] = blocks.buffer(), {}, 0, false
  end
  local bucket_of, put_record, budget = hash.bucket, blocks.put, context.budget

  local function close(i)
    local list = closed[i]
    local head, records = blocks.take(open[i], has_nulls[i])
    list[#list + 1], list[#list + 2] = head, records
    sizes[i], has_nulls[i] = sizes[i] + #head + #records, false
    total = total + #head + #records
  end

  -- Gives the strings in order, some at a time.
  local function pieces()
    local bucket, at = 1, 0
    return function()
      local list, bytes = {}, 0
      while bucket <= count and bytes < PIECE_BYTES do
        at = at + 1
        local piece = closed[bucket][at]
        if piece then
          list[#list + 1], bytes = piece, bytes + #piece
        else
          closed[bucket] = {}
          bucket, at = bucket + 1, 0
        end
      end
      return bytes > 0 and table.concat(list) or nil
    end
  end

  local function flush()
    local offsets, size = {}, 0
    for i = 1, count do
      if #open[i] > 0 then
        close(i)
      end
      offsets[i] = size
      size = size + sizes[i]
      sizes[i] = 0
    end
    offsets[count + 1] = size
    if size > 0 then
      local run = context:store(pieces())
      run.offsets, total = offsets, 0
      written[#written + 1] = run
    end
  end

  local function put(key, value)
    local i = bucket_of(key, count)
    local buf = open[i]
    if put_record(buf, key, value) then
      has_nulls[i] = true
    end
    if #buf >= block_bytes then
      close(i)
      if total > most or budget:is_spent() then
        flush()
        budget:begin_again()
      end
    end
  end

  local function finish()
    flush()
    return written
  end
  return put, finish, flush
end

--- The parts of runs that hold the buckets from `first` to `last`.
---@return table[] parts
function buckets.parts(outputs, first, last)
  local parts = {}
  for _, run in ipairs(outputs) do
    local from, to = run.offsets[first], run.offsets[last + 1]
    if to > from then
      parts[#parts + 1] = run.bytes and { bytes = run.bytes:sub(from + 1, to) } or { key = run.key, first = from, last = to - 1 }
    end
  end
  return parts
end

--- Ranges of neighbouring buckets, `{ first, last }` each, of about the same size: `tasks` at most.
---@param outputs table[] of all sides
function buckets.ranges(outputs, count, tasks)
  local sizes, total = {}, 0
  for i = 1, count do
    sizes[i] = 0
    for _, run in ipairs(outputs) do
      sizes[i] = sizes[i] + run.offsets[i + 1] - run.offsets[i]
    end
    total = total + sizes[i]
  end
  local ranges, first, before = {}, 1, 0
  for i = 1, count do
    before = before + sizes[i]
    -- A range ends where its share of all bytes does; and where the buckets that are left are as many as the tasks that are.
    if before >= total * (#ranges + 1) / tasks or count - i == tasks - #ranges - 1 then
      if i == count or #ranges < tasks - 1 then
        ranges[#ranges + 1] = { first, i }
        first = i + 1
      end
    end
  end
  if first <= count then
    ranges[#ranges + 1] = { first, count }
  end
  return ranges
end

return buckets
