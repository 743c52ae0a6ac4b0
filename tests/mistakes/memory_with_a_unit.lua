lithops.map(function(x) return x end, { 1 }, { runtime_memory = "512MB" })
