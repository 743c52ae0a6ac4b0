local fexec = lithops.FunctionExecutor()
fexec.map(function(x) return x end, { 1 })
