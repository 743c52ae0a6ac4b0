--- Runs of records: written in order, read in order, merged.
local blocks = require "dataset.blocks"
local pull = require "dataset.pull"

local runs = {}

--- A piece of a body to be stored.
local PIECE_BYTES = 2 ^ 18
--- At most so many places of a run are remembered.
local MAX_PLACES = 256

--- Writes `count` records in their order. Of `index`, the run tells the first keys of its blocks, or of some of them, and where
--- these begin, in `keys` and `offsets`.
---@param get fun(i: integer): any, any the key and the value of a record
---@return table run
function runs.write(context, count, get, index)
  local block, out = blocks.buffer(), blocks.buffer()
  local keys, offsets, stride, blocks_closed = {}, {}, 1, 0
  local position, done = 0, 0
  local first_key, has_nulls
  local function close()
    if index then
      if blocks_closed % stride == 0 then
        keys[#keys + 1], offsets[#offsets + 1] = first_key, position
      end
      blocks_closed = blocks_closed + 1
      if #keys > MAX_PLACES then
        -- Every second one stays.
        local kept = 0
        for i = 1, #keys, 2 do
          kept = kept + 1
          keys[kept], offsets[kept] = keys[i], offsets[i]
        end
        for i = #keys, kept + 1, -1 do
          keys[i], offsets[i] = nil, nil
        end
        stride = stride * 2
      end
    end
    position = position + #block + 4
    out:put(blocks.take(block, has_nulls))
    has_nulls = false
  end
  local block_bytes = context.block_bytes
  local function next_piece()
    while done < count and #out < PIECE_BYTES do
      done = done + 1
      local key, value = get(done)
      if #block == 0 then
        first_key = key
      end
      if blocks.put(block, key, value) then
        has_nulls = true
      end
      if #block >= block_bytes then
        close()
      end
    end
    if done == count and #block > 0 then
      close()
    end
    return #out > 0 and out:get() or nil
  end
  local run = context:store(next_piece)
  if index then
    run.keys, run.offsets = keys, offsets
  end
  return run
end

--- A missing object ends the call: somebody has removed it while the job ran.
local function fetch(key, first, last)
  local bytes, err = lithops.storage:get_object(nil, key, { range = { first, last } })
  return bytes or error(("data of the job has vanished: %s"):format(tostring(err.message)), 0)
end

--- Gives the blocks of a part of a run: the bytes of each, and whether there are nulls in it.
---@param part table `{ bytes = … }`, or `{ key = …, first = …, last = … }` with both ends counted from 0
---@param fetch_bytes integer how much to read at once
---@return fun(): string?, boolean?
function runs.blocks(part, fetch_bytes)
  local held, at = part.bytes or "", 1
  local position, last = part.first, part.last
  if part.bytes then
    position, last = 0, -1
  end
  -- Makes sure that so many bytes are held behind `at`; false at the end.
  local function need(count)
    local left = #held - at + 1
    if left >= count then
      return true
    elseif position > last then
      return false
    end
    local wanted = math.max(fetch_bytes, count - left)
    local piece = fetch(part.key, position, math.min(last, position + wanted - 1))
    position = position + #piece
    held, at = left > 0 and held:sub(at) .. piece or piece, 1
    return true
  end
  return function()
    if not need(4) then
      return nil
    end
    local length, has_nulls = blocks.length(held, at)
    need(4 + length)
    local block = held:sub(at + 4, at + 3 + length)
    at = at + 4 + length
    return block, has_nulls
  end
end

--- Calls `take(key, value)` for the records of several runs, one run behind the other.
function runs.each(context, parts, take)
  local reader = blocks.reader()
  local fetch_bytes = context:fetch_bytes(1)
  for _, part in ipairs(parts) do
    for block, has_nulls in runs.blocks(part, fetch_bytes) do
      reader:set(block, has_nulls)
      local key, value = reader:next()
      while key ~= nil do
        take(key, value)
        key, value = reader:next()
      end
    end
  end
end

local Cursor = {}
Cursor.__index = Cursor

-- Goes to the next record; false at the end.
function Cursor:advance()
  local key, value = self.reader:next()
  while key == nil do
    local block, has_nulls = self.next_block()
    if not block then
      return false
    end
    self.reader:set(block, has_nulls)
    key, value = self.reader:next()
  end
  self.key, self.value = key, value
  return true
end

local function sift_down(heap, count, less)
  local i, cursor = 1, heap[1]
  while true do
    local child = 2 * i
    if child > count then
      break
    end
    local lower, right = heap[child], heap[child + 1]
    if right and (less(right.key, lower.key) or (not less(lower.key, right.key) and right.rank < lower.rank)) then
      child, lower = child + 1, right
    end
    if less(cursor.key, lower.key) or (not less(lower.key, cursor.key) and cursor.rank < lower.rank) then
      break
    end
    heap[i] = lower
    i = child
  end
  heap[i] = cursor
end

local function open(context, parts, less)
  local fetch_bytes = context:fetch_bytes(#parts)
  local heap = {}
  for rank, part in ipairs(parts) do
    local cursor = setmetatable({ rank = rank, reader = blocks.reader(), next_block = runs.blocks(part, fetch_bytes) }, Cursor)
    if cursor:advance() then
      heap[#heap + 1] = cursor
    end
  end
  table.sort(heap, function(a, b)
    return less(a.key, b.key) or (not less(b.key, a.key) and a.rank < b.rank)
  end)
  return heap
end

local function merge_open(heap, less, take)
  local count = #heap
  while count > 0 do
    local cursor = heap[1]
    if take(cursor.key, cursor.value) then
      return
    end
    if not cursor:advance() then
      heap[1] = heap[count]
      heap[count] = nil
      count = count - 1
    end
    if count > 1 then
      sift_down(heap, count, less)
    end
  end
end

--- Some runs as one, in storage.
local function merge_to_run(context, parts, less)
  local heap = open(context, parts, less)
  local block, out = blocks.buffer(), blocks.buffer()
  local has_nulls = false
  return context:store(pull(function(emit)
    merge_open(heap, less, function(key, value)
      if blocks.put(block, key, value) then
        has_nulls = true
      end
      if #block >= context.block_bytes then
        out:put(blocks.take(block, has_nulls))
        has_nulls = false
        if #out >= PIECE_BYTES then
          emit(out:get())
        end
      end
    end)
    if #block > 0 then
      out:put(blocks.take(block, has_nulls))
    end
    if #out > 0 then
      emit(out:get())
    end
  end))
end

--- A whole run, as a part of itself.
function runs.whole(run)
  return run.bytes and { bytes = run.bytes } or { key = run.key, first = 0, last = run.size - 1 }
end

--- Calls `take(key, value)` for the records of sorted runs in their common order; of equal keys, those of earlier runs first;
--- until it gives true. If there are too many runs to read them all at once, neighbours are merged to longer ones before.
---@param parts table[]
---@param less fun(a: any, b: any): boolean
function runs.merge(context, parts, less, take)
  local most = context:max_runs()
  while #parts > most do
    local longer = {}
    for first = 1, #parts, most do
      local group = {}
      for i = first, math.min(first + most - 1, #parts) do
        group[#group + 1] = parts[i]
      end
      longer[#longer + 1] = #group == 1 and group[1] or runs.whole(merge_to_run(context, group, less))
    end
    parts = longer
  end
  merge_open(open(context, parts, less), less, take)
end

return runs
