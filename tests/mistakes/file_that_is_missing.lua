local function lines(path)
  local file = io.open(path)
  return #file:read("*a")
end
lithops.get_result(lithops.map(lines, { "/no/such/file" }))
