local function work(x) return helper(x) end
local function helper(x) return x + 1 end
lithops.get_result(lithops.map(work, { 1 }))
