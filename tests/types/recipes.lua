--- Objects and arguments for tests/types/live.lua, where it cannot find them by itself.
local url = ...
local json = require "json"
local process = require "process"

local recipes = {
  -- Where a sample has a list of names in place of its own.
  names = {},
  samples = {},
  arguments = {},
  -- What gives an object of the right type, but not a good one; and what is not called by chance.
  never = { ["lithops.ServerlessExecutor"] = true },
}
local samples, arguments = recipes.samples, recipes.arguments

local function call(fn, ...)
  return lithops.call_async(fn, lithops.args(...))
end

-- An error object of a call that failed.
local function failure(value)
  return call(function() error(value) end):result({ throw_except = false })
end

samples["lithops.Executor"] = function() return lithops.FunctionExecutor() end
samples["lithops.Future"] = function()
  local failed = call(error, "x")
  failed:wait({ throw_except = false })
  return call(function() end), failed
end
samples["lithops.Futures"] = function() return lithops.map(function(x) return x end, { 1 }) end
samples["lithops.Error"] = function()
  -- One has a value that is no text, one a hint.
  local meant = call(function() lithops.mapp() end):result({ throw_except = false })
  return failure("x"), failure({ 1 }), meant
end
samples["lithops.Stats"] = function()
  local future = call(function() print("x") end)
  future:result()
  -- When the worker was done with all is known a little later.
  local deadline = lithops.time() + 60
  while not future.stats.worker_end_tstamp and lithops.time() < deadline do lithops.sleep(0.01) end
  return future.stats
end
samples["lithops.CloudObject"] = function() return lithops.storage:put_cloudobject("x", nil, "types/cloud") end
samples["lithops.Stream"] = function()
  lithops.storage:put_object(nil, "types/stream", "x\n")
  return (lithops.storage:get_object(nil, "types/stream", { stream = true }))
end
samples["lithops.ObjectInfo"] = function()
  lithops.storage:put_object(nil, "types/info", "x")
  return lithops.storage:head_object(nil, "types/info"), lithops.storage:list_objects(nil, "types/info")[1]
end
samples["lithops.Object"] = function()
  lithops.storage:put_object(nil, "types/object", "x\ny\n")
  local address = "local://" .. lithops.storage.bucket .. "/types/object"
  local objects = { obj_chunk_size = 2 }
  return unpack(lithops.map(function(object) return object end, lithops.objects(address, objects)):get_result())
end
samples["lithops.Call"] = function()
  -- It is nothing outside of the call.
  local fields = { "id", "job_id", "executor_id", "attempt", "remaining_ms", "timeout", "number", "kind", "data", "stats" }
  local found = call(function(list)
    local names = {}
    for _, name in ipairs(list) do names[name] = lithops.call[name] ~= nil and true or nil end
    return names
  end, fields):result()
  return { [recipes.names] = found }
end

samples["stats.Bin"] = function() return require("stats").histogram():add(1):bins()[1] end
samples["montecarlo.Estimate"] = function()
  local pi = require("montecarlo").pi
  return pi({ samples = 10 }), pi({ samples = 10, target_error = 10 })
end
-- One trial that has all that may be there, and one that failed.
local function found()
  return require("search").halving(function(params)
    if params.x == 1 then error("no luck") end
    return params.x, "info"
  end, { x = { 1, 2, 3 } }, { n = 9, max_budget = 1, seed = 1 })
end
samples["search.Result"] = function() return found() end
samples["search.Trial"] = function() return unpack(found().trials) end

samples["http.Response"] = function() return (assert(require("http").get(url))) end
samples["http.Error"] = function() return (select(2, require("http").get("http://127.0.0.1:1/"))) end
samples["process.Handle"] = function() return (process.spawn({ "true" })) end
samples["process.Result"] = function()
  local killed = process.spawn({ "sleep", "60" })
  killed:kill()
  return (process.spawn({ "true" }):wait()), (killed:wait())
end
samples["process.Output"] = function()
  return (process.run({ "true" })), (process.run({ "sleep", "60" }, { timeout = 0 })), (process.run({ "sh", "-c", "kill -9 $$" }))
end
samples["compress.Writer"] = function() return require("compress").writer({ write = function() end }) end
samples["csv.Writer"] = function() return require("csv").writer({ write = function() end }) end
samples["json.null"] = function() return json.null end

samples["fs.Stat"] = function() return (require("fs").stat(".")) end
-- Only some checksums are numbers, too.
samples["hash.State"] = function() return require("hash").new("crc32") end

local function parser() return require("argparse")("x") end
samples["argparse.Parser"] = parser
samples["argparse.Argument"] = function() return parser():argument("x") end
samples["argparse.Option"] = function() return parser():option("-x") end
samples["argparse.Command"] = function() return parser():command("x") end

-- What is set by scripts.
samples["log"] = function()
  local log = require "log"
  log.format, log.sink = "text", function() end
  return log
end
samples["log.Logger"] = function()
  local logger = require("log").with({ x = 1 })
  logger.format, logger.sink = "text", function() end
  return logger
end
samples["log.Record"] = function()
  local log = require "log"
  local record
  local sink = log.sink
  log.sink = function(_, written) record = written end
  log.error("x")
  log.sink = sink
  -- A worker adds what call it is.
  local in_worker = call(function()
    local written
    local log = require "log"
    log.sink = function(_, new) written = new end
    log.error("x")
    return written
  end):result()
  return record, in_worker
end

samples["memo.Cache"] = function() return (select(2, require("memo")(function() end))) end
samples["memo.Store"] = function() return (select(2, require("memo").stored(function() end, { name = "x" }))) end
samples["montecarlo.Estimate"] = function()
  local options = { samples = 1000, chunks = 1, seed = 1, target_error = 1 }
  return (require("montecarlo").probability(function() return true end, options))
end

local function failed_pipeline()
  local p = require("pipeline").new()
  local record
  p:step("good", function() return 1 end)
  p:step("bad", function() error("x") end)
  p:step("skipped", function() end, "bad")
  local _, err = p:run({ throw_except = false, on_step = function(name, _, step) record = name == "bad" and step or record end })
  return p, err, record
end
samples["pipeline.Pipeline"] = function() return (failed_pipeline()) end
samples["pipeline.Failure"] = function() return (select(2, failed_pipeline())) end
samples["pipeline.Record"] = function() return (select(3, failed_pipeline())) end
samples["pipeline.Description"] = function() return unpack((failed_pipeline()):describe()) end

samples["stats.Bin"] = function() return require("stats").histogram():add(1):bins()[1] end

samples["testing.Spy"] = function() return require("testing").spy.new() end
samples["testing.Stub"] = function() return require("testing").stub({ x = function() end }, "x") end
samples["testing.Assert"] = function() return require("testing").assert end
samples["testing.SpyModule"] = function() return require("testing").spy end
samples["testing.StubModule"] = function() return require("testing").stub end

for _, name in ipairs({ "map", "reduce" }) do
  arguments["pipeline.Pipeline:" .. name] = { "x", function() end, { { 1 } } }
end
for _, name in ipairs({ "read_text", "read_json_lines", "read_csv" }) do
  arguments["dataset." .. name] = { "local://b/k" }
end
arguments["http.request"] = { { url = url } }
for _, method in ipairs({ "get", "head", "post", "put", "delete" }) do
  arguments["http." .. method] = { url }
end
arguments["lithops.objects"] = { "local://b/k" }
arguments["datetime.new"] = {}

return recipes
