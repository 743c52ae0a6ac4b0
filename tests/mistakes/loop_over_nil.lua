local results = { 1, 2 }
for _, x in ipairs(reslts) do print(x) end
