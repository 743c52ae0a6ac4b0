local a, b = unpack(lithops.map(function(x) return x end, { 1, 2 }))
print(a < b)
