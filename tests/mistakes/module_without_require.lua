lithops.get_result(lithops.map(function(x) return json.encode(x) end, { 1 }))
