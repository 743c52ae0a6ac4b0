lithops.get_result(lithops.map(function(x) return math.flor(x) end, { 1.5 }))
