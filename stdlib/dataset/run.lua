--- Runs the stages of an action, one after the other, and removes what they stored when it ends.
local context = require "dataset.context"
local makers = require "dataset.inputs"
local places = require "dataset.places"
local plan = require "dataset.plan"
local settings_of = require "dataset.settings"
local task = require "dataset.task"

local Run = {}
Run.__index = Run

-- Starts the calls of a stage, without waiting. `offset`: how many partitions come before them.
function Run:start(input, steps, sink, offset)
  local stage = { input = input.spec, steps = steps, sink = sink, memory = self.settings.memory, offset = offset }
  local futures = self.map(function(part) return task.run(stage, part) end, input.iterdata, self.settings.job)
  self.jobs[#self.jobs + 1] = futures
  return futures
end

local function flatten(lists)
  local all = {}
  for _, list in ipairs(lists) do
    for _, value in ipairs(list) do
      all[#all + 1] = value
    end
  end
  return all
end

-- What the calls stored beside what their results tell is known only by its place.
function Run:forget_runs(futures)
  self.places[#self.places + 1] = futures
end

-- What calls gave, in their order.
function Run:values(futures)
  local values = {}
  local results = futures:get_result()
  for i = 1, #futures do
    -- An attempt that failed has told nobody what it had stored.
    if (futures[i].stats.attempts or 1) > 1 then
      self:forget_runs(futures)
      break
    end
  end
  for i = 1, results.n or #results do
    local result = results[i]
    values[i] = result.value
    for _, key in ipairs(result.keys) do
      self.keys[#self.keys + 1] = key
    end
  end
  return values
end

--- Runs the stages of a node up to the sink. Gives what the sink gave for each partition, in their order.
function Run:stage(node, sink)
  local started, offset = {}, 0
  local inputs = self:inputs(node)
  for i, input in ipairs(inputs) do
    -- What is here already needs no call.
    local is_here = input.spec.kind == "list" and #input.steps == 0 and sink.kind == "collect"
    started[i] = is_here and { here = input.iterdata } or self:start(input, input.steps, sink, offset)
    -- How many there are is known once all objects are found; only a stage behind it wants to know.
    if i < #inputs then
      offset = offset + #(is_here and input.iterdata or started[i])
    end
  end
  local all = {}
  for i, futures in ipairs(started) do
    local values = type(futures) == "table" and rawget(futures, "here") or self:values(futures)
    for _, value in ipairs(values --[[@as any[] ]]) do
      all[#all + 1] = value
    end
  end
  return all
end

--- The same where the sink gives lists: all that is in them.
function Run:lists(node, sink)
  return flatten(self:stage(node, sink))
end

local function with_steps(inputs, steps)
  local list = {}
  for i, input in ipairs(inputs) do
    list[i] = { spec = input.spec, iterdata = input.iterdata, objects = input.objects, steps = steps }
  end
  return list
end

--- How many calls are good for so many bytes.
function Run:tasks_for(bytes)
  local partitions = self.settings.partitions
  if partitions then
    return partitions
  end
  return math.max(1, math.ceil(bytes / 2 ^ 25), math.min(self.settings.workers, math.ceil(bytes / 2 ^ 19)))
end

--- The inputs of a node with the steps behind each; what has to run before has run then.
function Run:inputs(node)
  local list = {}
  for _, branch in ipairs(plan.branches(node)) do
    local inputs = self.ready[branch.input] ---@type any
    if not inputs then
      inputs = makers[branch.input.op](self, branch.input)
      self.ready[branch.input] = inputs
    end
    for _, input in ipairs(with_steps(inputs, branch.steps)) do
      list[#list + 1] = input
    end
  end
  return list
end

--- The parts of an input as a list, so that some of them can be taken.
function Run:parts(input)
  if not input.objects then
    return input
  end
  local futures = self.map(function(obj) return { obj = obj } end, input.objects, self.settings.job)
  self.jobs[#self.jobs + 1] = futures
  local spec = { is_wrapped = true }
  for name, value in pairs(input.spec) do
    spec[name] = value
  end
  return { spec = spec, iterdata = futures:get_result(), steps = input.steps }
end

--- The first `n` elements. Partitions run in batches that grow, until there are enough.
function Run:take(node, n)
  local list, batch, offset = {}, 1, 0
  for _, input in ipairs(self:inputs(node)) do
    input = self:parts(input)
    local count, first = #input.iterdata, 1
    while first <= count and #list < n do
      local some = {}
      for i = first, math.min(first + batch - 1, count) do
        some[#some + 1] = input.iterdata[i]
      end
      local futures = self:start({ spec = input.spec, iterdata = some }, input.steps, { kind = "take", n = n - #list }, offset + first - 1)
      for _, value in ipairs(flatten(self:values(futures))) do
        if #list < n then
          list[#list + 1] = value
        end
      end
      first, batch = first + batch, batch * 4
    end
    offset = offset + count
  end
  return list
end

-- The place of what calls of a job may have stored.
local function place_of(futures)
  local ok, place = pcall(function()
    local first = futures[1]
    return first and ("%s%s/%s/"):format(context.PREFIX, first.executor_id, first.job_id)
  end)
  return ok and place or nil
end

-- Removes objects of the store that the workers use.
function Run:remove(keys, prefixes)
  if #keys == 0 and #prefixes == 0 then
    return
  end
  self.call(function()
    for _, prefix in ipairs(prefixes) do
      for _, key in ipairs(lithops.storage:list_keys(nil, prefix)) do
        keys[#keys + 1] = key
      end
    end
    if #keys > 0 then
      lithops.storage:delete_objects(nil, keys)
    end
  end)
end

-- The keys of parts that were written below an address.
local function parts_below(place)
  local found = {}
  for _, key in ipairs(place.store:list_keys(place.bucket, place.prefix)) do
    if key:sub(#place.prefix + 1):find("^part%-%d+%.%l+$") then
      found[#found + 1] = key
    end
  end
  return found
end

-- Removes the parts below an address, but those whose keys are in `kept`.
local function remove_parts(address, kept)
  local place = places.of(address)
  local found = {}
  for _, key in ipairs(parts_below(place)) do
    if not kept[key] then
      found[#found + 1] = key
    end
  end
  if #found > 0 then
    place.store:delete_objects(place.bucket, found)
  end
end

--- Calls `write`, which gives the addresses of the parts that it has written below an address. Parts that were there
--- before stay until all are written, as an action that fails is not to take them along; then those go that were not
--- written again.
---@param write fun(): string[]
function Run:replace_parts(address, overwrite, write)
  local old = self.call(function() return parts_below(places.of(address)) end)
  if #old > 0 and not overwrite then
    error(("there are %d parts of a dataset at %s: write elsewhere, or say `overwrite = true`")
      :format(#old, address), 0)
  end
  local was_there = {}
  for _, key in ipairs(old) do
    was_there[key] = true
  end
  self.undo = function()
    self.call(function() remove_parts(address, was_there) end)
  end
  local written = write()
  -- From here on it has not failed, whatever comes: nothing of what is written is to go.
  self.undo = nil
  if #old > 0 then
    local prefix, is_new = places.parse(address).prefix, {}
    for _, part in ipairs(written) do
      is_new[prefix .. part:sub(#address + 1)] = true
    end
    self.call(function() remove_parts(address, is_new) end)
  end
  return written
end

function Run:end_jobs()
  for _, futures in ipairs(self.jobs) do
    pcall(futures.cancel, futures)
  end
  for _, futures in ipairs(self.jobs) do
    -- Nobody will ask for these results any more.
    pcall(futures.get_result, futures, { throw_except = false })
  end
end

local function places_of(list)
  local places = {}
  for _, futures in ipairs(list) do
    places[#places + 1] = place_of(futures)
  end
  return places
end

-- Starts a job. The script has called no `map`, and not from here.
local function start_job(map, ...)
  local ok, futures = pcall(map, ...)
  if not ok then
    error(type(futures) == "string" and futures:gsub("^map: ", "") or futures, 0)
  end
  return futures
end

--- Calls `work(run)` and gives what it gives. What was stored meanwhile is removed, whatever comes of it.
---@param settings table
---@param work fun(run: table): any
local function run(settings, work)
  settings = settings_of.complete(settings)
  local executor = settings.executor
  local self = setmetatable({
    settings = settings,
    jobs = {},
    keys = {},
    places = {},
    ready = {}, ---@type table<table, any>
    map = function(...)
      if executor then
        return start_job(executor.map, executor, ...)
      end
      return start_job(lithops.map, ...)
    end,
    -- The store of another executor may be known to its workers only.
    call = executor and function(f) return executor:call_async(f):result() end or function(f) return f() end,
  }, Run)
  local ok, result = pcall(work, self)
  if ok then
    self:remove(self.keys, places_of(self.places))
    return result
  end
  self:end_jobs()
  -- What is told is why it failed, not what else failed.
  pcall(self.remove, self, {}, places_of(self.jobs))
  if self.undo then
    pcall(self.undo)
  end
  error(result, 0)
end

return run
