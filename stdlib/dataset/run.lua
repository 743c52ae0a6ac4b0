--- Runs the stages of an action, one after the other, and removes what they stored when it ends.
local buckets = require "dataset.buckets"
local context = require "dataset.context"
local places = require "dataset.places"
local plan = require "dataset.plan"
local ranges = require "dataset.ranges"
local ranking = require "dataset.ranking"
local settings_of = require "dataset.settings"
local task = require "dataset.task"

local Run = {}
Run.__index = Run

-- Starts the calls of a stage, without waiting. `offset`: how many partitions come before them.
function Run:start(input, steps, sink, offset)
  local stage = { input = input.spec, steps = steps, sink = sink, memory = self.settings.memory, offset = offset }
  local run = task.run
  local futures = self.map(function(part) return run(stage, part) end, input.iterdata, self.settings.job)
  self.jobs[#self.jobs + 1] = futures
  return futures
end

-- What calls gave, in their order.
function Run:values(futures)
  local values = {}
  local results = futures:get_result()
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
    for _, value in ipairs(type(futures) == "table" and rawget(futures, "here") or self:values(futures)) do
      all[#all + 1] = value
    end
  end
  return all
end

local function with_steps(inputs, steps)
  local list = {}
  for i, input in ipairs(inputs) do
    list[i] = { spec = input.spec, iterdata = input.iterdata, objects = input.objects, steps = steps }
  end
  return list
end

--- The inputs of a node with the steps behind each; what has to run before has run then.
function Run:inputs(node)
  local list = {}
  for _, branch in ipairs(plan.branches(node)) do
    local inputs = self.ready[branch.input]
    if not inputs then
      inputs = self[branch.input.op](self, branch.input)
      self.ready[branch.input] = inputs
    end
    for _, input in ipairs(with_steps(inputs, branch.steps)) do
      list[#list + 1] = input
    end
  end
  return list
end

function Run:list(node)
  local parts = #node.list > 0 and require("shard").parts(node.list, node.partitions) or {}
  return { { spec = { kind = "list" }, iterdata = parts } }
end

function Run:range(node)
  local parts, first = {}, 0
  local count = math.min(node.partitions, node.count)
  for i = 1, count do
    local size = math.floor(node.count / count) + (i <= node.count % count and 1 or 0)
    parts[i] = { start = node.start + first * node.step, step = node.step, count = size }
    first = first + size
  end
  return { { spec = { kind = "range" }, iterdata = parts } }
end

local function objects_of(node)
  return lithops.objects(node.addresses, node.cut)
end

function Run:text(node)
  local objects = objects_of(node)
  return { { spec = { kind = "text", newline = node.cut.obj_newline or "\n" }, iterdata = objects, objects = objects } }
end

function Run:json_lines(node)
  local objects = objects_of(node)
  return { { spec = { kind = "json_lines" }, iterdata = objects, objects = objects } }
end

-- The first row of each object that is read in pieces: the other pieces do not have it.
function Run:headers(node)
  local options = {}
  for name, value in pairs(node.options) do
    options[name] = name ~= "header" and value or nil
  end
  local futures = self.map(function(obj)
    return { obj.url, (require("csv").rows(obj, options)()) or {} }
  end, lithops.objects(node.addresses), self.settings.job)
  self.jobs[#self.jobs + 1] = futures
  local headers = {}
  for _, found in ipairs(futures:get_result()) do
    headers[found[1]] = found[2]
  end
  return headers
end

function Run:csv(node)
  local objects = objects_of(node)
  local spec = { kind = "csv", options = node.options }
  if node.options.header == true and next(node.cut) then
    spec.headers = self:headers(node)
  end
  return { { spec = spec, iterdata = objects, objects = objects } }
end

--- How many calls are good for so many bytes.
function Run:tasks_for(bytes)
  local partitions = self.settings.partitions
  if partitions then
    return partitions
  end
  return math.max(1, math.ceil(bytes / 2 ^ 25), math.min(self.settings.workers, math.ceil(bytes / 2 ^ 19)))
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

function Run:shuffle(node)
  local count = self.settings.partitions or self.settings.buckets
  local sides, all, bytes = {}, {}, 0
  for i, parent in ipairs(node.parents) do
    local shuffle = { kind = node.kind, f = node.f }
    sides[i] = flatten(self:stage(parent, { kind = "shuffle", shuffle = shuffle, buckets = count }))
    for _, run in ipairs(sides[i]) do
      all[#all + 1] = run
      bytes = bytes + run.size
    end
  end
  local parts = {}
  if bytes > 0 or self.settings.partitions then
    for i, range in ipairs(buckets.ranges(all, count, math.min(count, self:tasks_for(bytes)))) do
      parts[i] = {}
      for side, outputs in ipairs(sides) do
        parts[i][side] = buckets.parts(outputs, range[1], range[2])
      end
    end
  end
  local spec = { kind = "buckets", shuffle = { kind = node.kind, f = node.kind == "reduce" and node.f or nil, how = node.how } }
  return { { spec = spec, iterdata = parts } }
end

function Run:sort(node)
  local outputs = self:stage(node.parent, { kind = "sort", key_f = node.f, descending = node.descending })
  local runs, kind, bytes = {}, nil, 0
  for _, output in ipairs(outputs) do
    if kind and output.kind and kind ~= output.kind then
      error("dataset:sort_by: some keys are strings and some numbers, which cannot be compared", 0)
    end
    kind = kind or output.kind
    for _, run in ipairs(output.runs) do
      runs[#runs + 1] = run
      bytes = bytes + run.size
    end
  end
  local parts = ranges.of(runs, self:tasks_for(bytes), node.descending)
  return { { spec = { kind = "sorted", descending = node.descending }, iterdata = parts } }
end

function Run:top(node)
  local best = ranking.new(node.n, node.f)
  for _, list in ipairs(self:stage(node.parent, { kind = "top", n = node.n, key_f = node.f })) do
    for _, value in ipairs(list) do
      best.add(value)
    end
  end
  local list = best.list()
  return { { spec = { kind = "list" }, iterdata = #list > 0 and { list } or {} } }
end

function Run:cache(node)
  if not node.kept then
    local kept, offset = {}, 0
    for i, input in ipairs(self:inputs(node.parent)) do
      kept[i] = self:start(input, input.steps, { kind = "collect" }, offset)
      offset = offset + #kept[i]
    end
    for _, futures in ipairs(kept) do
      futures:wait()
      self:forget_runs(futures)
    end
    node.kept = kept
  end
  local inputs = {}
  for i, futures in ipairs(node.kept) do
    inputs[i] = { spec = { kind = "kept" }, iterdata = futures }
  end
  return inputs
end

-- What the calls stored beside their results is known only by its place: nobody reads those results here.
function Run:forget_runs(futures)
  self.places[#self.places + 1] = futures
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

-- Removes the parts below an address; gives how many there were.
local function remove_parts(address)
  local place = places.of(address)
  local found = parts_below(place)
  if #found > 0 then
    place.store:delete_objects(place.bucket, found)
  end
  return #found
end

--- Makes sure that no parts are below the address before others are written there. They go again if the action fails.
function Run:prepare(address, overwrite)
  if overwrite then
    self.call(function() remove_parts(address) end)
  else
    local count = self.call(function() return #parts_below(places.of(address)) end)
    if count > 0 then
      error(("there are %d parts of a dataset at %s: write elsewhere, or say `overwrite = true`"):format(count, address), 0)
    end
  end
  self.undo = function()
    self.call(function() remove_parts(address) end)
  end
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
    ready = {},
    map = executor and function(...) return executor:map(...) end or lithops.map,
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
