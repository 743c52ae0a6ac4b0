lithops.get_result(lithops.map(function() while true do end end, { 1 }, { timeout = 0.3 }))
