--- What `lithops-lua hello` does. Prints a line for each thing that went well; gives what failed, or nil.
local calls = ...

local function said(value)
  if type(value) ~= "string" then
    value = type(value) ~= "nil" and value.message or tostring(value)
  end
  -- Where this program said it is nothing to the reader.
  return (value:gsub("\n.*", ""):gsub("^hello:%d+: ", ""):gsub("^failed to ", "cannot "))
end

--- Does one thing. A failure is told by its name.
local function try(what, work)
  local ok, value = pcall(work)
  if not ok then
    error({ what = what, why = said(value) }, 0)
  end
  return value
end

local function line(name, text, ...)
  print(("%-8s "):format(name) .. text:format(...))
  io.flush()
end

--- A count, or a number of seconds, as people write it.
local function time(seconds)
  if seconds < 1 then
    return ("%.1f ms"):format(seconds * 1e3)
  end
  return ("%.2f s"):format(seconds)
end

local function greet(number)
  return ("hello from %s on %s %s"):format(jit.version, jit.os, jit.arch), number
end

local function call(executor)
  local began = lithops.time()
  local greeting = executor:call_async(greet, 1):result()
  assert(type(greeting) == "string" and greeting:find("^hello"), "the function gave something else than it should")
  return { greeting = greeting, seconds = lithops.time() - began }
end

local function run()
  local config = lithops.config
  local backend, storage = config.lithops.backend, config.lithops.storage
  local executor = lithops.FunctionExecutor()
  line("backend", "%s, %d workers at most", backend, config[backend].max_workers)

  local what = ("run a function on `%s`"):format(backend)
  local first = try(what, function() return call(executor) end)
  local second = try(what, function() return call(executor) end)
  line("call", "%q", first.greeting)
  line("", "%s with the start of a worker, %s without", time(first.seconds), time(second.seconds))

  try(("store an object in `%s` and fetch it"):format(storage), function()
    local began, text = lithops.time(), "hello"
    local object = lithops.storage:put_cloudobject(text)
    assert(lithops.storage:get_cloudobject(object) == text, "another content came back than was stored")
    lithops.storage:delete_cloudobject(object)
    line("storage", "%s, bucket %s: %d bytes stored, fetched and deleted in %s", storage, lithops.storage.bucket, #text,
      time(lithops.time() - began))
  end)

  if calls then
    try(("run %d functions on `%s`"):format(calls, backend), function()
      local began = lithops.time()
      local results = executor:map(function(n) return n * 2 end, lithops.range(calls)):get_result()
      for n = 1, calls do
        assert(results[n] == n * 2, "a function gave something else than it should")
      end
      local seconds = lithops.time() - began
      line("map", "%d calls in %s: %.0f in a second", calls, time(seconds), calls / seconds)
    end)
  end
end

local ok, failure = pcall(run)
if ok then
  return nil
end
if type(failure) == "table" and failure.what then
  return ("%s: %s"):format(failure.what, failure.why)
end
return "start: " .. said(failure)
