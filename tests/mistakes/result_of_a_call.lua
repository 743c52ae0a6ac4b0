local function square(x) return x * x end
lithops.call_async(square(3))
