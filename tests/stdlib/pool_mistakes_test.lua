--- How pools end, and what is wrong with calls of them.
local pool = require "pool"

local function square(x) return x * x end

describe("a pool that is closed", function()
  it("refuses calls, and is joined when all have ended", function()
    local p = pool.new({ processes = 2 })
    local called = 0
    for _ = 1, 100 do
      p:apply_async(square, { 3 }, { callback = function(x) called = called + x end })
    end
    p:apply_async(error, { "no matter" }, { error_callback = function() called = called + 1 end })
    assert.has_error(function() p:join() end, "join: the pool is open; close or terminate it first")
    p:close()
    for _, name in ipairs({ "apply", "apply_async", "map", "map_async", "starmap", "starmap_async", "imap", "imap_unordered" }) do
      assert.has_error(function() p[name](p, square, {}) end, name .. ": the pool is closed")
    end
    p:join()
    assert.equal(901, called)
    assert.equal("pool of 2 processes (closed)", tostring(p))
  end)

  it("ends its calls when it is terminated", function()
    local p = pool.new({ processes = 2 })
    local forever = p:map_async(function() while true do end end, { 1, 2, 3 })
    local told
    p:apply_async(function() while true do end end, nil, { error_callback = function(err) told = err.kind end })
    p:terminate()
    p:join()
    assert.is_true(forever:ready())
    assert.is_false(forever:successful())
    local _, err = pcall(forever.get, forever)
    assert.equal("cancelled", err.kind)
    assert.equal("cancelled", told)
    assert.has_error(function() p:map(square, {}) end, "map: the pool is terminated")
  end)

  it("ends an imap that was begun when it is terminated, and reads no more of its input", function()
    local p = pool.new({ processes = 1 })
    local read = 0
    local next_result = p:imap(function(x) return x == 1 and x or lithops.sleep(60) end, function()
      read = read + 1
      return read
    end)
    assert.equal(1, (next_result()))
    p:terminate()
    p:join()
    local read_before, errors = read, 0
    for _ = 1, read_before do
      local ok, err = pcall(next_result)
      errors = errors + (not ok and err.kind == "cancelled" and 1 or 0)
    end
    assert.equal(read_before - 1, errors)
    assert.is_nil((next_result()))
    assert.equal(read_before, read)
  end)

  it("goes on with an imap that was begun when it is closed, and waits for its calls when it is joined", function()
    local p = pool.new({ processes = 2 })
    local next_result = p:imap(square, lithops.range(50))
    p:close()
    p:join()
    local sum = 0
    for x in next_result do
      sum = sum + x
    end
    assert.equal(42925, sum)
  end)
end)

