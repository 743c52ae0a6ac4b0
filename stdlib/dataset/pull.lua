--- An iterator over what a function pushes: `push(emit)` runs in a coroutine, one step for each value that is asked for.
---@param push fun(emit: fun(value: any))
---@return fun(): any
local function pull(push)
  local thread = coroutine.create(function()
    push(coroutine.yield)
  end)
  return function()
    if coroutine.status(thread) == "dead" then
      return nil
    end
    local ok, value = coroutine.resume(thread)
    if not ok then
      error(value, 0)
    end
    if coroutine.status(thread) == "dead" then
      return nil
    end
    return value
  end
end

return pull
