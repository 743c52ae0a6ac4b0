print("results: " .. lithops.map(function(x) return x end, { 1 }))
