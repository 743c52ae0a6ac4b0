print(lithops.map(function(x) return x end, { 1, 2 }):result())
