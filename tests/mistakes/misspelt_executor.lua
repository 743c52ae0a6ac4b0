local fexec = lithops.FunctionExecuter()
