local function name(x, id) return x .. "-" .. id end
lithops.get_result(lithops.map(name, { "a" }))
