lithops.FunctionExecutor({ config = { lithops = { bakend = "localhost" } } })
