--- One run of a pipeline: starts steps as they can, waits, and tells what became of them.
---
--- States of a step: `waiting`, `running`, `done`, `failed`, `skipped` (it needs one that failed), `given` (its result was passed in).
local arguments = require "lithops.arguments"
local Failure = require "pipeline.failure"
local order = require "pipeline.order"
local start = require "pipeline.start"

-- States that a step does not leave in this run.
local END_STATES = { done = true, failed = true, skipped = true, given = true }

---@class pipeline.Run
---@field [string] any
local Run = {}
Run.__index = Run

---@param graph table
---@param steps table[] In order.
---@param options { executor: lithops.Executor?, given: table<string, any>, on_step: function? }
function Run.new(graph, steps, options)
  local run = setmetatable({
    name = graph.name,
    defaults = graph.defaults,
    executor = options.executor,
    on_step = options.on_step,
    steps = steps,
    -- By name: what is told of the steps.
    records = {},
    -- By name: the futures of a step that was started, and how many of them have ended, from the first on.
    futures = {},
    ended = {},
    -- By name: results that this process has, each in a table of its own, since it may be nil.
    values = {},
  }, Run)
  for _, step in ipairs(steps) do
    run.records[step.name] = { state = "waiting" }
  end
  for name, value in pairs(options.given) do
    run.records[name] = { state = "given" }
    run.values[name] = { value }
  end
  return run
end

--- Calls a method of the executor, or the function of that name, which is of the default one.
function Run:call(method, ...)
  if self.executor then
    return self.executor[method](self.executor, ...)
  end
  return lithops[method](...)
end

function Run:state(name)
  return self.records[name].state
end

function Run:set_state(step, state)
  local record = self.records[step.name]
  record.state = state
  if self.on_step then
    self.on_step(step.name, state, record)
  end
end

function Run:fail(step, err)
  self.records[step.name].error = err
  self:set_state(step, "failed")
end

--- Whether the results of all steps that a step needs can be had; false, true if one never can.
function Run:has_inputs(step)
  local has_all = true
  for _, name in ipairs(order.needs(step)) do
    local state = self:state(name)
    if state == "failed" or state == "skipped" then
      return false, true
    elseif state ~= "done" and state ~= "given" then
      has_all = false
    end
  end
  return has_all, false
end

--- The result of a step that is done.
function Run:value(name)
  local known = self.values[name]
  if not known then
    local futures = self.futures[name]
    -- A list for the calls of a map, one value for a call.
    known = { self:call("get_result", futures.is_one and futures[1] or futures.list) }
    self.values[name] = known
  end
  return known[1]
end

--- Notes the futures of a step that was started: one future, or a list of them.
function Run:add_futures(step, futures, is_one)
  self.futures[step.name] = is_one and { futures, is_one = true, list = { futures } } or { list = futures }
  self.ended[step.name] = 0
end

--- The first future of a step that has not ended; nil if all have.
function Run:next_future(step)
  local list, ended = self.futures[step.name].list, self.ended[step.name]
  local future = list[ended + 1]
  while future and future.done do
    ended = ended + 1
    future = list[ended + 1]
  end
  self.ended[step.name] = ended
  return future
end

-- How many calls failed, the error of the first, and the seconds from the start of the first call to the end of the last.
local function look_back(futures)
  local failed, err, first, last = 0, nil, math.huge, 0
  for _, future in ipairs(futures) do
    local stats = future.stats
    first = math.min(first, stats.worker_func_start_tstamp or math.huge)
    last = math.max(last, stats.worker_func_end_tstamp or 0)
    if not future.success then
      failed = failed + 1
      err = err or future.error
    end
  end
  return failed, err, last > first and last - first or 0
end

--- Notes what became of a step whose calls have all ended.
function Run:finish(step)
  local list, record = self.futures[step.name].list, self.records[step.name]
  local failed, err, seconds = look_back(list)
  record.calls, record.failed, record.seconds = #list, failed, seconds
  if err then
    self:fail(step, err)
  else
    self:set_state(step, "done")
  end
