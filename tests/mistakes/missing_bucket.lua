lithops.map(function(obj) return obj.size end, "local://photos/2024/")
