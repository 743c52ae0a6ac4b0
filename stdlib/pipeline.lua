--- Graphs of named steps, which run in parallel as soon as what they need is there.
---
---    local pipeline = require "pipeline"
---    local p = pipeline.new("report")
---    p:step("load", load, { pipeline.value("sales.csv") })
---    p:map("totals", add_up, { "load" })                    -- a call for each element of what `load` returns
---    p:reduce("report", merge, { "totals" })                -- one call with the list of what they return
---    print(p:run().report)
---    print(p)                                               -- the graph as a tree, with states and times
---
--- What is where: `graph` has the methods, `order` finds what has to run, `run` runs it, `start` starts a step, `tree` prints, `failure`
--- is the error.
local arguments = require "lithops.arguments"
local Graph = require "pipeline.graph"
local Value = require "pipeline.value"

local pipeline = {}

--- A pipeline without steps. `options` hold for all steps that do not say otherwise.
function pipeline.new(name, options)
  if type(name) == "table" and options == nil then
    name, options = nil, name
  end
  if name ~= nil then
    arguments.check_type(name, "string", 1, "new")
  end
  return Graph.new(name or "pipeline", options)
end

--- Any value as an input of a step, a text too, which would be the name of a step.
function pipeline.value(value)
  return Value.new(value)
end

return pipeline
