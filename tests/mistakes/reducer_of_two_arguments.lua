local function add(a, b) return a + b end
print(lithops.map_reduce(function(x) return x end, { 1, 2, 3 }, add):get_result())
