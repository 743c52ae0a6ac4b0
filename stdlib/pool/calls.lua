--- The calls of one `apply_async` or `map_async`: a future, or a list of futures, and what is to be done when they have ended.
---@class pool.Calls
---@field [string] any
local Calls = {}
Calls.__index = Calls

---@param futures any
---@param is_list boolean
---@param options { callback: function?, error_callback: function? }
function Calls.new(futures, is_list, options)
  return setmetatable({
    futures = futures,
    is_list = is_list,
    callback = options.callback,
    error_callback = options.error_callback,
  }, Calls)
end

local function pack(...)
  return { n = select("#", ...), ... }
end

--- Waits so many seconds, nil for as long as it takes. Gives whether it is known by then what came of the calls, which is in
--- `outcome`, as `pcall` gives it.
function Calls:settle(seconds)
  if self.outcome then
    return true
  end
  local futures = self.futures
  local outcome = pack(pcall(self.is_list and futures.get_result or futures.result, futures, { timeout = seconds }))
  local err = not outcome[1] and outcome[2]
  -- The time for waiting was over; the error of a call that took too long names the call.
  if type(err) == "table" and err.kind == "timeout" and err.call_id == nil then
    self.late = err
    return false
  end
  self.outcome, self.late = outcome, nil
  return true
end

function Calls:has_callbacks()
  return (self.callback or self.error_callback) ~= nil
end

--- Calls the callback for what came of the calls.
function Calls:call_back()
  local outcome = self.outcome
  local callback = outcome[1] and self.callback or not outcome[1] and self.error_callback
  if callback then
    callback(unpack(outcome, 2, outcome.n))
  end
end

--- Ends the calls that have not ended.
function Calls:cancel()
  self.futures:cancel()
end

return Calls
