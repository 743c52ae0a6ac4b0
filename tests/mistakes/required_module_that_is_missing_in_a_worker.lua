lithops.get_result(lithops.map(function() return require("pandas").version end, { 1 }))
