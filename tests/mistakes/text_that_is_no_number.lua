local function double(text) return tonumber(text) * 2 end
lithops.get_result(lithops.map(double, { "12", "n/a" }))
