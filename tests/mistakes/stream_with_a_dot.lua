lithops.storage:put_object(nil, "a.txt", "text")
local function read(obj) return obj.data_stream.read() end
lithops.get_result(lithops.map(read, "local://" .. lithops.storage.bucket .. "/a.txt"))
