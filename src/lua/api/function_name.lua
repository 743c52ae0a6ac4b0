-- The name of a variable that holds `wanted`: a local of an active function, one of its upvalues, or a global.
local wanted = ...

for level = 2, 12 do
  local info = debug.getinfo(level, "f")
  if not info then
    break
  end
  local index = 1
  while true do
    local name, value = debug.getlocal(level, index)
    if not name then
      break
    end
    if rawequal(value, wanted) and name:sub(1, 1) ~= "(" then
      return name
    end
    index = index + 1
  end
  index = 1
  while true do
    local name, value = debug.getupvalue(info.func, index)
    if not name then
      break
    end
    if rawequal(value, wanted) and name ~= "" then
      return name
    end
    index = index + 1
  end
end

for name, value in next, _G do
  if rawequal(value, wanted) and type(name) == "string" then
    return name
  end
end
