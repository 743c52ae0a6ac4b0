--- Lazy distributed collections: steps are gathered, an action runs them on all partitions at once.
---
---    local dataset = require "dataset"
---    dataset.read_text("s3://bucket/books/"):words():count_by_value():top(10):collect()
---
--- What is where: `plan` finds the stages, `run` runs them from the driver, `task` is what a worker does with a partition: `sources`,
--- `steps`, `sinks`. Elements pass from stage to stage by `buckets` of hashes or by sorted `ranges`, in `runs` of `blocks`.
local places = require "dataset.places"
local plan = require "dataset.plan"
local run = require "dataset.run"
local settings = require "dataset.settings"

local Dataset = {}
Dataset.__index = Dataset
Dataset.__name = "dataset"

local function make(node, options)
  return setmetatable({ node = node, settings = options }, Dataset)
end

function Dataset:__tostring()
  local _, newlines = plan.text(self.node):gsub("\n", "")
  return ("dataset of %d stages"):format(newlines + 1)
end

-- Mistakes of the caller are told at the line that made the call: `level` is that of the function that checks.
local function check_function(f, name, is_optional)
  if type(f) ~= "function" and not (is_optional and f == nil) then
    error(("bad argument to 'dataset:%s' (function expected, got %s)"):format(name, f == nil and "no value" or type(f)), 3)
  end
end

local function check_count(n, name)
  if type(n) ~= "number" or n < 0 or n % 1 ~= 0 then
    error(("bad argument to 'dataset:%s' (whole number of 0 or more expected, got %s)"):format(name, tostring(n)), 3)
  end
end

local function check_dataset(other, name)
  if getmetatable(other) ~= Dataset then
    error(("bad argument to 'dataset:%s' (dataset expected, got %s)"):format(name, type(other)), 3)
  end
end

--- Steps

local function step(self, one)
  return make({ op = "step", parent = self.node, step = one }, self.settings)
end

function Dataset:map(f)
  check_function(f, "map")
  return step(self, { name = "map", f = f })
end

function Dataset:filter(f)
  check_function(f, "filter")
  return step(self, { name = "filter", f = f })
end

function Dataset:flat_map(f)
  check_function(f, "flat_map")
  return step(self, { name = "flat_map", f = f })
end

function Dataset:map_partitions(f)
  check_function(f, "map_partitions")
  return step(self, { name = "map_partitions", f = f })
end

function Dataset:map_values(f)
  check_function(f, "map_values")
  return step(self, { name = "map_values", f = f })
end

function Dataset:key_by(f)
  check_function(f, "key_by")
  return step(self, { name = "key_by", f = f })
end

function Dataset:keys()
  return step(self, { name = "keys" })
end

function Dataset:values()
  return step(self, { name = "values" })
end

local WORD_PATTERNS = { ["%S+"] = true, ["%w+"] = true, ["%a+"] = true }

function Dataset:words(options)
  options = options or {}
  settings.check(options, { "pattern", "lower" }, 2)
  local pattern, lower = options.pattern, options.lower
  if pattern ~= nil and not WORD_PATTERNS[pattern] then
    error(("option `pattern` must be %%S+, %%w+ or %%a+, not %s"):format(tostring(pattern)), 2)
  elseif lower ~= nil and type(lower) ~= "boolean" then
    error(("option `lower` must be true or false, not %s"):format(tostring(lower)), 2)
  end
  return step(self, { name = "words", options = { pattern = pattern, lower = lower } })
end

function Dataset:sample(fraction, seed)
  if type(fraction) ~= "number" or not (fraction >= 0 and fraction <= 1) then
    error(("bad argument to 'dataset:sample' (number from 0 to 1 expected, got %s)"):format(tostring(fraction)), 2)
  elseif seed ~= nil and type(seed) ~= "number" then
    error(("bad argument to 'dataset:sample' (number expected as seed, got %s)"):format(type(seed)), 2)
  end
  return step(self, { name = "sample", fraction = fraction, seed = seed or math.floor(lithops.time() * 1e3 % 2 ^ 31) })
end

--- What needs all elements

local function shuffle(self, kind, more)
  local node = { op = "shuffle", kind = kind, parents = { self.node } }
  for name, value in pairs(more or {}) do
    node[name] = value
  end
  return make(node, self.settings)
end

function Dataset:group_by(key_f)
  check_function(key_f, "group_by")
  return shuffle(self, "group", { f = key_f })
end

function Dataset:reduce_by_key(f)
  check_function(f, "reduce_by_key")
  return shuffle(self, "reduce", { f = f })
end

function Dataset:count_by_value()
  return shuffle(self, "count")
end

function Dataset:distinct()
  return shuffle(self, "distinct")
