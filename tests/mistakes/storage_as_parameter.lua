local function count(key, storage) return #storage:list_keys(nil, key) end
lithops.get_result(lithops.map(count, { "a" }))
