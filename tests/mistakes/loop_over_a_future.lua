local future = lithops.call_async(function() return { 1, 2 } end)
for _, x in ipairs(future) do print(x) end
