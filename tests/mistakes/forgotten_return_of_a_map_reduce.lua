local function square(x)
  local y = x * x
end
local function add(squares)
  local sum = 0
  for i = 1, squares.n do sum = sum + squares[i] end
  return sum
end
print(lithops.map_reduce(square, { 1, 2, 3 }, add):get_result())
