--- What a worker does for a pool with an `initializer`. A module, so that each worker remembers what it has done.
local worker = {}

local is_ready = {}

--- Calls `fn`; before its first call for the pool `id` in this worker, the initializer.
---@param id string
---@param initializer function
---@param initargs { n: integer?, [integer]: any }
---@param fn function
function worker.call(id, initializer, initargs, fn, ...)
  if not is_ready[id] then
    initializer(unpack(initargs, 1, initargs.n or #initargs))
    is_ready[id] = true
  end
  return fn(...)
end

return worker
