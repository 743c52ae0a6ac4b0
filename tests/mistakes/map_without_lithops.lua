local futures = map(function(i) return i end, { 1 })
