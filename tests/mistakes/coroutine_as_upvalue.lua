local numbers = coroutine.wrap(function() coroutine.yield(1) end)
lithops.map(function() return numbers() end, { 1 })
