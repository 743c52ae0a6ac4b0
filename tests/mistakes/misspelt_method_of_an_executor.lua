local fexec = lithops.FunctionExecutor()
fexec:map_async(function(x) return x end, { 1 })
