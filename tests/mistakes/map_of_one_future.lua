local future = lithops.call_async(function() return { 1, 2, 3 } end)
lithops.map(function(x) return x end, future)
