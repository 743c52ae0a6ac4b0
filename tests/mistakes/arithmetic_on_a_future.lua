local future = lithops.call_async(function(x) return x end, 1)
print(future + 1)
