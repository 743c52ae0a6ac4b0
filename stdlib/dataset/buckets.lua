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
  local open, closed, has_nulls, total, written = {}, {}, {}, 0, {}
  for i = 1, count do
    open[i], closed[i], has_nulls[i] = blocks.buffer(), blocks.buffer(), false
  end
  local bucket_of, put_record = hash.bucket, blocks.put

  local function close(i)
    total = total + #open[i]
    blocks.close(open[i], closed[i], has_nulls[i])
    has_nulls[i] = false
  end

  local function flush()
    local offsets, size = {}, 0
    for i = 1, count do
      close(i)
      offsets[i] = size
      size = size + #closed[i]
    end
    offsets[count + 1] = size
    if size == 0 then
      return
    end
    local at = 1
    local run = context:store(function()
      local pieces, bytes = {}, 0
      while at <= count and bytes < PIECE_BYTES do
        local piece = closed[at]:get(PIECE_BYTES)
        if #piece > 0 then
          pieces[#pieces + 1], bytes = piece, bytes + #piece
        else
          closed[at]:free()
          at = at + 1
        end
      end
      return bytes > 0 and table.concat(pieces) or nil
    end)
    run.offsets, total = offsets, 0
    written[#written + 1] = run
  end

  local function put(key, value)
    local i = bucket_of(key, count)
    local buf = open[i]
    if put_record(buf, key, value) then
      has_nulls[i] = true
    end
    if #buf >= block_bytes then
      close(i)
      if total > most then
        flush()
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
