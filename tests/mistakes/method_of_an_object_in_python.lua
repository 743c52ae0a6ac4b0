lithops.storage:put_object(nil, "a.txt", "text")
local function read(obj) return obj:readlines() end
lithops.get_result(lithops.map(read, "local://" .. lithops.storage.bucket .. "/a.txt"))
