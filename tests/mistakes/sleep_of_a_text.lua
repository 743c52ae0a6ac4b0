lithops.sleep("soon")
