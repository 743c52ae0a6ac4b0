lithops.map(function(x) return x end, { 1 }, { chunksize = "10" })
