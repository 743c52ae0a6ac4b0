local function double(x) local y = 2 * x end
local twice = lithops.get_result(lithops.call_async(double, 4))
print(twice + 1)
