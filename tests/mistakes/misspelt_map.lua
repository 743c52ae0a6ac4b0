lithops.mapp(function(x) return x end, { 1 })
