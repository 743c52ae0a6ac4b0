local list = {}
list:append(1)
