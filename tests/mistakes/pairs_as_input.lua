local ages = { anna = 31 }
lithops.get_result(lithops.map(function(name) return name end, pairs(ages)))
