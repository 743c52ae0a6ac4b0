-- Names every part of a fresh VM, breadth first and in order of names, so that the same program gives the same names everywhere.
-- Returns: names and values of the parts (first name of each), name -> value (all names), and for each table of the VM its name,
-- itself, and a copy of its string fields, by which later changes are noticed.
local G, getmetatable, max_depth = ...
local names, values, by_name = {}, {}, {}
local tables, shadows, table_names = {}, {}, {}
local seen, queue = {}, {}
local part = { table = true, ["function"] = true, userdata = true }

local function visit(value, name, depth)
  if not part[type(value)] then
    return
  end
  if by_name[name] == nil then
    by_name[name] = value
  end
  if seen[value] then
    return
  end
  seen[value] = true
  names[#names + 1], values[#values + 1] = name, value
  if depth <= max_depth then
    queue[#queue + 1] = { value, name, depth }
  end
end

visit(G, "_G", 0)
visit(getmetatable(""), '""<metatable>', 1)
local head = 1
while queue[head] do
  local value, name, depth = queue[head][1], queue[head][2], queue[head][3]
  head = head + 1
  if type(value) == "table" then
    local keys, shadow = {}, {}
    for key, field in next, value do
      -- `arg` is the script's.
      if type(key) == "string" and not (depth == 0 and key == "arg") then
        keys[#keys + 1], shadow[key] = key, field
      end
    end
    table.sort(keys)
    for _, key in ipairs(keys) do
      visit(shadow[key], depth == 0 and key or name .. "." .. key, depth + 1)
    end
    tables[#tables + 1], shadows[#shadows + 1], table_names[#table_names + 1] = value, shadow, name
  end
  if type(value) ~= "function" then
    local meta = getmetatable(value)
    visit(meta, name .. "<metatable>", depth + 1)
  end
end
return names, values, by_name, tables, shadows, table_names
