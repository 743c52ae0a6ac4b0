--- What has to be done for a dataset: branches, which are an input and the steps behind it, without anything between them that
--- needs all elements; and the plan as a text.
local keys = require "dataset.keys"

local plan = {}

--- The branches of a node, in the order of their elements. Steps that follow each other become one stage.
---@return { input: table, steps: table[] }[]
function plan.branches(node)
  if node.op == "step" then
    local branches = plan.branches(node.parent)
    for _, branch in ipairs(branches) do
      branch.steps[#branch.steps + 1] = node.step
    end
    return branches
  elseif node.op == "union" then
    local branches = {}
    for _, parent in ipairs(node.parents) do
      for _, branch in ipairs(plan.branches(parent)) do
        branches[#branches + 1] = branch
      end
    end
    return branches
  end
  return { { input = node, steps = {} } }
end

--- The addresses of all that the stages of a node read from the storage; a cache that is filled reads nothing.
function plan.sources(node)
  local found, seen = {}, {}
  local function visit(one)
    if seen[one] or one.kept then
      return
    end
    seen[one] = true
    for _, address in ipairs(one.addresses or {}) do
      found[#found + 1] = address
    end
    for _, parent in ipairs(one.parents or { one.parent }) do
      visit(parent)
    end
  end
  visit(node)
  return found
end

local function step_text(step)
  return step.name .. keys.position(step.f)
end

local function addresses_text(addresses)
  local list = type(addresses) == "table" and addresses or { addresses }
  local more = #list > 1 and (" and %d more"):format(#list - 1) or ""
  return tostring(list[1]) .. more
end

-- Where a branch begins, as the plan tells it.
local inputs = {
  list = function(node) return ("list of %d in %d partitions"):format(#node.list, math.min(node.partitions, #node.list)) end,
  range = function(node) return ("range of %d in %d partitions"):format(node.count, math.min(node.partitions, node.count)) end,
  text = function(node) return "read_text " .. addresses_text(node.addresses) end,
  json_lines = function(node) return "read_json_lines " .. addresses_text(node.addresses) end,
  csv = function(node) return "read_csv " .. addresses_text(node.addresses) end,
}

local NAMES = { count = "count_by_value", reduce = "reduce_by_key", group = "group_by", distinct = "distinct", join = "join" }
local COMBINED = { count = true, reduce = true, distinct = true }

-- What is done with the elements of the stages before a node.
local ends = {
  shuffle = function(node)
    local combined = COMBINED[node.kind] and "combine, " or ""
    return ("%s: %sshuffle by hash of the key"):format(NAMES[node.kind], combined)
  end,
  sort = function() return "sort_by: sort, shuffle by ranges of the key" end,
  top = function(node) return ("top %d of each partition, then of all"):format(node.n) end,
  cache = function() return "cache: keep" end,
}

local function parents_of(node)
  return node.parents or { node.parent }
end

-- Lines of the stages that make the elements of `node`; gives the number of the stage that the node itself is read by.
local function describe(node, ending, lines, seen)
  local numbers = {}
  local branches = plan.branches(node)
  for i, branch in ipairs(branches) do
    local input = branch.input
    local from
    if inputs[input.op] then
      from = inputs[input.op](input)
    else
      if not seen[input] then
        local stages = {}
        for _, parent in ipairs(parents_of(input)) do
          for _, number in ipairs(describe(parent, ends[input.op](input), lines, seen)) do
            stages[#stages + 1] = number
          end
        end
        seen[input] = stages
      end
      from = "what stage " .. table.concat(seen[input], " and ") .. " gave"
    end
    local words = { from }
    for index, step in ipairs(branch.steps) do
      local text = step_text(step)
      if index == 1 and step.name == "words" and input.op == "text" then
        text = text .. " (of many lines at once)"
      end
      words[#words + 1] = text
    end
    words[#words + 1] = ending
    lines.count = lines.count + 1
    numbers[i] = lines.count
    lines[#lines + 1] = ("stage %d: %s"):format(lines.count, table.concat(words, " → "))
  end
  return numbers
end

--- The plan: a line for each stage, whose steps run as one function.
---@return string
function plan.text(node)
  local lines = { count = 0 }
  describe(node, "result", lines, {})
  return table.concat(lines, "\n")
end

return plan
