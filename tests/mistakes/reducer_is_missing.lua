print(lithops.map_reduce(function(x) return x end, { 1, 2 }):get_result())