end

local HOW = { inner = true, left = true, right = true, outer = true }

function Dataset:join(other, options)
  check_dataset(other, "join")
  options = options or {}
  settings.check(options, { "how" }, 2)
  local how = options.how or "inner"
  if not HOW[how] then
    error(("option `how` must be inner, left, right or outer, not %s"):format(tostring(how)), 2)
  end
  return shuffle(self, "join", { parents = { self.node, other.node }, how = how })
end

function Dataset:sort_by(key_f, options)
  if type(key_f) == "table" and options == nil then
    key_f, options = nil, key_f
  end
  check_function(key_f, "sort_by", true)
  options = options or {}
  settings.check(options, { "descending" }, 2)
  return make({ op = "sort", parent = self.node, f = key_f, descending = options.descending and true or false }, self.settings)
end

function Dataset:top(n, key_f)
  check_count(n, "top")
  check_function(key_f, "top", true)
  return make({ op = "top", parent = self.node, n = n, f = key_f }, self.settings)
end

function Dataset:union(other)
  check_dataset(other, "union")
  return make({ op = "union", parents = { self.node, other.node } }, self.settings)
end

function Dataset:cache()
  return make({ op = "cache", parent = self.node }, self.settings)
end

--- Actions

-- Runs the stages up to `sink`. Gives what it gave for each partition.
local function run_all(self, sink)
  return run(self.settings, function(running) return running:stage(self.node, sink) end)
end

function Dataset:collect()
  local all, n = {}, 0
  for _, list in ipairs(run_all(self, { kind = "collect" })) do
    for i = 1, #list do
      n = n + 1
      all[n] = list[i]
    end
  end
  return all
end

local function add_up(numbers)
  local sum = 0
  for _, number in ipairs(numbers) do
    sum = sum + number
  end
  return sum
end

function Dataset:count()
  return add_up(run_all(self, { kind = "count" }))
end

function Dataset:sum()
  return add_up(run_all(self, { kind = "sum" }))
end

function Dataset:fold(init, f, combine)
  check_function(f, "fold")
  check_function(combine, "fold", true)
  if init == nil then
    error("bad argument to 'dataset:fold' (a value to begin with expected, got nil)", 2)
  end
  combine = combine or f
  local state
  for _, found in ipairs(run_all(self, { kind = "fold", name = "fold", f = f, init = init, has_init = true })) do
    if #found > 0 then
      state = state == nil and found[1] or combine(state, found[1])
    end
  end
  if state == nil then
    return init
  end
  return state
end

function Dataset:reduce(f)
  check_function(f, "reduce")
  local state
  for _, found in ipairs(run_all(self, { kind = "fold", name = "reduce", f = f })) do
    if #found > 0 then
      if state == nil then
        state = found[1]
      else
        state = f(state, found[1])
      end
    end
  end
  return state
end

function Dataset:take(n)
  check_count(n, "take")
  if n == 0 then
    return {}
  end
  return run(self.settings, function(running) return running:take(self.node, n) end)
end

function Dataset:first()
  return self:take(1)[1]
end

function Dataset:foreach(f)
  check_function(f, "foreach")
  run_all(self, { kind = "foreach", f = f })
end

-- Writes all partitions below a prefix, where no parts may be yet.
local function write(self, name, format, url, options)
  local place, err = places.parse(url)
  if not place then
    error(("dataset:%s: %s"):format(name, err), 3)
  end
  local overwrite = options.overwrite
  options.overwrite = nil
  return run(self.settings, function(running)
    running:prepare(place.address, overwrite)
    return running:stage(self.node, { kind = "write", format = format, url = place.address, options = options })
  end)
end

function Dataset:write_text(url, options)
  options = options or {}
  settings.check(options, { "overwrite" }, 2)
  return (write(self, "write_text", "text", url, { overwrite = options.overwrite }))
end

function Dataset:write_json_lines(url, options)
  options = options or {}
  settings.check(options, { "overwrite" }, 2)
  return (write(self, "write_json_lines", "json_lines", url, { overwrite = options.overwrite }))
end

local CSV_WRITE = { "overwrite", "separator", "quote", "header", "newline" }

function Dataset:write_csv(url, options)
  options = options or {}
  settings.check(options, CSV_WRITE, 2)
  local copy = {}
  for name, value in pairs(options) do
    copy[name] = value
  end
  return (write(self, "write_csv", "csv", url, copy))
end

function Dataset:explain()
  local text = plan.text(self.node)
  print(text)
  return text
end

--- Sources

