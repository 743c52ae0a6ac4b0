local retry = require "retry"

local QUICK = { delay = 0.001, jitter = 0 }

local function with(options)
  for name, value in pairs(QUICK) do
    if options[name] == nil then
      options[name] = value
    end
  end
  return options
end

-- A function that fails so many times, and how often it was called.
local function failing(times, err)
  local calls = { n = 0 }
  return function(...)
    calls.n = calls.n + 1
    if calls.n <= times then
      error(err or "not yet", 0)
    end
    return ...
  end, calls
end

describe("retry", function()
  it("calls a function until it raises no error, and gives all that it returned", function()
    local fn, calls = failing(2)
    local a, b, c = retry(fn, QUICK, 1, nil, 3)
    assert.same({ 1, 3 }, { a, c })
    assert.is_nil(b)
    assert.equal(3, calls.n)
  end)

  it("raises the last error unchanged, an object too", function()
    local err = setmetatable({ kind = "busy" }, { __tostring = function() return "busy" end })
    local fn, calls = failing(9, err)
    local ok, raised = pcall(retry, fn, with({ attempts = 4 }))
    assert.is_false(ok)
    assert.is_true(rawequal(err, raised))
    assert.equal(4, calls.n)
    local text_ok, text = pcall(retry.call, failing(9, "plain"), QUICK)
    assert.is_false(text_ok)
    assert.equal("plain", text)
  end)

  it("keeps the traceback of the last attempt", function()
    local function fails_here() error("deep") end
    local _, trace = xpcall(function() retry(fails_here, with({ attempts = 2 })) end, debug.traceback)
    local line = debug.getinfo(fails_here, "S").linedefined
    assert.matches(("\n\t[^\n]*retry_test%%.lua:%d: in function"):format(line), trace)
  end)

  it("waits longer and longer, up to a limit", function()
    local waits = {}
    pcall(retry, failing(9), {
      attempts = 6, delay = 0.001, backoff = 3, max_delay = 0.01, jitter = 0,
      on_retry = function(err, attempt, seconds)
        assert.equal("not yet", err)
        waits[attempt] = seconds
      end,
    })
    assert.equal(5, #waits)
    for i, seconds in ipairs({ 0.001, 0.003, 0.009, 0.01, 0.01 }) do
      assert.near(seconds, waits[i], 1e-9)
    end
  end)

  it("varies waits by the jitter, and leaves the numbers of the script alone", function()
    local waits, seen = {}, {}
    math.randomseed(7)
    local expected = math.random()
    math.randomseed(7)
    pcall(retry, failing(99), {
      attempts = 30, delay = 0.0001, backoff = 1, jitter = 0.5,
      on_retry = function(_, attempt, seconds)
        waits[attempt] = seconds
        seen[seconds] = true
      end,
    })
    assert.equal(expected, math.random())
    local different = 0
    for _ in pairs(seen) do
      different = different + 1
    end
    assert.is_true(different > 20)
    for _, seconds in ipairs(waits) do
      assert.is_true(seconds >= 0.00005 and seconds <= 0.00015)
    end
  end)

  it("begins no wait that ends behind the timeout", function()
    local now, time, sleep = 0, lithops.time, lithops.sleep
    lithops.time, lithops.sleep = function() return now end, function(seconds) now = now + seconds end
    finally(function() lithops.time, lithops.sleep = time, sleep end)
    local fn, calls = failing(99)
    local ok, err = pcall(retry, fn, { attempts = math.huge, delay = 0.25, backoff = 1, jitter = 0, timeout = 1 })
    assert.is_false(ok)
    assert.equal("not yet", err)
    assert.equal(4, calls.n)
    assert.equal(0.75, now)
  end)
end)

describe("the option `on`", function()
  it("may be a function", function()
    local fn, calls = failing(9, { code = 404 })
    pcall(retry, fn, with({ on = function(err) return err.code ~= 404 end }))
    assert.equal(1, calls.n)
  end)

  it("may be a pattern of messages, also of error objects", function()
    local fn, calls = failing(1, "read timed out")
    retry(fn, with({ on = "timed out$" }))
    assert.equal(2, calls.n)
    local other, other_calls = failing(1, { kind = "x", message = "refused" })
    assert.is_false(pcall(retry, other, with({ on = "timed out" })))
    assert.equal(1, other_calls.n)
  end)

  it("may be a list of kinds", function()
    local fn, calls = failing(1, { kind = "throttled" })
    retry(fn, with({ on = { "timeout", "throttled" } }))
    assert.equal(2, calls.n)
    local other, other_calls = failing(1, { kind = "lua_error" })
    pcall(retry, other, with({ on = { "timeout", "throttled" } }))
    assert.equal(1, other_calls.n)
  end)
end)

describe("the option `on_result`", function()
  it("tries again for what the function returned, and gives that in the end", function()
    local n = 0
    local function fetch()
      n = n + 1
      return nil, "try " .. n
    end
    local value, err = retry(fetch, with({ attempts = 3, on_result = function(found) return found == nil end }))
    assert.is_nil(value)
    assert.equal("try 3", err)
  end)
end)

describe("retry.wrap", function()
  it("makes a function that may be sent to workers", function()
    local steady = retry.wrap(function(x)
      attempts_here = (attempts_here or 0) + 1
      if attempts_here % 3 ~= 0 then
        error("again")
      end
      return x * 2, attempts_here
    end, QUICK)
    local double, attempts = lithops.call_async(steady, 21):result()
    assert.equal(42, double)
    assert.equal(3, attempts)
  end)

  it("gives up in a worker before its call's time is over", function()
    local impatient = retry.wrap(function() error("down") end, { attempts = math.huge, delay = 60 })
    local ok, err = pcall(function() return lithops.call_async(impatient, nil, { timeout = 20 }):result() end)
    assert.is_false(ok)
    assert.equal("lua_error", err.kind)
    assert.matches("down", err.message)
  end)
end)

describe("waits", function()
  it("are none without a delay, however many attempts there are", function()
    local attempts = 0
    assert.equal(1200, retry(function()
      attempts = attempts + 1
      return attempts == 1200 and attempts or error("again")
    end, { attempts = math.huge, delay = 0 }))
  end)

  it("are no longer than the longest that is allowed", function()
    local longest = 0
    pcall(retry, error, {
      attempts = 60, delay = 1e-4, max_delay = 1e-4, jitter = 1,
      on_retry = function(_, _, seconds) longest = math.max(longest, seconds) end,
    })
    assert.is_true(longest > 0 and longest <= 1e-4)
  end)
end)

describe("mistakes in calls of retry", function()
  it("are told", function()
    assert.has_error(function() retry(nil) end, "bad argument #1 to 'retry' (function expected, got nil)")
    assert.has_error(function() retry.wrap(print, { atempts = 3 }) end,
      "wrap: unknown option `atempts`; did you mean `attempts`?")
    assert.has_error(function() retry.call(print, { attempts = 0 }) end,
      "call: option `attempts` must be a whole number of 1 or more, or math.huge, not 0")
    assert.has_error(function() retry(print, { on = { 404 } }) end,
      "retry: option `on` must be a function, a pattern or a list of kinds, which are strings, not a table")
    assert.error_matches(function() retry(function() error("down now", 0) end, { on = "down (" }) end,
      "retry_test.*retry: option `on`, \"down %(\", is no valid pattern %(unfinished capture%); the error that it is for was: down now$")
    assert.has_error(function() retry(print, { jitter = 2 }) end,
      "retry: option `jitter` must be a number from 0 to 1, not 2")
  end)
end)
