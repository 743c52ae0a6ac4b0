lithops.map(function(x) return x end, { 1 }, { timeout = "30s" })
