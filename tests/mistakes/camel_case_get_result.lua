local futures = lithops.map(function(x) return x end, { 1 })
print(lithops.getResult(futures))
