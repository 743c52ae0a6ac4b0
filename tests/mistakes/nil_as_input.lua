local names = { "a", "b" }
lithops.map(function(name) return name end, nmaes)
