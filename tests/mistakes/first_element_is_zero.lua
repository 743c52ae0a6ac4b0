local results = lithops.get_result(lithops.map(function(x) return { x } end, { 1, 2 }))
print(results[0][1])
