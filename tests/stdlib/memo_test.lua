local memo = require "memo"
local json = require "json"

-- A function that counts how often it is called.
local function counted(fn)
  local calls = { n = 0 }
  return function(...)
    calls.n = calls.n + 1
    return fn(...)
  end, calls
end

local function echo(...) return ... end

describe("memo", function()
  it("calls a function once for equal arguments, and gives all that it returned", function()
    local fn, calls = counted(function(a, b) return a, nil, b end)
    local remembered = memo(fn)
    for _ = 1, 2 do
      assert.equal(3, select("#", remembered(1, 2)))
      assert.same({ 1, [3] = 2 }, { remembered(1, 2) })
    end
    assert.equal(1, calls.n)
  end)

  it("remembers nil and no results", function()
    local fn, calls = counted(function() end)
    local remembered = memo(fn)
    assert.equal(0, select("#", remembered()))
    assert.equal(0, select("#", remembered()))
    assert.equal(1, calls.n)
  end)

  it("tells arguments apart by type, number and place", function()
    local fn, calls = counted(echo)
    local remembered = memo(fn)
    local different = {
      {}, { 1 }, { "1" }, { true }, { 1, 2 }, { "1,2" }, { 12 }, { nil, n = 1 }, { nil, nil, n = 2 }, { nil, 1, n = 2 }, { 1, nil, n = 2 },
      { "a", "b" }, { "a,s1:b" }, { "nil" }, { 0 / 0 }, { 1LL }, { 2LL }, { {} }, { {} }, { print }, { math.huge }, { 0.1 }, { "" },
    }
    for _ = 1, 2 do
      for _, args in ipairs(different) do
        remembered(unpack(args, 1, args.n or #args))
      end
    end
    assert.equal(#different, calls.n)
  end)

  it("takes equal numbers for the same", function()
    local fn, calls = counted(echo)
    local remembered = memo(fn)
    remembered(0) remembered(-0) remembered("x", 0) remembered("x", -0) remembered(5LL) remembered(2LL + 3LL)
    assert.equal(3, calls.n)
  end)

  it("makes recursion quick", function()
    local fibonacci
    fibonacci = memo(function(n) return n < 2 and n or fibonacci(n - 1) + fibonacci(n - 2) end)
    assert.equal(12586269025, fibonacci(50))
  end)

  it("does not remember errors", function()
    local fn, calls = counted(function() error("no", 0) end)
    local remembered = memo(fn)
    assert.has_error(remembered, "no")
    assert.has_error(remembered, "no")
    assert.equal(2, calls.n)
  end)

  it("keeps those results that were asked for last, with a `max`", function()
    local fn, calls = counted(echo)
    local remembered, cache = memo(fn, { max = 2 })
    remembered(1) remembered(2) remembered(1) remembered(3)
    assert.equal(2, cache.size)
    remembered(1)
    assert.equal(3, calls.n)
    remembered(2)
    assert.equal(4, calls.n)
    assert.equal("memo cache: size 2, hits 2, misses 4", tostring(cache))
  end)

  it("forgets results after their time", function()
    local now, time = 1000, lithops.time
    lithops.time = function() return now end
    finally(function() lithops.time = time end)
    local fn, calls = counted(echo)
    local remembered = memo(fn, { ttl = 5 })
    remembered(1)
    now = 1004
    remembered(1)
    assert.equal(1, calls.n)
    now = 1005
    remembered(1)
    assert.equal(2, calls.n)
  end)

  it("takes what tells calls apart from a `key`", function()
    local fn, calls = counted(function(row) return row.id end)
    local remembered = memo(fn, { key = function(row) return row.id, row.day end })
    remembered({ id = 1, day = 2 }) remembered({ id = 1, day = 2 }) remembered({ id = 1, day = 3 })
    assert.equal(2, calls.n)
  end)

  it("is cleared", function()
    local fn, calls = counted(echo)
    local remembered, cache = memo(fn)
    remembered(1)
    cache:clear()
    remembered(1)
    assert.equal(2, calls.n)
    assert.same({ 1, 0, 1 }, { cache.size, cache.hits, cache.misses })
  end)

  it("goes to workers with what it knows, and goes on there", function()
    local fn, calls = counted(echo)
    local remembered = memo(fn, { max = 100 })
    remembered(1)
    local function ask(x)
      local before = calls.n
      remembered(x)
      return calls.n - before
    end
    assert.same({ 0, 1, 0, n = 3 }, lithops.map(ask, { 1, 2, 2 }, { chunksize = 3 }):get_result())
    assert.equal(1, calls.n)
  end)
end)

describe("memo.stored", function()
  local name = "test-" .. lithops.time()
  local stores = {}

  local function stored(fn, options)
    options = options or {}
    options.name = options.name or name
    local remembered, store = memo.stored(fn, options)
    stores[#stores + 1] = store
    return remembered, store
  end

  after_each(function()
    for _, store in ipairs(stores) do
      store:clear()
    end
    stores = {}
  end)

  it("finds what another function object of the same code has stored", function()
    local calls = 0
    local function make() return stored(function(x) calls = calls + 1 return x, nil, { x } end) end
    local first, second = make(), make()
    assert.same({ 2, [3] = { 2 } }, { first(2) })
    assert.equal(3, select("#", second(2)))
    assert.same({ 2, [3] = { 2 } }, { second(2) })
    assert.equal(1, calls)
  end)

  it("finds what workers have stored, and they find it", function()
    local remembered = stored(function(x) return { x, lithops.is_worker } end)
    remembered(1)
    local found = lithops.map(remembered, { 1, 2, 2 }, { chunksize = 1 }):get_result()
    assert.same({ { 1, false }, { 2, true }, { 2, true }, n = 3 }, found)
    assert.same({ 2, true }, remembered(2))
  end)

  it("keeps all kinds of values", function()
    local value = { "a\0\255", 0.1, -math.huge, true, false, { nested = { [3] = 1, x = json.null } }, 9007199254740993LL, json.array() }
    local remembered, store = stored(function() return value, json.null, 0 / 0 end)
    remembered()
    local again = memo.stored(function() error("must not run") end, { name = name, version = store.version })
    local found, null, nan = again()
    assert.is_true(null == json.null and nan ~= nan)
    assert.equal(9007199254740993LL, found[7])
    assert.is_true(found[6].nested.x == json.null)
    assert.equal("[]", json.encode(found[8]))
    found[7], found[6].nested.x, found[8] = nil, nil, nil
    assert.same({ "a\0\255", 0.1, -math.huge, true, false, { nested = { [3] = 1 } } }, found)
  end)

  it("compares tables by what is in them", function()
    local fn, calls = counted(function() return 1 end)
    local remembered = stored(fn)
    remembered({ a = 1, b = { 2, 3 }, [5] = "x" })
    local other = { b = { 2, 3 } }
    other[5], other.a = "x", 1
    remembered(other)
    assert.equal(1, calls.n)
    remembered({ a = 1, b = { 2, "3" }, [5] = "x" })
    remembered({ a = 1, b = { 2, 3 } })
    remembered({ a = 1, b = { 2, 3 }, [5] = "x" }, nil)
    assert.equal(4, calls.n)
  end)

  it("computes anew when the function changes, and when its version does", function()
    local one = stored(function(x) return x + 1 end)
    local two = stored(function(x) return x + 2 end)
    assert.same({ 2, 3 }, { one(1), two(1) })
    local v1 = stored(function(x) return x + 1 end, { version = 1 })
    local same = stored(function(x) return x + 2 end, { version = "1" })
    local v2 = stored(function(x) return x + 3 end, { version = 2 })
    assert.same({ 2, 2, 4 }, { v1(1), same(1), v2(1) })
  end)

  it("computes entries anew that are cut off, damaged, of another format or too old", function()
    local fn, calls = counted(function() return "the result" end)
    local remembered, store = stored(fn)
    remembered()
    local object = lithops.storage:list_keys(nil, "memo/" .. name .. "/")[1]
    local entry = lithops.storage:get_object(nil, object)
    local damaged = entry:sub(1, -3) .. "x" .. entry:sub(-1)
    for i, bad in ipairs({ entry:sub(1, -2), "", "garbage", damaged, (entry:gsub("memo 1", "memo 9")), entry .. "x" }) do
      lithops.storage:put_object(nil, object, bad)
      assert.equal("the result", remembered())
      assert.equal(1 + i, calls.n)
      assert.equal("the result", remembered())
      assert.equal(1 + i, calls.n)
    end
    local brief = memo.stored(fn, { name = name, version = store.version, ttl = 0.01 })
    lithops.sleep(0.02)
    brief()
    assert.equal(8, calls.n)
  end)

  it("is cleared, of all versions, and of no other name", function()
    local one, store = stored(echo, { version = 1 })
    local two = stored(echo, { version = 2 })
    local other, other_store = stored(echo, { name = name .. "-other" })
    one(1) two(1) other(1)
    store:clear()
    assert.same({}, lithops.storage:list_keys(nil, "memo/" .. name .. "/"))
    assert.equal(1, #lithops.storage:list_keys(nil, "memo/" .. other_store.name .. "/"))
  end)

  it("keeps to its prefix and its store", function()
    local remembered, store = stored(echo, { prefix = "elsewhere/", storage = lithops.Storage(), version = "v.1" })
    assert.equal("ok", remembered("ok"))
    assert.equal(1, #lithops.storage:list_keys(nil, "elsewhere/" .. name .. "/v.1/"))
    assert.equal("memo store: elsewhere/" .. name .. "/v.1", tostring(store))
    assert.equal("ok", lithops.call_async(remembered, "ok"):result())
  end)

  it("says what cannot be a key or a result", function()
    local remembered = stored(function(x) return x end)
    assert.error_matches(function() remembered({ f = print }) end,
      "a call of `test%-.-` cannot have a key, since argument 1%[\"f\"%] is a function; give option `key`")
    local knot = {}
    knot.knot = knot
    assert.error_matches(function() remembered(knot) end, "argument 1%[\"knot\"%] is a table within itself")
    assert.error_matches(stored(function() return { { print } } end), "cannot be stored: result 1%[1%]%[1%] is a function")
    assert.error_matches(stored(function() return 1, setmetatable({}, {}) end), "cannot be stored: result 2 has a metatable")
    assert.equal(5, (stored(function(f) return f() end, { key = function() return "five" end })(function() return 5 end)))
  end)
end)

describe("mistakes in calls of memo", function()
  it("are told", function()
    assert.has_error(function() memo(nil) end, "bad argument #1 to 'memo' (function expected, got nil)")
    assert.has_error(function() memo(echo, { size = 3 }) end, "memo: unknown option `size`; known are `key`, `max`, `ttl`")
    assert.has_error(function() memo.stored(echo) end, "stored: option `name` is needed: what is stored is found again by it")
    assert.error_matches(function() memo.stored(echo, { name = "a/b" }) end, "option `name` must be a text of letters")
    assert.error_matches(function() memo.stored(print, { name = "a" }) end, "give option `version`")
    assert.error_matches(memo(echo, { key = function() end }), "memo: option `key` returned nothing, so that all calls would be the same")
    assert.error_matches(memo.stored(echo, { name = "a", key = function() end }), "stored: option `key` returned nothing")
    local _, cache = memo(echo)
    assert.error_matches(function() cache.clear() end, "memo_test.*bad argument to 'clear' %(memo.Cache expected; call it with a colon")
    local _, store = memo.stored(echo, { name = "a" })
    assert.error_matches(function() store.clear() end, "memo_test.*bad argument to 'clear' %(memo.Store expected; call it with a colon")
  end)

  it("are tables that are nested too deeply", function()
    local deep = {}
    for _ = 1, 1e5 do
      deep = { deep }
    end
    local options = { name = "deep" }
    assert.error_matches(function() memo.stored(echo, options)(deep) end,
      "a call of `deep` cannot have a key, since tables in its arguments are nested too deeply; give option `key`")
    assert.error_matches(memo.stored(function() return deep end, options), "cannot be stored: its tables are nested too deeply$")
  end)
end)
