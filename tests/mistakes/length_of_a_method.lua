local futures = lithops.map(function(x) return x end, { 1, 2 })
print(#futures.get_result)
