--- What the stages of each kind of node read: `inputs.sort(run, node)` and the like run what has to be done before, and give a list of
--- inputs: the `spec` that tells the workers how to read a part, and the parts, `iterdata` of a job.
local buckets = require "dataset.buckets"
local ranges = require "dataset.ranges"
local ranking = require "dataset.ranking"

local inputs = {}

function inputs.list(_, node)
  local parts = #node.list > 0 and require("shard").parts(node.list, node.partitions) or {}
  return { { spec = { kind = "list" }, iterdata = parts } }
end

function inputs.range(_, node)
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

function inputs.text(_, node)
  local objects = objects_of(node)
  return { { spec = { kind = "text", newline = node.cut.obj_newline or "\n" }, iterdata = objects, objects = objects } }
end

function inputs.json_lines(_, node)
  local objects = objects_of(node)
  return { { spec = { kind = "json_lines", newline = node.cut.obj_newline }, iterdata = objects, objects = objects } }
end

-- The first row of each object that is read in pieces, and at which byte its line begins: the pieces behind do not have
-- it. In front of it may be comments and empty lines.
local function headers_of(run, node)
  local options = {}
  for name, value in pairs(node.options) do
    options[name] = value
  end
  -- Names are read as they are, even if they look like numbers or a column is named whose fields are.
  options.header, options.numbers = nil, nil
  local futures = run.map(function(obj)
    local first = 0
    for line in obj:lines("*L") do
      local names = require("csv").rows(line, options)()
      if names then
        return { obj.url, { names = names, first = first } }
      end
      first = first + #line
    end
    return { obj.url, { names = {}, first = first } }
  end, lithops.objects(node.addresses), run.settings.job)
  run.jobs[#run.jobs + 1] = futures
  local headers = {}
  for _, found in ipairs(futures:get_result()) do
    headers[found[1]] = found[2]
  end
  return headers
end

function inputs.csv(run, node)
  local objects = objects_of(node)
  local spec = { kind = "csv", options = node.options }
  if node.options.header == true and next(node.cut) then
    spec.headers = headers_of(run, node)
  end
  return { { spec = spec, iterdata = objects, objects = objects } }
end

function inputs.shuffle(run, node)
  local count = run.settings.partitions or run.settings.buckets
  local sides, all, bytes = {}, {}, 0
  for i, parent in ipairs(node.parents) do
    local shuffle = { kind = node.kind, f = node.f }
    sides[i] = run:lists(parent, { kind = "shuffle", shuffle = shuffle, buckets = count })
    for _, output in ipairs(sides[i]) do
      all[#all + 1] = output
      bytes = bytes + output.size
    end
  end
  local parts = {}
  if bytes > 0 or run.settings.partitions then
    for i, range in ipairs(buckets.ranges(all, count, math.min(count, run:tasks_for(bytes)))) do
      parts[i] = {}
      for side, outputs in ipairs(sides) do
        parts[i][side] = buckets.parts(outputs, range[1], range[2])
      end
    end
  end
  local spec = { kind = "buckets", shuffle = { kind = node.kind, f = node.kind == "reduce" and node.f or nil, how = node.how } }
  return { { spec = spec, iterdata = parts } }
end

function inputs.sort(run, node)
  local outputs = run:stage(node.parent, { kind = "sort", key_f = node.f, descending = node.descending })
  local runs, kind, bytes = {}, nil, 0
  for _, output in ipairs(outputs) do
    if kind and output.kind and kind ~= output.kind then
      error("dataset:sort_by: some keys are strings and some numbers, which cannot be compared", 0)
    end
    kind = kind or output.kind
    for _, sorted in ipairs(output.runs) do
      runs[#runs + 1] = sorted
      bytes = bytes + sorted.size
    end
  end
  local parts = ranges.of(runs, run:tasks_for(bytes), node.descending)
  return { { spec = { kind = "sorted", descending = node.descending }, iterdata = parts } }
end

function inputs.top(run, node)
  local best = ranking.new(node.n, node.f)
  for _, value in ipairs(run:lists(node.parent, { kind = "top", n = node.n, key_f = node.f })) do
    best.add(value)
  end
  local list = best.list()
  return { { spec = { kind = "list" }, iterdata = #list > 0 and { list } or {} } }
end

function inputs.cache(run, node)
  if not node.kept then
    local kept, offset = {}, 0
    for i, input in ipairs(run:inputs(node.parent)) do
      kept[i] = run:start(input, input.steps, { kind = "collect" }, offset)
      offset = offset + #kept[i]
    end
    for _, futures in ipairs(kept) do
      futures:wait()
      run:forget_runs(futures)
    end
    node.kept = kept
  end
  local list = {}
  for i, futures in ipairs(node.kept) do
    list[i] = { spec = { kind = "kept" }, iterdata = futures }
  end
  return list
end

return inputs
