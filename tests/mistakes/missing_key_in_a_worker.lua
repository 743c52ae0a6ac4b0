local function size(key) return #lithops.storage:get_object(nil, key) end
lithops.get_result(lithops.map(size, { "no/such/key" }))
