local fs = lithops.map(function(x) return x end, { 1 })
print(fs[2]:result())
