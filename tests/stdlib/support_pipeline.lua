--- What the tests of `pipeline` have in common.
local pipeline = require "pipeline"

local support = {}

function support.add_up(list)
  local sum = 0
  for _, x in ipairs(list) do
    sum = sum + x
  end
  return sum
end

local add_up = support.add_up

-- A graph that has all kinds of steps and ways between them.
function support.report()
  local p = pipeline.new("report")
  p:step("load", function(n)
    local list = {}
    for i = 1, n do
      list[i] = i
    end
    return list
  end, { 4 })
  p:map("squares", function(x, factor) return x * x * factor end, { "load", 10 })
  p:map("more", function(x) return x + 1 end, "squares")
  p:reduce("total", function(list, more) return add_up(list) + more end, { "squares", 1000 })
  p:step("count", function(list) return #list end, "load")
  p:step("text", function(a, b, c, d) return ("%s/%s/%s/%s"):format(a, b, tostring(c), d) end,
    { "total", pipeline.value("load"), nil, "count", n = 4 })
  p:step("twice", function(a, sep, b) return a .. sep .. b end, { "count", pipeline.value("-"), "count" })
  return p
end

return support
