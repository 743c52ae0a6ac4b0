local factor = 2
lithops.get_result(lithops.map(function(x) return x * facotr end, { 1 }))
