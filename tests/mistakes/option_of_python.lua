lithops.map(function(x) return x end, { 1 }, { obj_chunksize = 10 })
