local function fill()
  local list = {}
  for i = 1, 1e8 do list[i] = { i } end
  return #list
end
lithops.get_result(lithops.map(fill, { 1 }, { runtime_memory = 64 }))
