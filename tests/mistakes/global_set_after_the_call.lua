local futures = lithops.map(function(x) return x * scale end, { 1 })
scale = 10
print(lithops.get_result(futures))
