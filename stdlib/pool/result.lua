--- What `apply_async` and its like give: a result that is there some time.
local arguments = require "lithops.arguments"
local Calls = require "pool.calls"
local unfinished = require "pool.unfinished"

local methods = {}
---@class pool.ResultClass
---@field [string] any
local Result = { __name = "pool.AsyncResult", __index = methods }

-- How long to wait for one result before looking whether others have come that have callbacks.
local LOOK_SECONDS = 0.01

--- The result of `futures`: a future, or a list of futures. `options` may have callbacks.
function Result.new(pool, futures, is_list, options)
  local calls = Calls.new(futures, is_list, options)
  unfinished.add(pool, calls)
  return setmetatable({ _pool = pool, _calls = calls }, Result)
end

--- Waits for calls of a pool so many seconds, nil for as long as it takes, and calls callbacks meanwhile. Gives whether it is known
--- what came of them.
function Result.wait_for(pool, calls, seconds)
  local deadline = seconds and lithops.time() + seconds
  while true do
    local left = deadline and math.max(0, deadline - lithops.time())
    local patience = unfinished.has_callbacks(pool) and math.min(left or math.huge, LOOK_SECONDS) or left
    local is_known = calls:settle(patience)
    if is_known then
      unfinished.remove(pool, calls)
    end
    if unfinished.has_callbacks(pool) then
      unfinished.look(pool)
    end
    if is_known or left == 0 then
      return is_known
    end
  end
end

local function wait(self, seconds)
  return Result.wait_for(self._pool, self._calls, seconds)
end

local function check(self, timeout, name)
  if getmetatable(self) ~= Result then
    arguments.raise("bad argument to '%s' (pool.AsyncResult expected; call it with a colon, `result:%s()`)", name, name)
  elseif timeout ~= nil and not (type(timeout) == "number" and timeout >= 0) then
    arguments.raise("bad argument #1 to '%s' (number of seconds, 0 or more expected, got %s)", name, arguments.shown(timeout))
  end
end

-- The error of a result that is not there in time. What the last look at it raised knows of that look only.
local function late(calls, timeout)
  return setmetatable({
    kind = "timeout",
    message = ("get: the calls had not ended after %.6g s; they go on"):format(timeout),
    traceback = "",
  }, getmetatable(calls.late))
end

--- What the function returned, or the list for a list. Raises the error object of a call that failed.
function methods:get(timeout)
  check(self, timeout, "get")
  local calls = self._calls
  if not wait(self, timeout) then
    error(late(calls, timeout), 0)
  end
  local outcome = calls.outcome
  if not outcome[1] then
    error(outcome[2], 0)
  end
  return unpack(outcome, 2, outcome.n)
end

--- Waits; gives whether the result is there.
function methods:wait(timeout)
  check(self, timeout, "wait")
  return wait(self, timeout)
end

--- Whether the result is there, or an error.
function methods:ready()
  check(self, nil, "ready")
  return wait(self, 0)
end

--- Whether there is a result and no error.
function methods:successful()
  check(self, nil, "successful")
  if not wait(self, 0) then
    arguments.raise("successful: the result is not ready")
  end
  return self._calls.outcome[1]
end

function Result:__tostring()
  local outcome = self._calls.outcome
  local state = not outcome and "not ready" or outcome[1] and "ready" or "failed"
  return ("pool.AsyncResult (%s)"):format(state)
end

return Result
