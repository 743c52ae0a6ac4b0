lithops.storage:put(nil, "key", "text")
