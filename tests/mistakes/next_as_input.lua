lithops.get_result(lithops.map(function(i) return i end, next))
