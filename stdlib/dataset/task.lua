--- What one call does: a partition goes from its source through the steps of the stage to its end.
local context = require "dataset.context"
local sinks = require "dataset.sinks"
local sources = require "dataset.sources"
local steps = require "dataset.steps"

local task = {}

--- Runs a stage on a part of its input. Gives the `value`, and the `keys` of the objects that were stored.
---@param stage table `input`, `steps`, `sink`, `memory`, `offset`
function task.run(stage, part)
  local here = context.new(stage)
  local opened = sources.open(stage.input, part, here) --[[@as table]]
  local source = steps.behind(opened, stage.steps, here)
  local value = sinks[stage.sink.kind](source, stage.sink, here)
  here:close()
  return { value = value, keys = here.keys }
end

return task
