local function size(tree) return 1 + size(tree.left or tree) end
lithops.get_result(lithops.map(size, { {} }))
