lithops.FunctionExecutor({ backend = "aws" })
