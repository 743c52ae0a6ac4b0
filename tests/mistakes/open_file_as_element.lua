local file = io.open("names.txt", "w")
lithops.map(function(f) return f:read("*a") end, { file })
