local ages = { anna = 31, bob = 27 }
lithops.map(function(age) return age + 1 end, ages)
