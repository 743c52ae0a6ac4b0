local function square(x) return x * x end
lithops.map(square, { 1, 2 })
print(lithops.get_result(lithops.map))
