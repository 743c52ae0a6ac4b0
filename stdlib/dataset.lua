--- Lazy distributed collections: steps are gathered, an action runs them on all partitions at once.
---
---    local dataset = require "dataset"
---    dataset.read_text("s3://bucket/books/"):words():count_by_value():top(10):collect()
---
--- What is where: `collection` has the methods, `plan` finds the stages, `run` and `inputs` run them from the driver, `task` is what a
--- worker does with a partition: `sources`, `steps`, `sinks`. Elements pass from stage to stage by `buckets` of hashes or by sorted
--- `ranges`, in `runs` of `blocks`.
local keys = require "dataset.keys"
local make = require "dataset.collection"
local settings = require "dataset.settings"

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

-- Raises unless all of a table is the elements of a list, and perhaps a field `n` that tells how many.
local function check_list(list)
  local meta = type(list) == "table" and getmetatable(list)
  if type(list) ~= "table" or type(meta) == "table" and meta.__name == "dataset" then
    local kind = meta and "a dataset" or type(list)
    error(("bad argument #1 to 'dataset.from_list' (list expected, got %s)"):format(kind), 3)
  end
  local hole, field = keys.fault(list)
  if hole then
    error(("bad argument #1 to 'dataset.from_list' (element %d of the list is nil: leave it out, or put false there)")
      :format(hole), 3)
  elseif field then
    error(("bad argument #1 to 'dataset.from_list' (list expected, got a table with a field `%s`: put braces around it "
      .. "if it is an element)"):format(field), 3)
  end
end

-- How many numbers there are from one to another. Where rounding alone keeps the last one out, it is in.
local function count_of(first, last, increment)
  local slack = math.min(1e-6, 2 ^ -50 * math.max(math.abs(first), math.abs(last)) / math.abs(increment))
  return math.max(0, math.floor((last - first) / increment + slack) + 1)
end

-- The functions that make datasets; `defaults` are the settings where they are not told others.
local function constructors(defaults)
  local module = {}

  function module.from_list(list, options)
    check_list(list)
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
    local numbers = { first, last, increment }
    for i = 1, 3 do
      local number = numbers[i]
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
    local count = count_of(first, last, increment)
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

  -- Mistakes in addresses and sizes are told by those who know them, at the caller's line and by the caller's name.
  local function objects(name, node, options)
    local ok, err = pcall(lithops.objects, node.addresses, node.cut)
    if not ok then
      local text = tostring(type(err) == "table" and err.message or err):gsub("^[^\n]-:%d+: ", "")
      text = text:gsub("^bad argument #1 to 'objects'", ("bad argument to 'dataset.%s'"):format(name))
      error((text:gsub("^objects: ", "")), 3)
    end
    return make(node, settings.of(options, defaults, 3))
  end

  function module.read_text(...)
    local addresses, options = split("read_text", ...)
    settings.check(options, joined(CUT), 2)
    return (objects("read_text", { op = "text", addresses = addresses, cut = cut_of(options) }, options))
  end

  function module.read_json_lines(...)
    local addresses, options = split("read_json_lines", ...)
    settings.check(options, joined(CUT), 2)
    return (objects("read_json_lines", { op = "json_lines", addresses = addresses, cut = cut_of(options) }, options))
  end

  local CSV_READ = { "separator", "quote", "header", "numbers", "comment", "trim" }

  function module.read_csv(...)
    local addresses, options = split("read_csv", ...)
    settings.check(options, joined(CUT, CSV_READ, { "quoted_newlines" }), 2)
    local csv_options, cut = {}, {}
    if options.obj_newline ~= nil and options.obj_newline ~= "\n" then
      error('option `obj_newline` must be "\\n" for CSV, whose rows end at newlines: leave it out', 2)
    end
    for _, name in ipairs(CSV_READ) do
      csv_options[name] = options[name]
    end
    if options.quoted_newlines == false then
      cut = cut_of(options)
    elseif options.obj_chunk_size or options.obj_chunk_number or options.obj_newline then
      error("a field of CSV may hold newlines, so that objects are read whole; say `quoted_newlines = false` to have them cut", 2)
    end
    return (objects("read_csv", { op = "csv", addresses = addresses, cut = cut, options = csv_options }, options))
  end

  function module.with(options)
    settings.check(options, settings.NAMES, 2)
    return constructors(settings.of(options, defaults, 2))
  end

  -- A colon in place of the dot is told at the line of the call.
  for name, make_from in pairs(module) do
    module[name] = function(...)
      if rawequal((...), module) then
        error(("bad argument #1 to 'dataset.%s' (call it with a dot, `dataset.%s(…)`)"):format(name, name), 2)
      end
      return make_from(...)
    end
  end
  return module
end

return constructors({})
