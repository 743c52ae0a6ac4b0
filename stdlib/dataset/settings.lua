--- The options of datasets: which there are, and what holds where they say nothing.
local memory = require "dataset.memory"
local nearest = require "nearest"

local settings = {}

--- Options that jobs know, too.
local JOB = { "runtime_memory", "timeout", "retries", "extra_env", "stream_logs", "include_modules", "exclude_modules", "max_workers" }
local OWN = { "executor", "partitions", "memory" }

settings.NAMES = {}
for _, list in ipairs({ OWN, JOB }) do
  for _, name in ipairs(list) do
    settings.NAMES[#settings.NAMES + 1] = name
  end
end

local DEFAULT_MEMORY = 2 ^ 27

local function is_whole(least)
  return function(value) return type(value) == "number" and value >= least and value % 1 == 0 end
end

local function is_boolean(value)
  return type(value) == "boolean"
end

local function is_table(value)
  return type(value) == "table"
end

local POSITIVE = { "a whole number of 1 or more", is_whole(1) }
local BOOLEAN = { "true or false", is_boolean }

-- What the values of options must be. What is not here is checked by those who use it.
local KINDS = {
  partitions = POSITIVE,
  max_workers = POSITIVE,
  runtime_memory = POSITIVE,
  retries = { "a whole number of 0 or more", is_whole(0) },
  timeout = { "a number of seconds, 0 or more", function(value) return type(value) == "number" and value >= 0 end },
  extra_env = { "a table", is_table },
  include_modules = { "a list of strings or false", function(value) return value == false or is_table(value) end },
  exclude_modules = { "a list of strings", is_table },
  stream_logs = BOOLEAN,
  lower = BOOLEAN,
  descending = BOOLEAN,
  overwrite = BOOLEAN,
  quoted_newlines = BOOLEAN,
}

local function shown(value)
  local kind = type(value)
  if kind == "string" then
    return ('"%s"'):format(value)
  elseif kind == "number" or kind == "boolean" then
    return tostring(value)
  end
  return "a " .. kind
end

--- Raises unless all options are known and are what they must be. `level` tells whose mistake it is, as for `error` in the caller.
---@param options table
---@param names string[]
---@param level integer
function settings.check(options, names, level)
  if type(options) ~= "table" then
    error(("table of options expected, got %s"):format(type(options)), level + 1)
  end
  local known = {}
  for _, name in ipairs(names) do
    known[name] = true
  end
  for name, value in pairs(options) do
    if type(name) ~= "string" then
      error(("options have names, not %s"):format(shown(name)), level + 1)
    elseif not known[name] then
      error(("unknown option `%s`%s"):format(name, nearest.hint(name, names)), level + 1)
    end
    local kind = KINDS[name]
    if kind and not kind[2](value) then
      error(("option `%s` must be %s, not %s"):format(name, kind[1], shown(value)), level + 1)
    end
  end
end

local function is_executor(value)
  local ok, id = pcall(function() return value.executor_id end)
  return ok and type(id) == "string"
end

--- The settings in a table of options that `settings.check` has seen, in front of others. `level` is that of the caller, as for `error`.
---@param options table
---@param defaults table
function settings.of(options, defaults, level)
  if options.memory ~= nil and not memory.bytes(options.memory) then
    error(('option `memory` must be a number of bytes or a text such as "64MiB", not %s'):format(tostring(options.memory)), level + 1)
  end
  local executor = options.executor
  if executor ~= nil and not is_executor(executor) then
    error("option `executor` must be an executor, as lithops.FunctionExecutor gives it", level + 1)
  end
  local result = {}
  for _, name in ipairs(settings.NAMES) do
    result[name] = options[name]
    if result[name] == nil then
      result[name] = defaults[name]
    end
  end
  return result
end

--- How many calls the executor runs at a time.
function settings.workers(options)
  local config = options.executor and options.executor.config or lithops.config
  local backend = config[config.lithops.backend] or {}
  return options.max_workers or backend.max_workers or 2
end

--- Settings with all that a run needs: `workers`, `buckets` of a shuffle, `memory` in bytes, and the options of its jobs in `job`.
function settings.complete(options)
  local config = options.executor and options.executor.config or lithops.config
  local backend = config[config.lithops.backend] or {}
  local megabytes = options.runtime_memory or backend.runtime_memory
  local job = {}
  for _, name in ipairs(JOB) do
    job[name] = options[name]
  end
  local workers = settings.workers(options)
  return {
    executor = options.executor,
    partitions = options.partitions,
    workers = workers,
    buckets = math.max(32, math.min(workers, 256)),
    memory = memory.bytes(options.memory) or megabytes and megabytes * 2 ^ 20 * 0.3 or DEFAULT_MEMORY,
    job = job,
  }
end

return settings
