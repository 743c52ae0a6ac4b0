-- As in Lithops, the reducer comes last.
local function square(x) return x * x end
local function add(list) return #list end
lithops.map_reduce(square, add, { 1, 2, 3 })
