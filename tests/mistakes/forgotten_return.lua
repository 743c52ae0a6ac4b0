-- The function computes, and gives nothing.
local results = lithops.get_result(lithops.map(function(x)
  local y = x * x
end, { 1, 2, 3 }))
print(results[1] + results[2])
