local function year(name) return name:match("%d%d%d%d") + 1 end
lithops.get_result(lithops.map(year, { "a-2024", "b" }))
