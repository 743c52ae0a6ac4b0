-- The function in place of the futures.
local function square(x) return x * x end
print(lithops.get_result(square))
