--- Calls functions again that fail now and then.
---
---    local retry = require "retry"
---    local page = retry(function() return fetch(url) end, { attempts = 5, on = "timed out" })
---    local steady_fetch = retry.wrap(fetch, { attempts = 5 })
local arguments = require "lithops.arguments"

local retry = {}

local DEFAULTS = { attempts = 3, delay = 1, backoff = 2, max_delay = 60, jitter = 0.1 }

local function is_list_of_strings(value)
  if type(value) ~= "table" then
    return false
  end
  for key, element in pairs(value) do
    if type(key) ~= "number" or type(element) ~= "string" then
      return false
    end
  end
  return true
end

local KINDS = {
  attempts = {
    "a whole number of 1 or more, or math.huge",
    function(value) return type(value) == "number" and value >= 1 and (value % 1 == 0 or value == math.huge) end,
  },
  delay = arguments.SECONDS,
  backoff = { "a number of 1 or more", function(value) return type(value) == "number" and value >= 1 end },
  max_delay = arguments.SECONDS,
  jitter = { "a number from 0 to 1", function(value) return type(value) == "number" and value >= 0 and value <= 1 end },
  timeout = arguments.SECONDS,
  on = {
    "a function, a pattern or a list of kinds, which are strings",
    function(value) return type(value) == "function" or type(value) == "string" or is_list_of_strings(value) end,
  },
  on_result = arguments.FUNCTION,
  on_retry = arguments.FUNCTION,
}

-- Whether an error is one that another attempt may mend.
local function is_wanted(on, err)
  if on == nil then
    return true
  elseif type(on) == "function" then
    return on(err) and true or false
  elseif type(on) == "string" then
    local text = tostring(type(err) == "table" and err.message or err)
    local ok, found = pcall(string.find, text, on)
    if not ok then
      arguments.raise("retry: option `on`, %s, is no valid pattern (%s); the error that it is for was: %s", arguments.shown(on), found, text)
    end
    return found ~= nil
  end
  for _, kind in ipairs(on) do
    if type(err) == "table" and err.kind == kind then
      return true
    end
  end
  return false
end

-- Random numbers that differ from worker to worker and leave those of the script as they are.
local seed

local function random()
  if not seed then
    local address = tonumber(tostring({}):match("0x(%x+)") or "0", 16)
    seed = (lithops.time() * 1e6 + address) % 2147483647
  end
  seed = (seed * 48271 + 11) % 2147483647
  return seed / 2147483647
end

-- Seconds to wait behind an attempt, counted from 1.
local function pause(options, attempt)
  local seconds = options.delay
  -- The power becomes infinite, which times 0 is NaN.
  if seconds > 0 then
    seconds = seconds * options.backoff ^ (attempt - 1)
  end
  -- What chance adds must not be more than is allowed.
  seconds = math.min(seconds, options.max_delay / (1 + options.jitter))
  return seconds * (1 + options.jitter * (2 * random() - 1))
end

-- Whether there is no time for another attempt after so many seconds: of the option, or of the call in a worker.
local function is_too_late(options, began, seconds)
  local left = lithops.call.remaining_ms() / 1000
  if options.timeout then
    left = math.min(left, options.timeout - (lithops.time() - began))
  end
  return seconds >= left
end

local function pack(...)
  return { n = select("#", ...), ... }
end

local function finish(outcome)
  if not outcome[1] then
    error(outcome[2], 0)
  end
  return unpack(outcome, 2, outcome.n)
end

-- Whether an attempt is the last one: `outcome` is what `pcall` gave.
local function is_enough(options, outcome)
  if outcome[1] then
    return not (options.on_result and options.on_result(unpack(outcome, 2, outcome.n)))
  end
  return not is_wanted(options.on, outcome[2])
end

local function run(options, fn, ...)
  local began = lithops.time()
  for attempt = 1, options.attempts - 1 do
    local outcome = pack(pcall(fn, ...))
    if is_enough(options, outcome) then
      return finish(outcome)
    end
    local seconds = pause(options, attempt)
    if is_too_late(options, began, seconds) then
      return finish(outcome)
    end
    if options.on_retry then
      options.on_retry(not outcome[1] and outcome[2] or nil, attempt, seconds)
    end
    lithops.sleep(seconds)
  end
  -- Called without protection, so that its error has its own traceback.
  return fn(...)
end

local function read_options(options, name)
  options = arguments.options(options, KINDS, name)
  local all = {}
  for option in pairs(KINDS) do
    all[option] = options[option]
    if all[option] == nil then
      all[option] = DEFAULTS[option]
    end
  end
  return all
end

--- Calls `fn` with the arguments until it raises no error. Gives what it returned.
function retry.call(fn, options, ...)
  arguments.check_type(fn, "function", 1, "call")
  return run(read_options(options, "call"), fn, ...)
end

--- A function that calls `fn` in this way.
function retry.wrap(fn, options)
  arguments.check_type(fn, "function", 1, "wrap")
  options = read_options(options, "wrap")
  return function(...) return run(options, fn, ...) end
end

return setmetatable(retry, {
  __call = function(_, fn, options, ...)
    arguments.check_type(fn, "function", 1, "retry")
    return run(read_options(options, "retry"), fn, ...)
  end,
})
