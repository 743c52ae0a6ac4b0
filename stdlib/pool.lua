--- Pools of workers, in the manner of Python's `multiprocessing.Pool`.
---
---    local pool = require "pool"
---    local p = pool.new({ processes = 4 })
---    local squares = p:map(function(x) return x * x end, { 1, 2, 3 })
---    for line in p:imap_unordered(process, io.lines("big.txt")) do … end
---
--- The functions of the module, `pool.map` and so on, are methods of a pool on the default executor, which is never closed.
---
--- What is where: `object` has the methods, `result` what `apply_async` gives, `imap` reads inputs bit by bit, `unfinished` knows what
--- is under way, `worker` runs initializers.
local arguments = require "lithops.arguments"
local Pool = require "pool.object"

local pool = {}

local OWN = {
  processes = arguments.POSITIVE,
  initializer = arguments.FUNCTION,
  initargs = arguments.TABLE,
}
local EXECUTOR = {
  "config", "config_file", "backend", "storage", "monitoring", "runtime", "runtime_memory", "worker_processes",
  "remote_invoker", "log_level", "progress",
}
local OPTIONS = arguments.joined(OWN, { executor = arguments.EXECUTOR })
for _, name in ipairs(EXECUTOR) do
  OPTIONS[name] = arguments.ANY
end

function pool.new(options)
  if type(options) == "number" then
    arguments.check_whole(options, 1, 1, "new")
    options = { processes = options }
  elseif rawequal(options, pool) then
    arguments.raise("bad argument #1 to 'new' (call it with a dot, `pool.new(…)`)")
  end
  options = arguments.options(options, OPTIONS, "new")
  local executor = options.executor
  if not executor then
    local settings = { max_workers = options.processes }
    for _, name in ipairs(EXECUTOR) do
      settings[name] = options[name]
    end
    executor = arguments.pass_on(lithops.FunctionExecutor, settings)
  elseif options.processes then
    arguments.raise("new: option `processes` is the executor's matter where there is option `executor`")
  end
  return Pool.new({
    executor = executor,
    processes = options.processes,
    initializer = options.initializer,
    initargs = options.initargs or {},
  })
end

local default = Pool.new({})

local METHODS = { "apply", "apply_async", "map", "map_async", "starmap", "starmap_async", "imap", "imap_unordered" }
for _, name in ipairs(METHODS) do
  pool[name] = function(fn, ...)
    if rawequal(fn, pool) then
      arguments.raise("bad argument #1 to '%s' (call it with a dot, `pool.%s(…)`)", name, name)
    end
    return default[name](default, fn, ...)
  end
end

return setmetatable(pool, { __call = function(_, options) return pool.new(options) end })
