local words = ("a b c"):gmatch("%a")
lithops.map(function() return words() end, { 1 })
