-- The local variables of chunks, kept for the chunks that follow. Each is a closure that has the variable as an upvalue.
local getupvalue, upvaluejoin, pairs = debug.getupvalue, debug.upvaluejoin, pairs
local kept = {}

-- Keeps all upvalues of a closure under their names.
local function keep(closure)
  local index = 1
  while true do
    local name = getupvalue(closure, index)
    if not name then
      return
    end
    kept[name] = { closure = closure, index = index }
    index = index + 1
  end
end

-- The chunk that `make` makes, with the kept variables as its upvalues.
local function join(make)
  local chunk = make(keep)
  local index = 1
  while true do
    local name = getupvalue(chunk, index)
    if not name then
      return chunk
    end
    local variable = kept[name]
    if variable then
      upvaluejoin(chunk, index, variable.closure, variable.index)
    end
    index = index + 1
  end
end

-- The value of a kept variable, and whether there is one.
local function value(name)
  local variable = kept[name]
  if not variable then
    return nil, false
  end
  local _, found = getupvalue(variable.closure, variable.index)
  return found, true
end

local function names()
  local list = {}
  for name in pairs(kept) do
    list[#list + 1] = name
  end
  return list
end

return join, value, names
