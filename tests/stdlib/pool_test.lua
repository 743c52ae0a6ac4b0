local fun = require "fun"
local pool = require "pool"

local function square(x) return x * x end

-- Signs in the storage, by which calls wait for each other, or for the test.
local prefix = "pool-test/" .. lithops.time() .. "/"

local function give_sign(name)
  lithops.storage:put_object(nil, prefix .. name, "")
end

local function await_sign(name)
  while not lithops.storage:head_object(nil, prefix .. name) do
    lithops.sleep(0.002)
  end
  return name
end

-- What an iterator gives, as a list.
local function collect(next_value)
  local list = {}
  for value in next_value do
    list[#list + 1] = value
  end
  return list
end

local function counter(last)
  local n = 0
  return function()
    n = n + 1
    return n <= last and n or nil
  end, function() return n end
end

describe("a pool", function()
  local p

  setup(function() p = pool.new({ processes = 2 }) end)

  teardown(function()
    lithops.storage:delete_objects(nil, lithops.storage:list_keys(nil, prefix))
  end)

  it("maps, in the order of the input", function()
    assert.same({ 1, 4, 9, n = 3 }, p:map(square, { 1, 2, 3 }))
    assert.same({ 1, 4, 9, n = 3 }, p:map(square, { 1, 2, 3 }, 2))
    assert.same({ 1, 4, 9, n = 3 }, p:map(square, { 1, 2, 3 }, { chunksize = 3, timeout = 60 }))
    assert.same({ n = 0 }, p:map(square, {}))
  end)

  it("maps over iterators and ranges", function()
    assert.same({ 1, 4, 9, n = 3 }, p:map(square, (counter(3))))
    assert.same({ 1, 4, 9, n = 3 }, p:map(square, lithops.range(3)))
  end)

  it("has at most so many calls at a time", function()
    local function overlap(i)
      local began = lithops.time()
      lithops.sleep(0.02)
      return { began, lithops.time() }
    end
    local spans = p:map(overlap, { 1, 2, 3, 4, 5, 6 }, 1)
    local most = 0
    for _, a in ipairs(spans) do
      local n = 0
      for _, b in ipairs(spans) do
        n = n + (b[1] <= a[1] and a[1] < b[2] and 1 or 0)
      end
      most = math.max(most, n)
    end
    assert.is_true(most <= 2)
  end)

  it("passes lists of arguments with starmap, nils too", function()
    assert.same({ 3, 7, n = 2 }, p:starmap(function(a, b) return a + b end, { { 1, 2 }, { 3, 4 } }))
    assert.same({ 2, 3, 0, n = 3 }, p:starmap(function(...) return select("#", ...) end, { { 1, 2 }, { 1, nil, nil, n = 3 }, {} }))
    assert.same({ 6, n = 1 }, p:starmap_async(function(a, b) return a * b end, { { 2, 3 } }):get())
  end)

  it("applies a function, and gives all that it returned", function()
    assert.same({ 3, [3] = 1 }, { p:apply(function(a, b, c) return c, b, a end, { 1, nil, 3, n = 3 }) })
    assert.equal(0, p:apply(function(...) return select("#", ...) end))
    assert.equal(0, select("#", p:apply(function() end)))
  end)

  it("raises the error object of the call that failed", function()
    local ok, err = pcall(p.map, p, function(x)
      if x == 2 then
        error("two is too much")
      end
      return x
    end, { 1, 2, 3 })
    assert.is_false(ok)
    assert.equal("lua_error", err.kind)
    assert.matches("pool_test%.lua:%d+: two is too much", err.message)
    assert.equal("00001", err.call_id)
  end)

  it("gives results that are there some time", function()
    local result = p:apply_async(function(name)
      await_sign(name)
      return "done", nil, name
    end, { "apply" })
    assert.is_false(result:ready())
    assert.is_false(result:wait(0))
    assert.has_error(function() result:successful() end, "successful: the result is not ready")
    local ok, err = pcall(result.get, result, 0.01)
    assert.is_false(ok)
    assert.equal("timeout", err.kind)
    assert.is_nil(err.call_id)
    assert.equal("pool.AsyncResult (not ready)", tostring(result))
    give_sign("apply")
    assert.is_true(result:wait(60))
    assert.same({ true, true }, { result:ready(), result:successful() })
    for _ = 1, 2 do
      assert.same({ "done", [3] = "apply" }, { result:get() })
    end
  end)

  it("gives failed results", function()
    local result = p:map_async(function() error({ code = 7 }) end, { 1 })
    assert.is_true(result:wait(60))
    assert.same({ true, false }, { result:ready(), result:successful() })
    for _ = 1, 2 do
      local _, err = pcall(result.get, result)
      assert.equal(7, err.value.code)
    end
    assert.equal("pool.AsyncResult (failed)", tostring(result))
  end)

  it("tells the time limit of a call from that of waiting", function()
    local result = p:apply_async(function() while true do end end, nil, { timeout = 0.1, retries = 0 })
    local _, err = pcall(result.get, result, 60)
    assert.equal("timeout", err.kind)
    assert.equal("00000", err.call_id)
    assert.is_true(result:ready())
  end)

  it("calls callbacks while it waits for anything", function()
    local told = {}
    local slow = p:apply_async(await_sign, { "callbacks" }, { callback = function(name) told[#told + 1] = name end })
    p:apply_async(function(x) return x, "and" end, { "quick" }, {
      callback = function(a, b) told[#told + 1] = a .. b give_sign("callbacks") end,
      error_callback = function() told[#told + 1] = "wrong" end,
    })
    p:map_async(function() error("failed", 0) end, { 1 }, {
      callback = function() told[#told + 1] = "wrong" end,
      error_callback = function(err) told[#told + 1] = err.message end,
    })
    -- It ends only because the callback of another is called.
    assert.equal("callbacks", slow:get(60))
    while #told < 3 do
      p:apply(square, { 1 })
    end
    table.sort(told)
    assert.same({ "callbacks", "failed", "quickand" }, told)
  end)

  it("forgets results that nobody asks for", function()
    for i = 1, 200 do
      p:apply_async(square, { i })
      p:apply(square, { i })
    end
    local n = 0
    require("pool.unfinished").each(p, function() n = n + 1 end)
    assert.is_true(n < 50)
  end)

  it("calls the initializer once in each worker, before anything else", function()
    local prepared = pool.new({
      processes = 2,
      initializer = function(a, b) prepared_with = (prepared_with or 0) + a + b end,
      initargs = { 40, 2 },
    })
    local function read() return prepared_with end
    for _ = 1, 2 do
      assert.same({ 42, 42, 42, 42, n = 4 }, prepared:map(read, { 1, 2, 3, 4 }, 1))
    end
    assert.equal(42, prepared:apply(read))
    assert.same({ 42 }, collect(prepared:imap(read, { 1 })))
    local failing = pool.new({ initializer = function() error("no data", 0) end })
    local _, err = pcall(failing.apply, failing, read)
    assert.equal("no data", err.message)
  end)

  it("may be used in workers", function()
    local nested = p:map(function(n) return p:map(square, lithops.range(n))[n] end, { 2, 3 })
    assert.same({ 4, 9, n = 2 }, nested)
    assert.equal(30, pool.apply(function()
      local sum = 0
      for x in pool.imap(square, { 1, 2, 3, 4 }) do
        sum = sum + x
      end
      return sum
    end))
    assert.equal("pool of 2 processes (open)", p:apply(function() return tostring(p) end))
  end)
end)

describe("imap", function()
  local p = pool.new(2)

  it("gives results in order, with the numbers of their elements", function()
    local seen = {}
    for value, i in p:imap(function(x) return x * 10 end, { 3, 1, 2 }) do
      seen[i] = value
    end
    assert.same({ 30, 10, 20 }, seen)
    assert.same({}, collect(p:imap(square, {})))
    assert.same({ 1, 4, 9 }, collect(p:imap(square, lithops.range(3))))
    assert.is_false((p:imap(function() return false end, { 1 })()))
  end)

  it("gives results before later ones are there", function()
    local results = p:imap(function(name) return name == "first" and name or await_sign(name) end, { "first", "second" }, 1)
    assert.equal("first", results())
    give_sign("second")
    assert.equal("second", results())
    assert.is_nil(results())
    assert.is_nil(results())
  end)

  it("does not read a slow input before it gives a result that is there", function()
    local n = 0
    local results = p:imap(square, function()
      n = n + 1
      lithops.sleep(0.01)
      return n
    end)
    local read = n
    p.executor:wait(nil, { throw_except = false })
    for i = 1, read do
      assert.equal(i * i, results())
      assert.equal(read, n)
    end
    assert.equal((read + 1) ^ 2, results())
  end)

  it("reads an input without end as far as results are taken", function()
    local next_number, read = counter(math.huge)
    local results = p:imap(square, next_number, { buffer = 5 })
    for i = 1, 200 do
      assert.equal(i * i, results())
      assert.is_true(read() - i <= 5)
    end
  end)

  it("reads only so far ahead by itself", function()
    local next_number, read = counter(math.huge)
    local results = p:imap(square, next_number, 10)
    for i = 1, 100 do
      results()
      -- Two chunks for each worker, and the one that results are taken from.
      assert.is_true(read() - i <= 5 * 10)
    end
  end)

  it("makes larger batches of quick calls", function()
    local jobs = {}
    for job in p:imap(function() return lithops.call.job_id end, (counter(3000))) do
      jobs[job] = (jobs[job] or 0) + 1
    end
    local most, n = 0, 0
    for _, calls in pairs(jobs) do
      most, n = math.max(most, calls), n + 1
    end
    assert.is_true(most >= 8 and most <= 256)
    assert.is_true(n < 1000)
  end)

  it("copes with an iterator that gives the same table again", function()
    for _, chunksize in ipairs({ 0, 50 }) do
      local row, i = {}, 0
      local function next_row()
        i = i + 1
        row[1] = i
        return i <= 200 and row or nil
      end
      for value, n in p:imap(function(r) return r[1] end, next_row, chunksize > 0 and chunksize or nil) do
        assert.equal(n, value)
      end
      assert.equal(201, i)
    end
  end)

  it("raises the error of a call in place of its result, and goes on behind it", function()
    local results = p:imap(function(x) return x ~= 2 and x or error("two") end, { 1, 2, 3 })
    assert.equal(1, results())
    local ok, err = pcall(results)
    assert.is_false(ok)
    assert.matches("two", err.message)
    assert.equal(3, results())
    assert.is_nil(results())
  end)

  it("refuses nil, which would end the loop", function()
    local results = p:imap(function(x) if x ~= 1 then return x end end, { 1, 2 })
    assert.error_matches(results, "imap: the function gave nil for element 1, which would end the loop")
    assert.equal(2, results())
  end)

  it("passes on what the iterator raises, behind the results of what it gave before", function()
    for _, chunksize in ipairs({ 1, 5 }) do
      local n = 0
      local results = p:imap(square, function()
        n = n + 1
        return n < 10 and n or error("torn", 0)
      end, chunksize)
      for i = 1, 9 do
        assert.equal(i * i, results())
      end
      assert.has_error(results, "torn")
      assert.is_nil(results())
    end
  end)
end)

describe("imap_unordered", function()
  local p = pool.new(2)

  it("gives what is done first", function()
    local names = { "late", "early" }
    local results = p:imap_unordered(function(name) return name == "early" and name or await_sign(name) end, names, 1)
    assert.same({ "early", 2 }, { results() })
    give_sign("late")
    assert.same({ "late", 1 }, { results() })
    assert.is_nil(results())
  end)

  it("gives all, once, and reads no further than it must", function()
    local next_number, read = counter(1000)
    local seen, taken = {}, 0
    for value, i in p:imap_unordered(square, next_number, { buffer = 20 }) do
      taken = taken + 1
      assert.is_true(read() - taken <= 20)
      assert.is_nil(seen[i])
      seen[i] = value
    end
    assert.equal(1000, #seen)
    assert.equal(1000000, seen[1000])
  end)
end)

describe("the functions of the module", function()
  it("are those of a pool on the default executor", function()
    assert.same({ 1, 4, n = 2 }, pool.map(square, { 1, 2 }))
    assert.same({ 3, n = 1 }, pool.starmap(math.max, { { 3, 2 } }))
    assert.equal(4, pool.apply(square, { 2 }))
    assert.equal(4, pool.apply_async(square, { 2 }):get())
    assert.same({ 4, n = 1 }, pool.map_async(square, { 2 }):get())
    assert.same({ 5, n = 1 }, pool.starmap_async(math.max, { { 3, 5 } }):get())
    assert.same({ 1, 4 }, collect(pool.imap(square, { 1, 2 })))
    assert.equal(2, #collect(pool.imap_unordered(square, { 1, 2 })))
  end)
end)

describe("inputs of pools", function()
  it("are what a metatable's `__iter` gives", function()
    assert.same({ 1, 4, 9 }, collect(pool.imap(square, fun.range(3))))
    local squares = collect(pool.imap_unordered(square, fun.range(3)))
    table.sort(squares)
    assert.same({ 1, 4, 9 }, squares)
    assert.same({ 3, 5, n = 2 }, pool.starmap(math.max, fun.zip({ 1, 5 }, { 3, 4 })))
    assert.same({ 3, 5, n = 2 }, pool.starmap_async(math.max, fun.zip({ 1, 5 }, { 3, 4 })):get())
    assert.same({ 3, 5, n = 2 }, pool.starmap(math.max, fun.iter({ { 1, 3 }, { 5, 4 } })))
    assert.same({ 2, n = 1 }, pool.starmap(select, fun.zip({ "#" }, { {} }, { 1 })))
    local methods = { n = function() end }
    local numbers = setmetatable({}, { __index = methods, __iter = function() return ipairs({ 7, 7 }) end })
    assert.same({ 1, 4 }, collect(pool.imap(square, numbers)))
    assert.same({ 1, 4, n = 2 }, pool.map(square, numbers))
  end)

  it("are all values of an iterator function in `starmap`, but for what is behind a list", function()
    assert.same({ "xx", "yyy", n = 2 }, pool.starmap(string.rep, ("x=2,y=3"):gmatch("(%a)=(%d)")))
    local rows = { { 1, 3 }, { 5, 4 } }
    local row = 0
    assert.same({ 3, 5, n = 2 }, pool.starmap(math.max, function()
      row = row + 1
      return rows[row], 100 + row
    end))
  end)

  it("may have nils within, as those of `lithops.map`", function()
    local list = { 1, nil, 3 }
    assert.equal(1, #list)
    local function or_zero(x) return x or 0 end
    assert.same({ 1, 0, 3, n = 3 }, pool.map(or_zero, list))
    assert.same({ 1, 0, 3 }, collect(pool.imap(or_zero, list)))
    assert.same({ 3, n = 1 }, pool.starmap(select, { { "#", 1, nil, 3 } }))
    assert.equal(3, pool.apply(function(...) return select("#", ...) end, { 1, nil, 3 }))
  end)
end)
