lithops.map(function(x) return x end, { 1 }, { chunk_size = 10 })