describe("mistakes in calls of pools", function()
  it("are told", function()
    local p = pool.new()
    assert.has_error(function() p:map({ 1 }, square) end, "bad argument #1 to 'map' (function expected, got table)")
    assert.has_error(function() p:map(square) end,
      "bad argument #2 to 'map' (list, iterator function or lithops.range expected, got nil)")
    assert.has_error(function() p:map(square, { 1 }, { chunk_size = 3 }) end,
      "map: unknown option `chunk_size`; did you mean `chunksize`?")
    assert.has_error(function() p:map(square, { 1 }, 0) end,
      "map: option `chunksize` must be a whole number of 1 or more, not 0")
    assert.has_error(function() p:apply(square, 3) end, "bad argument #2 to 'apply' (list of arguments expected, got number)")
    assert.has_error(function() p:starmap(square, { { 1 }, 2 }) end, "starmap: element 2 must be a list of arguments, not 2")
    assert.has_error(function() p.map(square, { 1 }) end, "bad argument to 'map' (pool expected; call it with a colon, `p:map(…)`)")
    assert.has_error(function() pool:map(square, { 1 }) end, "bad argument #1 to 'map' (call it with a dot, `pool.map(…)`)")
    assert.has_error(function() pool.new({ proceses = 3 }) end, "new: unknown option `proceses`; did you mean `processes`?")
    assert.has_error(function() pool.new(0) end, "bad argument #1 to 'new' (whole number of 1 or more expected, got 0)")
    assert.error_matches(function() pool({ backend = "nowhere" }) end, "`lithops%.backend` is `nowhere`")
    assert.has_error(function() p:apply_async(square, { 1 }):get("x") end,
      "bad argument #1 to 'get' (number of seconds, 0 or more expected, got \"x\")")
  end)

  it("are told of methods that are called with a dot", function()
    local p = pool.new()
    for _, name in ipairs({ "close", "terminate", "join" }) do
      assert.has_error(function() p[name]() end, ("bad argument to '%s' (pool expected; call it with a colon, `p:%s(…)`)"):format(name, name))
    end
  end)

  it("are told of lengths that are none, and of more arguments than there may be", function()
    for _, n in ipairs({ "2", -1, 1.5, 0 / 0 }) do
      assert.error_matches(function() pool.map(square, { 1, n = n }) end,
        "pool_mistakes_test.*bad argument #2 to 'map' %(field `n`, the length of the list, must be a whole number of 0 or more, not ")
      assert.error_matches(function() pool.imap(square, { 1, n = n }) end, "bad argument #2 to 'imap' %(field `n`")
      assert.error_matches(function() pool.apply(square, { 1, n = n }) end, "bad argument #2 to 'apply' %(field `n`")
    end
    assert.has_error(function() pool.apply(square, { x = 1 }) end,
      "bad argument #2 to 'apply' (list of arguments expected, got a table whose keys are not 1, 2, …)")
    for _, n in ipairs({ -1, 1.5 }) do
      assert.error_matches(function() pool.starmap(square, { { 1, n = n } }) end,
        "starmap: element 1 must be a list of 0 to 7000 arguments, not of " .. tostring(n):gsub("%p", "%%%0"))
    end
    assert.error_matches(function() pool.apply(square, { n = 10000 }) end,
      "pool_mistakes_test.*bad argument #2 to 'apply' %(10000 arguments, which are 7000 at most; pass them as one list%)")
    assert.error_matches(function() pool.starmap(square, { { n = 10000 } }) end,
      "pool_mistakes_test.*starmap: element 1 must be a list of 0 to 7000 arguments, not of 10000")
  end)

  it("are told in a line, whatever was passed", function()
    assert.has_error(function() pool.map(square, {}, { chunksize = ("é"):rep(1e6) }) end,
      'map: option `chunksize` must be a whole number of 1 or more, not "' .. ("é"):rep(40) .. '…"')
    assert.has_error(function() pool.map(square, {}, { chunksize = "a\nb\27" }) end,
      'map: option `chunksize` must be a whole number of 1 or more, not "a\\nb\\027"')
    assert.has_error(function() pool.new({ processes = 4LL }) end, "new: option `processes` must be a whole number of 1 or more, not 4LL")
  end)

  it("are tables that are no lists", function()
    for _, name in ipairs({ "map", "imap", "imap_unordered", "starmap", "starmap_async" }) do
      assert.error_matches(function() pool[name](math.max, { a = { 1, 2 } }) end,
        "bad argument #2 to '" .. name .. "' %(list expected, got a table whose keys are not 1, 2, …")
      assert.error_matches(function() pool[name](math.max, { { 1 }, [1000] = { 2 } }) end,
        "bad argument #2 to '" .. name .. "' %(list expected, got 2 elements with keys up to 1000; for a list with so many nils, set its")
    end
    assert.error_matches(function() pool.starmap(math.max, { { a = 1 } }) end,
      "pool_mistakes_test%.lua:%d+: starmap: element 1 must be a list of arguments, not a table whose keys are not 1, 2, …$")
    for _, name in ipairs({ "map", "imap", "starmap" }) do
      assert.error_matches(function() pool[name](math.max, setmetatable({}, { __iter = function() return 1 end })) end,
        "bad argument #2 to '" .. name .. "' %(its `__iter` must give an iterator function, and gave number%)")
    end
  end)

  it("are no results that are late", function()
    local p = pool.new({ processes = 1 })
    local result = p:apply_async(function() while true do end end, {}, { callback = print })
    local _, err = pcall(result.get, result, 0.05)
    assert.equal("timeout", err.kind)
    assert.equal("get: the calls had not ended after 0.05 s; they go on", err.message)
    p:terminate()
  end)

  it("are refused before anything is sent, at the line of the caller", function()
    local file = assert(io.open("/dev/null"))
    local function read() return file:read() end
    for _, name in ipairs({ "map", "map_async", "imap", "apply" }) do
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, err = pcall(function() pool[name](read, { 1 }) end)
      assert.is_false(ok)
      assert.matches("pool_mistakes_test%.lua:" .. line .. ": cannot send upvalue `file`", err)
    end
    file:close()
  end)
end)
