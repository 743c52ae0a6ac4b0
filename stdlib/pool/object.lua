--- Pools: their methods, which are those of Python's `multiprocessing.Pool`.
local arguments = require "lithops.arguments"
local Imap = require "pool.imap"
local inputs = require "pool.inputs"
local Result = require "pool.result"
local unfinished = require "pool.unfinished"
local worker = require "pool.worker"

-- The class is what `require` gives, so that pools are sent with a reference to it, and know each other by it.
local methods = {}
---@class pool.PoolClass
---@field [string] any
local Pool = { __name = "pool.Pool", __index = methods }

local CALLBACKS = { callback = arguments.FUNCTION, error_callback = arguments.FUNCTION }
local APPLY = arguments.CALL
local APPLY_ASYNC = arguments.joined(APPLY, CALLBACKS)
local MAP_ASYNC = arguments.joined(arguments.MAP, CALLBACKS)
local IMAP = arguments.joined(arguments.CALL, { chunksize = arguments.POSITIVE, buffer = arguments.POSITIVE })

--- A pool on `executor`, nil for the default one.
---@param fields { executor: lithops.Executor?, processes: integer?, initializer: function?, initargs: any[]?, state: string? }
function Pool.new(fields)
  fields.state = "open"
  return setmetatable(fields, Pool)
end

local function check_pool(self, name)
  if getmetatable(self) ~= Pool then
    arguments.raise("bad argument to '%s' (pool expected; call it with a colon, `p:%s(…)`)", name, name)
  end
end

local function check(self, fn, name)
  check_pool(self, name)
  if self.state ~= "open" then
    arguments.raise("%s: the pool is %s", name, self.state)
  end
  arguments.check_type(fn, "function", 1, name)
end

local function check_args(args, name)
  if args ~= nil and type(args) ~= "table" then
    arguments.fail(2, name, "list of arguments", args)
  elseif args then
    arguments.length(args, 2, name)
    local n, instead = inputs.length(args)
    if not n then
      arguments.raise("bad argument #2 to '%s' (list of arguments expected, got %s)", name, instead)
    elseif n > arguments.MOST then
      arguments.raise("bad argument #2 to '%s' (%d arguments, which are %d at most; pass them as one list)", name, n, arguments.MOST)
    end
  end
  return args or {}
end

-- The last argument of those that walk over inputs: the chunk size as in Python, or a table of options.
local function read_options(options, kinds, name)
  if type(options) == "number" then
    options = { chunksize = options }
  end
  return arguments.options(options, kinds, name)
end

-- The function that workers call.
local function prepared(self, fn)
  local initializer, initargs = self.initializer, self.initargs
  if not initializer then
    return fn
  end
  local id = self.executor.executor_id
  return function(...) return worker.call(id, initializer, initargs, fn, ...) end
end

-- Calls a method of the executor, or the function of that name, which is of the default one.
local function start(self, method, ...)
  local executor = self.executor
  if executor then
    return arguments.pass_on(executor[method], executor, ...)
  end
  return arguments.pass_on(lithops[method], ...)
end

local function start_call(self, fn, args, options)
  local n = inputs.length(args)
  ---@cast n integer
  local job_options = arguments.only(options, arguments.CALL)
  if n == 0 then
    return start(self, "call_async", prepared(self, fn), lithops.args(), job_options)
  end
  -- The first argument may be a future, or the address of an object.
  job_options.extra_args = { n = n - 1, unpack(args, 2, n) }
  return start(self, "call_async", prepared(self, fn), args[1], job_options)
end

local function start_map(self, fn, list, options)
  return start(self, "map", prepared(self, fn), list, arguments.only(options, arguments.MAP))
end

function methods:apply_async(fn, args, options)
  check(self, fn, "apply_async")
  args = check_args(args, "apply_async")
  options = arguments.options(options, APPLY_ASYNC, "apply_async")
  local future = start_call(self, fn, args, options)
  return Result.new(self, future, false, options)
