local futures = lithops.map(function(x) return x end, { 1 })
lithops.wait(futures, { return_when = "ANY" })
