local text = lithops.storage:get_object(nil, "no/such/key")
print(#text)
