-- A worker counts in its own copy.
local counts = {}
local function count(word) counts[word] = (counts[word] or 0) + 1 end
lithops.get_result(lithops.map(count, { "a", "b", "a" }))
print("a: " .. counts.a)
