local fexec = lithops.FunctionExecutor({ config = { aws = { region = "eu-west-1" }, lithops = { storage = "aws_s3" } } })
print(lithops.Storage({ backend = "aws_s3", config = fexec.config }):list_keys("photos"))
