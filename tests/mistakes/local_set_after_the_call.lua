local scale
local futures = lithops.map(function(x) return x * scale end, { 1 })
scale = 10
print(futures:get_result())
