lithops.map(function(x, y) return x + y end, { 1 }, { extra_args = 10 })
