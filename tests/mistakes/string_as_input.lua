lithops.map(function(line) return #line end, "one\ntwo")