end

function methods:apply(fn, args, options)
  check(self, fn, "apply")
  args = check_args(args, "apply")
  options = arguments.options(options, APPLY, "apply")
  local future = start_call(self, fn, args, options)
  return Result.new(self, future, false, options):get()
end

function methods:map_async(fn, input, options)
  check(self, fn, "map_async")
  inputs.check(input, 2, "map_async")
  options = read_options(options, MAP_ASYNC, "map_async")
  local futures = start_map(self, fn, inputs.list(input), options)
  return Result.new(self, futures, true, options)
end

function methods:map(fn, input, options)
  check(self, fn, "map")
  inputs.check(input, 2, "map")
  options = read_options(options, arguments.MAP, "map")
  local futures = start_map(self, fn, inputs.list(input), options)
  return Result.new(self, futures, true, options):get()
end

function methods:starmap_async(fn, input, options)
  check(self, fn, "starmap_async")
  inputs.check(input, 2, "starmap_async")
  options = read_options(options, MAP_ASYNC, "starmap_async")
  local futures = start_map(self, fn, inputs.star(input, 2, "starmap_async"), options)
  return Result.new(self, futures, true, options)
end

function methods:starmap(fn, input, options)
  check(self, fn, "starmap")
  inputs.check(input, 2, "starmap")
  options = read_options(options, arguments.MAP, "starmap")
  local futures = start_map(self, fn, inputs.star(input, 2, "starmap"), options)
  return Result.new(self, futures, true, options):get()
end

-- How many calls run at a time.
local function workers(self)
  local config = self.executor and self.executor.config or lithops.config
  local backend = config[config.lithops.backend] or {}
  return self.processes or backend.max_workers or 2
end

local function imap(self, fn, input, options, name)
  local job_options = arguments.only(options, arguments.CALL)
  local wrapped = prepared(self, fn)
  local imap_of = Imap.new(input, {
    name = name,
    is_ordered = name == "imap",
    workers = workers(self),
    chunksize = options.chunksize,
    buffer = options.buffer,
    start = function(list, size)
      job_options.chunksize = size
      return start(self, "map", wrapped, list, job_options)
    end,
    wait = function(futures)
      start(self, "wait", futures, { return_when = lithops.ANY_COMPLETED, throw_except = false })
    end,
  })
  unfinished.add_imap(self, imap_of)
  return imap_of:iterator()
end

function methods:imap(fn, input, options)
  check(self, fn, "imap")
  inputs.check(input, 2, "imap")
  return imap(self, fn, input, read_options(options, IMAP, "imap"), "imap")
end

function methods:imap_unordered(fn, input, options)
  check(self, fn, "imap_unordered")
  inputs.check(input, 2, "imap_unordered")
  return imap(self, fn, input, read_options(options, IMAP, "imap_unordered"), "imap_unordered")
end

--- No more calls from now on; those that were begun go on.
function methods:close()
  check_pool(self, "close")
  if self.state == "open" then
    self.state = "closed"
  end
end

--- Ends all calls, and allows no more.
function methods:terminate()
  check_pool(self, "terminate")
  self.state = "terminated"
  unfinished.each(self, function(calls) calls:cancel() end)
  unfinished.each_imap(self, function(imap_of) imap_of:cancel() end)
end

--- Waits for all calls of a pool that was closed or terminated.
function methods:join()
  check_pool(self, "join")
  if self.state == "open" then
    arguments.raise("join: the pool is open; close or terminate it first")
  end
  while true do
    local oldest = unfinished.oldest(self)
    if not oldest then
      break
    end
    Result.wait_for(self, oldest)
  end
  unfinished.each_imap(self, function(imap_of)
    local futures = imap_of:futures()
    if #futures > 0 then
      start(self, "wait", futures, { throw_except = false })
    end
  end)
end

function Pool:__tostring()
  return ("pool of %d processes (%s)"):format(workers(self), self.state)
end

return Pool
