lithops.get_result(lithops.map(function(i) return i end, range(10)))
