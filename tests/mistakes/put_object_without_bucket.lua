lithops.storage:put_object("key", "text")
