local results = lithops.get_result(lithops.map(function(x) return x end, { 1, 2 }))
print(lithops.get_result(results))
