lithops:
  backend: aws_lambda
