--- Pipelines as trees of text.
local order = require "pipeline.order"

local function count(n, what)
  return ("%d %s%s"):format(n, what, n == 1 and "" or "s")
end

local function seconds(time)
  return (time < 10 and "%.2f s" or "%.0f s"):format(time)
end

-- What became of a step: `done, 16 calls, 0.31 s`.
local function fate(record)
  local parts = { record.state }
  if record.calls and record.calls ~= 1 then
    parts[#parts + 1] = count(record.calls, "call")
    if record.failed > 0 then
      parts[#parts + 1] = ("%d failed"):format(record.failed)
    end
  end
  if record.seconds then
    parts[#parts + 1] = seconds(record.seconds)
  end
  if record.error then
    local err = record.error
    local text = tostring(type(err) == "table" and err.message or err):match("^[^\n]*")
    parts[#parts + 1] = text
  end
  return table.concat(parts, ", ")
end

local function label(step, records)
  local text = step.name
  if step.kind ~= "step" then
    text = ("%s (%s)"):format(text, step.kind)
  end
  local record = records and records[step.name]
  if record then
    text = text .. ": " .. fate(record)
  end
  return text
end

--- Each step over those that it needs. What stands above already is marked with `(*)`.
---@param graph table
---@param steps table[] All of them, in order.
return function(graph, steps)
  local is_needed = {}
  for _, step in ipairs(steps) do
    for _, name in ipairs(order.needs(step)) do
      is_needed[name] = true
    end
  end
  local lines = { ("%s: %s"):format(graph.name, count(#steps, "step")) }
  local is_shown = {}
  local function show(names, indent)
    for i, name in ipairs(names) do
      local step, is_last = graph.by_name[name], i == #names
      local line = indent .. (is_last and "└── " or "├── ")
      if is_shown[name] then
        lines[#lines + 1] = line .. name .. " (*)"
      else
        is_shown[name] = true
        lines[#lines + 1] = line .. label(step, graph.records)
        show(order.needs(step), indent .. (is_last and "    " or "│   "))
      end
    end
  end
  local roots = {}
  for _, step in ipairs(graph.steps) do
    if not is_needed[step.name] then
      roots[#roots + 1] = step.name
    end
  end
  show(roots, "")
  return table.concat(lines, "\n")
end