local function joined(...)
  local names = {}
  for _, list in ipairs({ settings.NAMES, ... }) do
    for _, name in ipairs(list) do
      names[#names + 1] = name
    end
  end
  return names
end

-- How many partitions are made of what is in memory: calls that take longer than others must not leave workers idle.
local function default_partitions(options)
  local workers = settings.workers(options)
  return workers <= 64 and 4 * workers or workers
end

-- The functions that make datasets; `defaults` are the settings where they are not told others.
local function constructors(defaults)
  local module = {}

  function module.from_list(list, options)
    if type(list) ~= "table" then
      error(("bad argument #1 to 'dataset.from_list' (list expected, got %s)"):format(type(list)), 2)
    end
    options = options or {}
    settings.check(options, settings.NAMES, 2)
    options = settings.of(options, defaults, 2)
    return make({ op = "list", list = list, partitions = options.partitions or default_partitions(options) }, options)
  end

  function module.from_range(first, last, increment, options)
    if type(last) == "table" then
      last, options = nil, last
    elseif type(increment) == "table" then
      increment, options = nil, increment
    end
    if last == nil then
      first, last = 1, first
    end
    increment = increment or 1
    for _, number in ipairs({ first or false, last or false, increment }) do
      if type(number) ~= "number" or number ~= number or math.abs(number) == math.huge then
        error(("bad argument to 'dataset.from_range' (finite numbers expected, got %s)"):format(tostring(number)), 2)
      end
    end
    if increment == 0 then
      error("bad argument to 'dataset.from_range' (the step must not be 0)", 2)
    end
    options = options or {}
    settings.check(options, settings.NAMES, 2)
    options = settings.of(options, defaults, 2)
    local count = math.max(0, math.floor((last - first) / increment + 1e-9) + 1)
    local partitions = options.partitions or default_partitions(options)
    return make({ op = "range", start = first, step = increment, count = count, partitions = partitions }, options)
  end

  -- The addresses in front of a table of options, and that table.
  local function split(name, ...)
    local addresses, options = {}, {}
    local count = select("#", ...)
    for i = 1, count do
      local value = select(i, ...)
      local is_options = i == count and type(value) == "table" and value[1] == nil
      if is_options then
        options = value
      elseif type(value) == "table" then
        for _, address in ipairs(value) do
          addresses[#addresses + 1] = address
        end
      else
        addresses[#addresses + 1] = value
      end
    end
    if #addresses == 0 then
      error(("bad argument #1 to 'dataset.%s' (address expected, got no value)"):format(name), 3)
    end
    return addresses, options
  end

  local CUT = { "obj_chunk_size", "obj_chunk_number", "obj_newline" }
  local CHUNK = "32MiB"

  local function cut_of(options)
    local cut = {}
    for _, name in ipairs(CUT) do
      cut[name] = options[name]
    end
    if cut.obj_newline == false then
      error("option `obj_newline` must be a string of one byte: a dataset is read by lines", 3)
    end
    if not cut.obj_chunk_size and not cut.obj_chunk_number then
      cut.obj_chunk_size = CHUNK
    end
    return cut
  end

  -- Mistakes in addresses and sizes are told by those who know them, at the caller's line.
  local function objects(node, options)
    local ok, err = pcall(lithops.objects, node.addresses, node.cut)
    if not ok then
      error(tostring(type(err) == "table" and err.message or err):gsub("^[^\n]-:%d+: ", ""), 3)
    end
    return make(node, settings.of(options, defaults, 3))
  end

  function module.read_text(...)
    local addresses, options = split("read_text", ...)
    settings.check(options, joined(CUT), 2)
    return (objects({ op = "text", addresses = addresses, cut = cut_of(options) }, options))
  end

  function module.read_json_lines(...)
    local addresses, options = split("read_json_lines", ...)
    settings.check(options, joined(CUT), 2)
    return (objects({ op = "json_lines", addresses = addresses, cut = cut_of(options) }, options))
  end

  local CSV_READ = { "separator", "quote", "header", "numbers", "comment", "trim" }

  function module.read_csv(...)
    local addresses, options = split("read_csv", ...)
    settings.check(options, joined(CUT, CSV_READ, { "quoted_newlines" }), 2)
    local csv_options, cut = {}, {}
    for _, name in ipairs(CSV_READ) do
      csv_options[name] = options[name]
    end
    if options.quoted_newlines == false then
      cut = cut_of(options)
    elseif options.obj_chunk_size or options.obj_chunk_number or options.obj_newline then
      error("a field of CSV may hold newlines, so that objects are read whole; say `quoted_newlines = false` to have them cut", 2)
    end
    return (objects({ op = "csv", addresses = addresses, cut = cut, options = csv_options }, options))
  end

  function module.with(options)
    settings.check(options, settings.NAMES, 2)
    return constructors(settings.of(options, defaults, 2))
  end

  return module
end

return constructors({})
