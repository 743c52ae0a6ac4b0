--- What a task knows of itself: which partition it works on, how much memory it may take, where it puts what is too large.
local memory = require "dataset.memory"

local context = {}

--- In front of all keys; the executor's id and the job's follow.
context.PREFIX = "lithops/datasets/"

local Context = {}
Context.__index = Context

-- What earlier calls have left is not to take the memory of this one. Compiled code holds the functions that it was compiled for,
-- and so all that these held: it goes where that is much.
local function make_room(bytes)
  if collectgarbage("count") * 1024 > bytes then
    collectgarbage()
    if collectgarbage("count") * 1024 > bytes then
      jit.flush()
      collectgarbage()
    end
  end
end

--- Of the call that runs.
---@param spec table the stage: `memory`, `offset`
function context.new(spec)
  local call = lithops.call
  make_room(spec.memory / 8)
  return setmetatable({
    bytes = spec.memory,
    budget = memory.budget(spec.memory),
    block_bytes = math.max(2 ^ 10, math.min(2 ^ 16, math.floor(spec.memory / 256))),
    partition = spec.offset + tonumber(call.id) + 1,
    keys = {},
  }, Context)
end

--- The worker is again as it was.
function Context:close()
  self.budget:close()
end

--- A key for an object of this call and no other: another attempt at the same call, which may still run, has its own.
function Context:new_key()
  local call = lithops.call
  local key = ("%s%s/%s/%s-%d-%d"):format(context.PREFIX, call.executor_id, call.job_id, call.id, call.attempt, #self.keys + 1)
  self.keys[#self.keys + 1] = key
  return key
end

--- Small runs travel with the results of the call; an object for each would cost more than it holds.
local INLINE_BYTES = 2 ^ 15

--- Stores what `next_piece` gives, a string at a time and nil at its end.
---@return table run `{ bytes = … }` or `{ key = … }`, and its `size`
function Context:store(next_piece)
  local first = next_piece() or ""
  local second = next_piece()
  if not second and #first <= INLINE_BYTES then
    return { bytes = first, size = #first }
  end
  local size = 0
  local body = {
    read = function()
      local piece = first
      if piece then
        first = nil
      elseif second then
        piece, second = second, nil
      else
        piece = next_piece()
      end
      size = size + (piece and #piece or 0)
      return piece
    end,
  }
  local key = self:new_key()
  lithops.storage:put_object(nil, key, body)
  return { key = key, size = size }
end

--- How much of a run is read at once, if so many are open.
function Context:fetch_bytes(runs)
  return math.floor(math.max(2 ^ 14, math.min(2 ^ 20, self.bytes / 8 / runs)))
end

--- How many runs may be open at a time.
function Context:max_runs()
  return math.max(2, math.floor(self.bytes / 8 / 2 ^ 14))
end

return context
