local text = assert(lithops.storage:get_object(nil, "no/such/key"))
