local results = lithops.wait(lithops.map(function(x) return x end, { 1, 2 }))
print(results[1] + results[2])
