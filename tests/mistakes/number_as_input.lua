lithops.map(function(i) return i end, 10)
