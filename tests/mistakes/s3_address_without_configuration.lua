lithops.get_result(lithops.map(function(obj) return obj.size end, "s3://photos/a.jpg"))
