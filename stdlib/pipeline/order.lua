--- Which steps of a pipeline have to run, in an order in which each comes behind those that it needs.
local arguments = require "lithops.arguments"
local nearest = require "nearest"

local order = {}

--- The names of the steps that a step needs, each once.
function order.needs(step)
  local names, seen = {}, {}
  for i = 1, step.inputs.n do
    local name = step.inputs[i].step
    if name and not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  return names
end

local function all_names(graph)
  local names = {}
  for i, step in ipairs(graph.steps) do
    names[i] = step.name
  end
  return names
end

--- Raises unless all of `names`, from an option, are steps, and among `steps`, if those are given, or `given`.
function order.check_names(graph, names, option, steps, given)
  local is_run = given or {}
  if steps then
    is_run = arguments.joined(is_run)
    for _, step in ipairs(steps) do
      is_run[step.name] = true
    end
  end
  for _, name in ipairs(names or {}) do
    if not graph.by_name[name] then
      arguments.raise("run: option `%s`: pipeline `%s` has no step `%s`%s", option, graph.name, tostring(name),
        nearest.hint(tostring(name), all_names(graph)))
    elseif steps and is_run[name] == nil then
      arguments.raise("run: option `%s`: step `%s` does not run, since none of `upto` needs it", option, name)
    end
  end
end

local function raise_cycle(graph, path, name)
  local first = 1
  while path[first] ~= name do
    first = first + 1
  end
  arguments.raise("pipeline `%s`: steps need each other: `%s`", graph.name,
    table.concat(path, "` needs `", first) .. "` needs `" .. name)
end

--- The steps that `upto` need, those among them; nil: all. What is in `given` need not run.
---@param graph table
---@param upto string[]?
---@param given table<string, any>?
---@return table[] steps
function order.of(graph, upto, given)
  order.check_names(graph, upto, "upto")
  local steps, state, path = {}, {}, {}
  local function visit(name, needed_by)
    if state[name] == "done" or given and given[name] ~= nil then
      return
    elseif state[name] == "open" then
      raise_cycle(graph, path, name)
    end
    local step = graph.by_name[name]
    if not step then
      local meant = nearest.name(name, all_names(graph))
      local hint = meant and ("did you mean `%s`?"):format(meant) or "a text is written `pipeline.value(text)`"
      arguments.raise("pipeline `%s`: step `%s` needs `%s`, which is no step; %s", graph.name, needed_by, name, hint)
    end
    state[name] = "open"
    path[#path + 1] = name
    for _, need in ipairs(order.needs(step)) do
      visit(need, name)
    end
    path[#path] = nil
    state[name] = "done"
    steps[#steps + 1] = step
  end
  for _, name in ipairs(upto or all_names(graph)) do
    visit(name)
  end
  return steps
end

return order
