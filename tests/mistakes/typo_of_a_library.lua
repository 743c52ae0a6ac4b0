lithops.get_result(lithops.map(function(x) return maht.floor(x) end, { 1.5 }))
