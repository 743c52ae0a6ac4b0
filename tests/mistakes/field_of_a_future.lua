local future = lithops.call_async(function() return { total = 3 } end)
print(future.total + 1)
