lithops.get_result(lithops.map(function(x, scale) return x * scale end, { 1 }, { extra_args = { scale = 10 } }))
