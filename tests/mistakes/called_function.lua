local function square(x) return x and x * x end
lithops.map(square(), { 1, 2 })
