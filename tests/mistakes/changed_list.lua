local results = {}
lithops.get_result(lithops.map(function(x) results[x] = x * x end, { 1, 2 }))
print(results[1] + results[2])
