local fexec = lithops.FunctionExecutor("aws_lambda")