end

--- Does what can be done for a step. Gives whether anything has changed.
function Run:advance(step)
  local state = self:state(step.name)
  if state ~= "waiting" and state ~= "running" then
    return false
  end
  local has_inputs, never_will = self:has_inputs(step)
  if never_will then
    -- It may have been started on futures.
    self:release(step)
    self:set_state(step, "skipped")
    return true
  end
  local was_started = self.futures[step.name] ~= nil
  if not was_started then
    local ok, started = pcall(start, self, step, has_inputs) ---@type boolean, any
    if not ok then
      self:fail(step, type(started) == "string" and arguments.without_position(started) or started)
      return true
    elseif not started then
      return false
    end
  end
  if state == "waiting" and has_inputs then
    self:set_state(step, "running")
    return true
  elseif state == "running" and not self:next_future(step) then
    self:finish(step)
    return true
  end
  return not was_started
end

--- The steps that have not reached an end state, in order.
function Run:open_steps()
  local open = {}
  for _, step in ipairs(self.steps) do
    if not END_STATES[self:state(step.name)] then
      open[#open + 1] = step
    end
  end
  return open
end

--- Does for all steps what can be done without waiting.
function Run:advance_all()
  local has_changed
  repeat
    has_changed = false
    for _, step in ipairs(self.steps) do
      has_changed = self:advance(step) or has_changed
    end
  until not has_changed
end

--- Waits until one of the steps that run may have got further.
function Run:await(open)
  -- One future of each step: its calls end about in their order, and all of them have to.
  local watched, running = {}, 0
  for _, step in ipairs(open) do
    if self:state(step.name) == "running" then
      running = running + 1
      watched[#watched + 1] = self:next_future(step)
    end
  end
  if running == 0 then
    arguments.raise("pipeline `%s`: step `%s` waits for something that does not run; this is a mistake of the library `pipeline`",
      self.name, open[1].name)
  elseif #watched == running then
    -- Unless one has ended meanwhile.
    self:call("wait", watched, { return_when = lithops.ANY_COMPLETED, throw_except = false })
  end
end

--- Runs all steps until each of them has reached an end state.
function Run:finish_all()
  self:advance_all()
  local open = self:open_steps()
  while #open > 0 do
    self:await(open)
    self:advance_all()
    open = self:open_steps()
  end
end

--- Has the executor forget the calls of a step, ending those that run, and remove what they stored.
function Run:release(step)
  local futures = self.futures[step.name]
  if futures then
    self:call("clean", { fs = futures.list, force = true })
  end
end

--- Notes that a step was ended with its run: what it did is not known.
function Run:abandon(step)
  local record = self.records[step.name]
  if record.state == "running" then
    record.state, record.error = "failed", "cancelled, since the run was ended by an error"
  end
end

-- The results of the steps that are named, nil: of all.
local function read_results(self, names)
  local is_named, results = {}, {}
  for _, name in ipairs(names or {}) do
    is_named[name] = true
    if self:state(name) == "given" then
      results[name] = self:value(name)
    end
  end
  for _, step in ipairs(self.steps) do
    if self:state(step.name) == "done" and (is_named[step.name] or not names) then
      local ok, value = pcall(self.value, self, step.name)
      if ok then
        results[step.name] = value
      else
        self:fail(step, value)
      end
    end
  end
  return results
end

--- Runs the steps. Gives the results of those that are named, nil for all, and the error if steps failed.
---@param names string[]?
function Run:go(names)
  local ok, results = pcall(function()
    self:finish_all()
    return read_results(self, names)
  end)
  for _, step in ipairs(self.steps) do
    self:release(step)
  end
  if not ok then
    for _, step in ipairs(self:open_steps()) do
      self:abandon(step)
    end
    error(results, 0)
  end
  return results, Failure.of(self.name, self.steps, self.records, results)
end

return Run
