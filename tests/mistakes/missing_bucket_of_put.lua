lithops.storage:put_object("photos", "a.jpg", "…")
