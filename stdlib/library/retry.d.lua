---@meta retry

---Calls functions again that fail now and then, with longer and longer waits between. In workers, too.
---
---```lua
---local retry = require "retry"
---local attempts = 0
---local function fetch()
---  attempts = attempts + 1
---  if attempts < 3 then error("timed out") end
---  return "page"
---end
---print(retry(fetch, { attempts = 5, delay = 0.01, on = "timed out" }), attempts)
---
---local steady_fetch = retry.wrap(fetch, { attempts = 5, on_result = function(page) return page == nil end })
---print(steady_fetch())
---```
---
---prints
---
---```text
---page	3
---page
---```
---
---The option `retries` of `lithops.map` is another thing: it starts the whole call anew, perhaps in another worker.
---
---`retry(fn, options, …)` is `retry.call(fn, options, …)`.
---@class retry
---@overload fun(fn: function, options?: retry.Options, ...: any): any
local retry = {}

---@class retry.Options
---@field attempts? integer How often the function is called at most; `math.huge` is no limit. Default: 3.
---@field delay? number Seconds to wait behind the first attempt. Default: 1.
---@field backoff? number What the wait is multiplied by behind each further attempt. Default: 2.
---@field max_delay? number Seconds that a wait takes at most. Default: 60.
---@field jitter? number A wait is longer or shorter by up to this part of it, at random, so that many workers do not try again all at once. Default: 0.1. With 0, waits are exact.
---@field timeout? number Seconds for all, attempts and waits: no wait is begun that would end later. An attempt that runs is not ended by it. Default: no limit. In a worker, the call's own `timeout` is such a limit, too.
---@field on? (fun(err: any): boolean)|string|string[] Which errors are worth another attempt: a function that says so; a Lua pattern that the message matches; or a list of kinds, which error objects have in `kind`. Default: all.
---@field on_result? fun(...: any): boolean Whether to try again although no error was raised, by what the function returned: functions that give `nil, err`.
---@field on_retry? fun(err: any, attempt: integer, seconds: number) Is called in front of each wait, with the error (nil if it was for the result), the number of the attempt that failed, and the length of the wait.

---Calls `fn` until it raises no error. Gives what it returned; an error that is not worth another attempt, or that of the last one,
---is raised unchanged, an object too.
---@param fn function
---@param options? retry.Options
---@param ... any Arguments of `fn`.
---@return any ...
function retry.call(fn, options, ...) end

---A function that calls `fn` with its arguments in this way.
---@generic F: function
---@param fn F
---@param options? retry.Options
---@return F
function retry.wrap(fn, options) end

return retry
