local futures = lithops.map(function(x) return x end, { 1 })
print(futures:result())
