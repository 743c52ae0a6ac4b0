local fexec = lithops:FunctionExecutor({ max_workers = 2 })
