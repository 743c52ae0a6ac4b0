lithops.get_result(lithops.map(function(x) os.exit(3) end, { 1 }))
