local fun = require "fun"

local function square(x) return x * x end
local function is_odd(x) return x % 2 == 1 end
local function is_small(x) return x < 3 end

-- All elements, each as a list of its values, as a `for` gives them and as a fold does; both have to be the same.
local function elements(it)
  local pulled, pushed = {}, {}
  local function keep(list, ...)
    list[#list + 1] = { n = select("#", ...), ... }
  end
  local function each(state, ...)
    if state == nil then
      return
    end
    keep(pulled, ...)
    return each(it.gen(it.param, state))
  end
  each(it.gen(it.param, it.state))
  it:each(function(...) keep(pushed, ...) end)
  assert.same(pulled, pushed)
  return pushed
end

-- The first values of all elements.
local function firsts(it)
  local list = {}
  for i, element in ipairs(elements(it)) do
    list[i] = element[1]
  end
  return list
end

local function pairs_of(it)
  local list = {}
  for i, element in ipairs(elements(it)) do
    assert.equal(2, element.n)
    list[i] = { element[1], element[2] }
  end
  return list
end

describe("fun.iter", function()
  it("goes over the elements of a list up to the first nil", function()
    assert.same({ "a", "b" }, firsts(fun.iter({ "a", "b" })))
    assert.same({ "a" }, firsts(fun.iter({ "a", nil, "c" })))
    assert.same({ false, 0 }, firsts(fun.iter({ false, 0 })))
  end)

  it("goes over keys and values of a map", function()
    local seen = {}
    for _, key, value in fun.iter({ a = 1, b = 2 }) do
      seen[key] = value
    end
    assert.same({ a = 1, b = 2 }, seen)
    assert.same({ { "a", 1 } }, pairs_of(fun.iter({ a = 1 })))
  end)

  it("goes over the characters of a string", function()
    assert.same({ "a", "b", "c" }, firsts(fun.iter("abc")))
  end)

  it("has nothing for what is empty", function()
    assert.same({}, elements(fun.iter({})))
    assert.same({}, elements(fun.iter("")))
  end)

  it("goes over a range of lithops", function()
    assert.same({ 1, 2, 3 }, firsts(fun.iter(lithops.range(3))))
    assert.same({ 10, 7, 4 }, firsts(fun.iter(lithops.range(10, 2, -3))))
    assert.same({ 0.1, 0.1 + 0.2, 0.1 + 2 * 0.2 }, firsts(fun.iter(lithops.range(0.1, 0.5, 0.2))))
    assert.same({}, firsts(fun.iter(lithops.range(0))))
  end)

  it("goes over what an iterator function gives, which can be read once", function()
    local words = fun.iter(("one two three"):gmatch("%a+"))
    assert.same({ "one", "two", "three" }, words:totable())
    assert.same({}, words:totable())
    assert.same({ { "a", "1" }, { "b", "2" } }, fun.iter(("a=1 b=2"):gmatch("(%a)=(%d)")):map(function(k, v) return { k, v } end):totable())
  end)

  it("goes over the lines of a file", function()
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write("one\ntwo\n\nfour\n")
    file:close()
    assert.same({ "ONE", "TWO", "FOUR" }, fun.iter(io.lines(name)):filter(function(l) return l ~= "" end):map(string.upper):totable())
    assert.same({ "two", "", "four" }, fun.drop_while(function(l) return l ~= "two" end, io.lines(name)):totable())
    os.remove(name)
  end)

  it("takes no more of an iterator function than is asked for", function()
    local read = 0
    local function count()
      read = read + 1
      return read
    end
    assert.same({ 1, 2, 3 }, fun.iter(count):take(3):totable())
    assert.equal(3, read)
    assert.equal(4, fun.head(count))
    assert.is_true(fun.any(function(x) return x == 6 end, count))
    assert.equal(6, read)
  end)

  it("takes gen, param and state as they are", function()
    local function countdown(_, state)
      if state > 0 then return state - 1, state end
    end
    assert.same({ 3, 2, 1 }, firsts(fun.iter(countdown, nil, 3)))
    assert.same({ "a", "b" }, firsts(fun.iter(ipairs({ "a", "b" }))))
  end)

  it("follows __ipairs, __pairs and __iter", function()
    local list = setmetatable({}, { __ipairs = function() return ipairs({ 5, 6 }) end })
    assert.same({ 5, 6 }, firsts(fun.iter(list)))
    local map = setmetatable({}, { __pairs = function() return pairs({ a = 1 }) end })
    assert.same({ { "a", 1 } }, pairs_of(fun.iter(map)))
    local own = setmetatable({}, { __iter = function() return ("xy"):gmatch(".") end })
    assert.same({ "x", "y" }, fun.totable(own))
  end)

  it("refuses anything else at the caller's line", function()
    local message = assert.has_error(function() fun.iter(7) end)
    assert.matches("^[^\n]*fun_test%.lua:%d+: bad argument #1 to 'iter' %(list, map, string, range, iterator or iterator function expected, got number%)$",
      message)
    assert.error_matches(function() fun.map(square) end, "bad argument #2 to 'map' .*got nil")
    assert.error_matches(function() fun.iter(io.stdout) end, "got userdata")
    assert.error_matches(function() fun.foldl(square, 0, 7) end, "bad argument #3 to 'foldl'")
    assert.error_matches(function() fun.zip({}, 7) end, "bad argument #2 to 'zip'")
  end)
end)

describe("fun.from", function()
  it("keeps the first value, too", function()
    assert.same({ { 1, "a" }, { 2, "b" } }, pairs_of(fun.from(ipairs({ "a", "b" }))))
    assert.same({ { "k", "v" } }, pairs_of(fun.from(pairs({ k = "v" }))))
    assert.same({ { 2, "b" } }, pairs_of(fun.from(next, { "a", "b" }, 1)))
    assert.error_matches(function() fun.from({}) end, "bad argument #1 to 'from' %(function expected, got table%)")
  end)
end)

describe("an iterator of fun", function()
  it("can be gone over with for, again and again", function()
    local numbers = fun.range(3):map(square)
    for _ = 1, 2 do
      local list = {}
      for _, x in numbers do
        list[#list + 1] = x
      end
      assert.same({ 1, 4, 9 }, list)
    end
  end)

  it("gives an iterator function of its values alone", function()
    local list = {}
    for i, x in fun.enumerate({ "a", "b" }):values() do
      list[#list + 1] = i .. x
    end
    assert.same({ "1a", "2b" }, list)
    local next_value = fun.values("ab")
    assert.equal("a", next_value())
    assert.equal("b", next_value())
    assert.is_nil(next_value())
    assert.is_nil(next_value())
  end)

  it("is one value", function()
    assert.equal(1, select("#", fun.range(3)))
    assert.equal(3, select("#", fun.range(3):unwrap()))
    assert.equal("fun.iterator", tostring(fun.range(3)))
    local gen, param, state = fun.range(3):drop(1):unwrap()
    assert.same({ 2, 3 }, fun.totable(gen, param, state))
    assert.same({ 1, 2, 3 }, fun.totable(fun.wrap(fun.range(3):unwrap())))
  end)

  it("has a method for each function that takes an iterator", function()
    local it_of = fun.range(3)
    local not_methods = { from = true, op = true, operator = true, range = true, duplicate = true, xrepeat = true, replicate = true,
      tabulate = true, zeros = true, ones = true, rands = true }
    for name in pairs(fun) do
      if not not_methods[name] then
        assert.is_function(it_of[name], name)
      end
    end
  end)

  it("says that a method does not exist", function()
    assert.error_matches(function() fun.range(3):mapp(square) end, "mapp")
  end)
end)

describe("generators of fun", function()
  it("range counts from one number to another", function()
    assert.same({ 1, 2, 3 }, firsts(fun.range(3)))
    assert.same({ -1, -2 }, firsts(fun.range(-2)))
    assert.same({}, firsts(fun.range(0)))
    assert.same({ 2, 3, 4 }, firsts(fun.range(2, 4)))
    assert.same({ 1, 0 }, firsts(fun.range(1, 0)))
    assert.same({ 0, 3, 6, 9 }, firsts(fun.range(0, 10, 3)))
    assert.same({}, firsts(fun.range(5, 1, 1)))
    assert.equal(11, fun.range(0, 1, 0.1):length())
    assert.equal(1, fun.range(0, 1, 0.1):nth(11))
    assert.same({ 1, 2 }, fun.range(1, math.huge):take(2):totable())
  end)

  it("range gives what lithops.range gives", function()
    for seed = 1, 50 do
      math.randomseed(seed)
      local first, last = math.random(-50, 50) / 8, math.random(-50, 50) / 8
      local step = math.random(1, 20) / 10 * (last >= first and 1 or -1)
      assert.same(fun.iter(lithops.range(first, last, step)):totable(), fun.range(first, last, step):totable())
    end
  end)

  it("range refuses a step of 0 and what is no number", function()
    assert.error_matches(function() fun.range(1, 2, 0) end, "bad argument #3 to 'range' %(the step must not be 0%)")
    assert.error_matches(function() fun.range() end, "bad argument #1 to 'range' %(number expected, got nil%)")
    assert.error_matches(function() fun.range(0 / 0) end, "bad argument #1 to 'range' %(number expected, got %-?nan%)")
  end)

  it("repeat without an end", function()
    assert.same({ "x", "x" }, firsts(fun.duplicate("x"):take(2)))
    assert.same({ { 1, 2 }, { 1, 2 } }, pairs_of(fun.replicate(1, 2):take(2)))
    assert.same({ { n = 3, 1, nil, nil } }, elements(fun.xrepeat(1, nil, nil):take(1)))
    assert.same({ 0, 0 }, firsts(fun.zeros():take(2)))
    assert.same({ 1, 1 }, firsts(fun.ones():take(2)))
    assert.same({ 0, 1, 4 }, firsts(fun.tabulate(square):take(3)))
  end)

  it("rands are in their bounds", function()
    for _, x in fun.rands():take(100) do
      assert.is_true(x >= 0 and x < 1)
    end
    local seen = fun.rands(3):take(200):map(function(x) return x, true end):tomap()
    assert.same({ [0] = true, true, true }, seen)
    seen = fun.rands(-1, 1):take(200):map(function(x) return x, true end):tomap()
    assert.same({ [-1] = true, [0] = true }, seen)
    assert.error_matches(function() fun.rands(0) end, "bad argument #1 to 'rands'")
    assert.error_matches(function() fun.rands(5, 5) end, "bad argument #2 to 'rands'")
  end)
end)

describe("slices of fun", function()
  it("nth, head and tail", function()
    assert.equal("b", fun.nth(2, { "a", "b" }))
    assert.is_nil(fun.nth(3, { "a", "b" }))
    assert.same({ 2, "b" }, { fun.nth(2, fun.enumerate("ab")) })
    assert.equal("a", fun.head("abc"))
    assert.equal(1, fun.car({ 1 }))
    assert.same({ "b", "c" }, firsts(fun.tail("abc")))
    assert.same({}, firsts(fun.cdr({})))
    local message = assert.has_error(function() fun.head({}) end)
    assert.matches("fun_test%.lua:%d+: head: iterator is empty$", message)
    assert.error_matches(function() fun.nth(0, {}) end, "bad argument #1 to 'nth' %(whole number of 1 or more expected, got 0%)")
  end)

  it("take and drop", function()
    assert.same({ 1, 2 }, firsts(fun.range(5):take(2)))
    assert.same({ 1, 2 }, firsts(fun.take(is_small, fun.range(5))))
    assert.same({}, firsts(fun.take_n(0, fun.range(5))))
    assert.same({ 1, 2 }, firsts(fun.range(2):take_n(5)))
    assert.same({}, firsts(fun.range(5):take_while(function(x) return x > 1 end)))
    assert.same({ 4, 5 }, firsts(fun.range(5):drop(3)))
    assert.same({ 3, 4, 5, 1 }, firsts(fun.chain(fun.range(5), { 1 }):drop(is_small)))
    assert.same({}, firsts(fun.range(2):drop_n(3)))
    assert.same({}, firsts(fun.range(2):drop_while(is_small)))
    assert.same({ 1, 2 }, firsts(fun.range(2):drop_n(0)))
    assert.same({ 3 }, firsts(fun.range(5):drop(1):take(3):drop(1):take(1)))
    assert.error_matches(function() fun.range(5):take("x") end, "bad argument #1 to 'take' %(whole number of 0 or more, or function, expected, got string%)")
    assert.error_matches(function() fun.range(5):drop_n(1.5) end, "bad argument #1 to 'drop_n'")
  end)

  it("span gives both parts", function()
    local low, high = fun.range(5):span(is_small)
    assert.same({ 1, 2 }, firsts(low))
    assert.same({ 3, 4, 5 }, firsts(high))
    assert.same({ { 1, 3 }, { 2, 4 } }, pairs_of(fun.zip(fun.split_at(2, fun.range(5)))))
    assert.equal(fun.span, fun.split)
  end)
end)

describe("filters of fun", function()
  it("keep the elements that a function wants, with all their values", function()
    assert.same({ 1, 3, 5 }, firsts(fun.range(5):filter(is_odd)))
    assert.same({ 1, 3 }, firsts(fun.remove_if(is_odd, { 1, 2, 3 })))
    assert.same({ { 2, "b" } }, pairs_of(fun.enumerate("abc"):filter(function(_, c) return c == "b" end)))
    assert.same({ { n = 5, 1, nil, nil, nil, nil } }, elements(fun.duplicate(1, nil, nil, nil, nil):take(1):filter(is_odd)))
    assert.same({}, firsts(fun.range(5):filter(function() return false end)))
  end)

  it("do not run out of stack where they keep little", function()
    assert.same({ 1e6 }, firsts(fun.range(1e6):filter(function(x) return x == 1e6 end)))
  end)

  it("grep takes a pattern or a function", function()
    assert.same({ "Emily", "Emma" }, firsts(fun.grep("^Em", { "Emily", "Chloe", "Emma" })))
    assert.same({ 1 }, firsts(fun.grep(is_odd, { 1, 2 })))
  end)

  it("partition gives both kinds", function()
    local odd, even = fun.partition(is_odd, fun.range(5))
    assert.same({ 1, 3, 5 }, firsts(odd))
    assert.same({ 2, 4 }, firsts(even))
  end)

  it("index and indexes find what is equal", function()
    assert.equal(2, fun.index("b", "abcb"))
    assert.is_nil(fun.index("x", "abc"))
    assert.equal(fun.index, fun.index_of)
    assert.same({ 2, 4 }, firsts(fun.indexes("b", "abcb")))
    assert.same({}, firsts(fun.elem_indices("b", {})))
  end)
end)

describe("transformations of fun", function()
  it("map gives all values of the function", function()
    assert.same({ 1, 4 }, firsts(fun.map(square, { 1, 2 })))
    assert.same({ { 1, 1 }, { 2, 4 } }, pairs_of(fun.range(2):map(function(x) return x, x * x end)))
    assert.same({ { n = 1 }, { n = 1 } }, elements(fun.range(2):map(function() return nil end)))
    assert.error_matches(function() fun.range(2):map("x") end, "bad argument #1 to 'map' %(function expected, got string%)")
  end)

  it("enumerate counts from 1", function()
    assert.same({ { 1, "a" }, { 2, "b" } }, pairs_of(fun.enumerate("ab")))
  end)

  it("intersperse puts a value between elements", function()
    assert.same({ 1, "x", 2, "x", 3 }, firsts(fun.range(3):intersperse("x")))
    assert.same({ 1 }, firsts(fun.range(1):intersperse("x")))
    assert.same({}, firsts(fun.range(0):intersperse("x")))
    assert.equal("a-b-c", fun.intersperse("-", "abc"):foldl(fun.op.concat, ""))
  end)

  it("flat_map goes over what the function gives", function()
    assert.same({ 1, 1, 2, 1, 2, 3 }, firsts(fun.range(3):flat_map(fun.range)))
    assert.same({ "a", "b", "c" }, firsts(fun.flat_map(function(text) return text:gmatch("%a") end, { "a b", "", "c" })))
    assert.same({ 1, 3 }, firsts(fun.range(3):flat_map(function(x) if is_odd(x) then return { x } end end)))
    assert.same({ { "k", 1 } }, pairs_of(fun.flat_map(function(t) return t end, { { k = 1 }, {} })))
    assert.same({ 1, 1 }, fun.range(1, math.huge):flat_map(function(x) return { x, x } end):take(2):totable())
    assert.error_matches(function() fun.range(1):flat_map(square):totable() end, "bad argument #1 to 'flat_map' .*got number")
  end)
end)

describe("compositions of fun", function()
  it("zip ends with the shortest", function()
    assert.same({ { 1, "a" }, { 2, "b" } }, pairs_of(fun.zip(fun.range(5), "ab")))
    assert.same({ { 1, "a" } }, pairs_of(fun.range(1):zip("ab")))
    assert.same({ { n = 3, 1, "a", true } }, elements(fun.zip(fun.range(5), "ab", { true })))
    assert.same({ 1 }, firsts(fun.zip({ 1 })))
    assert.same({}, firsts(fun.zip()))
    assert.same({}, firsts(fun.zip({}, "ab")))
  end)

  it("zip takes any number, and the first value of each element", function()
    local four = fun.zip(fun.range(9), "abc", fun.enumerate("xyz"), { 7, 8, 9 })
    assert.same({ { n = 4, 1, "a", 1, 7 }, { n = 4, 2, "b", 2, 8 }, { n = 4, 3, "c", 3, 9 } }, elements(four))
    assert.same({ { n = 4, 2, "b", 2, 8 } }, elements(four:drop(1):take(1)))
    local many = fun.range(12):map(function(i) return fun.range(i, i + 1) end):totable()
    assert.same({ { n = 12, unpack(fun.range(12):totable()) }, { n = 12, unpack(fun.range(2, 13):totable()) } }, elements(fun.zip(unpack(many))))
    assert.same({ { n = 3, nil, 1, nil } }, elements(fun.zip(fun.duplicate(nil, 5), { 1 }, fun.range(2):map(function() end))))
    assert.same({ { n = 4, 1, 1, 2, 3 } }, elements(fun.zip(fun.zip({ 1 }, { 9 }), { 1 }, { 2 }, fun.zip({ 3 }, { 9 }, { 9 }))))
    assert.same({ { n = 1, 1 } }, elements(fun.zip(fun.enumerate("a"))))
  end)

  it("zip takes no more of what is behind the end of another", function()
    local read = 0
    local function count()
      read = read + 1
      return read
    end
    assert.equal(2, fun.zip(fun.range(2), count, count):length())
    assert.equal(4, read)
    assert.equal(1, fun.zip(count, { 1 }, count):length())
    assert.equal(7, read)
    assert.is_true(fun.zip(fun.range(5), count, { 1, 2, 3 }):any(function(_, _, x) return x == 2 end))
    assert.equal(9, read)
  end)

  it("cycle starts again, and ends where there is nothing", function()
    assert.same({ 1, 2, 1, 2, 1 }, firsts(fun.range(2):cycle():take(5)))
    assert.same({ 2, 1, 2 }, firsts(fun.range(2):cycle():drop(1):take(3)))
    assert.same({}, firsts(fun.cycle({})))
    local many = firsts(fun.range(150):cycle():drop(149):take(152))
    assert.same({ 152, 150, 1, 150, 1 }, { #many, many[1], many[2], many[151], many[152] })
    local words = fun.iter(("a b"):gmatch("%a")):cycle()
    assert.same({ "a", "b" }, words:totable())
  end)

  it("chain goes from one to the next", function()
    assert.same({ 1, 2, "a", "b" }, firsts(fun.chain(fun.range(2), {}, "ab")))
    assert.same({ 1, "a" }, firsts(fun.range(1):chain("a")))
    assert.same({ 2, 3, "a" }, firsts(fun.chain({}, fun.range(3), "ab"):drop(1):take(3)))
    assert.same({}, firsts(fun.chain()))
  end)
end)

describe("reductions of fun", function()
  it("fold", function()
    assert.equal("abc", fun.foldl(fun.op.concat, "", "abc"))
    assert.equal(20, fun.zip(fun.range(1, 5), { 4, 3, 2, 1 }):reduce(function(acc, x, y) return acc + x * y end, 0))
    assert.equal(55, fun.range(10):sum())
    assert.equal(0, fun.sum({}))
    assert.equal(120, fun.product(fun.range(5)))
    assert.equal(1, fun.product({}))
    assert.equal(3, fun.length("abc"))
    assert.equal(0, fun.length({}))
  end)

  it("each calls the function with all values", function()
    local seen = {}
    fun.each(function(...) seen[#seen + 1] = select("#", ...) end, { a = 1 })
    assert.same({ 2 }, seen)
    assert.equal(fun.each, fun.for_each)
    assert.equal(fun.each, fun.foreach)
  end)

  it("all and any", function()
    assert.is_true(fun.all(is_small, { 1, 2 }))
    assert.is_false(fun.every(is_small, { 1, 2, 3 }))
    assert.is_true(fun.all(is_small, {}))
    assert.is_true(fun.any(is_odd, { 2, 3 }))
    assert.is_false(fun.some(is_odd, { 2 }))
    assert.is_false(fun.any(is_odd, {}))
    assert.is_true(fun.range(1, math.huge):any(function(x) return x == 100 end))
  end)

  it("min and max", function()
    assert.equal(1, fun.min({ 3, 1, 2 }))
    assert.equal("f", fun.maximum({ "f", "d" }))
    assert.equal(-3, fun.min_by(function(a, b) return math.abs(a) > math.abs(b) and a or b end, { 1, -3, 2 }))
    assert.equal(1, fun.maximum_by(function(a, b) return math.min(a, b) end, { 3, 1, 2 }))
    local message = assert.has_error(function() fun.max({}) end)
    assert.matches("fun_test%.lua:%d+: max: iterator is empty$", message)
  end)

  it("is_null and is_prefix_of", function()
    assert.is_true(fun.is_null({}))
    assert.is_false(fun.is_null("a"))
    assert.is_true(fun.is_prefix_of({ "a" }, "abc"))
    assert.is_true(fun.is_prefix_of({}, {}))
    assert.is_false(fun.range(6):is_prefix_of(fun.range(5)))
    assert.is_false(fun.is_prefix_of({ "b" }, "abc"))
  end)

  it("totable and tomap", function()
    assert.same({ "a", "b" }, fun.totable("ab"))
    assert.same({ [1] = "a", [2] = "b" }, fun.enumerate("ab"):tomap())
    assert.same({ [1] = 1, [3] = 3 }, fun.range(3):map(function(x) if is_odd(x) then return x end end):totable())
  end)
end)

describe("operators of fun", function()
  it("are those of Lua", function()
    local op = fun.op
    assert.equal(fun.operator, op)
    assert.same({ true, false, true, true, false, false },
      { op.lt(1, 2), op.gt(1, 2), op.le(1, 2), op.ne(1, 2), op.eq(1, 2), op.ge(1, 2) })
    assert.same({ 5, -1, 6, 2 / 3, 2, 8 }, { op.add(2, 3), op.sub(2, 3), op.mul(2, 3), op.div(2, 3), op.mod(8, 3), op.pow(2, 3) })
    assert.same({ -4, -3, 3 }, { op.floordiv(-10, 3), op.intdiv(-10, 3), op.intdiv(-10, -3) })
    assert.same({ "ab", 2, -1, -1, 1 / 2 }, { op.concat("a", "b"), op.len("ab"), op.unm(1), op.neq(1), op.truediv(1, 2) })
    assert.same({ 2, 1, false, true }, { op.land(1, 2), op.lor(1, 2), op.lnot(0), op.truth(0) })
  end)
end)

describe("pipelines of fun", function()
  -- Any steps on any list are what loops over lists would give.
  local STEPS = {
    { function(it) return it:map(square) end, function(list) for i = 1, #list do list[i] = square(list[i]) end return list end },
    { function(it) return it:filter(is_odd) end, function(list)
      local kept = {}
      for _, x in ipairs(list) do if is_odd(x) then kept[#kept + 1] = x end end
      return kept
    end },
    { function(it) return it:take(4) end, function(list) return { unpack(list, 1, 4) } end },
    { function(it) return it:drop(2) end, function(list) return { unpack(list, 3) } end },
    { function(it) return it:chain({ 3, 4 }) end, function(list) list[#list + 1], list[#list + 2] = 3, 4 return list end },
    { function(it) return it:flat_map(function(x) return { x, x + 1 } end) end, function(list)
      local flat = {}
      for _, x in ipairs(list) do flat[#flat + 1] = x flat[#flat + 1] = x + 1 end
      return flat
    end },
    { function(it) return it:enumerate():map(function(i, x) return i + x end) end, function(list)
      for i = 1, #list do list[i] = i + list[i] end
      return list
    end },
    { function(it) return it:zip(fun.range(1, math.huge)):map(function(a, b) return a - b end) end, function(list)
      for i = 1, #list do list[i] = list[i] - i end
      return list
    end },
    { function(it) return it:intersperse(1) end, function(list)
      local all = {}
      for i, x in ipairs(list) do if i > 1 then all[#all + 1] = 1 end all[#all + 1] = x end
      return all
    end },
    { function(it) return it:cycle():take(7) end, function(list)
      local all = {}
      while #list > 0 and #all < 7 do all[#all + 1] = list[#all % #list + 1] end
      return all
    end },
  }

  it("give what loops over lists give", function()
    for seed = 1, 300 do
      math.randomseed(seed)
      local list = fun.rands(-5, 20):take(math.random(0, 6)):totable()
      local piped, names = fun.iter(list), {}
      local expected = { unpack(list) }
      for _ = 1, math.random(0, 5) do
        local step = math.random(#STEPS)
        names[#names + 1] = step
        piped, expected = STEPS[step][1](piped), STEPS[step][2](expected)
      end
      assert.same(expected, firsts(piped), "seed " .. seed .. ", steps " .. table.concat(names, " "))
    end
  end)

  it("can be as long as one likes", function()
    local piped = fun.range(3)
    for _ = 1, 200 do
      piped = piped:map(function(x) return x + 1 end)
    end
    assert.same({ 201, 202, 203 }, firsts(piped))
  end)

  it("may be begun inside of others, and from a coroutine", function()
    local total = fun.range(3):map(function(x) return fun.range(x):map(square):sum() end):sum()
    assert.equal(1 + 5 + 14, total)
    local co = coroutine.wrap(function() fun.range(3):each(coroutine.yield) end)
    assert.equal(1, co())
    assert.equal(2, co())
  end)
end)

describe("fun on workers", function()
  it("is there", function()
    local sums = lithops.map(function(n) return fun.range(n):map(square):sum() end, { 1, 2, 3 }):get_result()
    assert.same({ 1, 5, 14 }, { sums[1], sums[2], sums[3] })
  end)

  it("passes iterators to a worker and back", function()
    local given = lithops.map(function(numbers) return numbers:map(square) end, { fun.range(3), fun.range(4):filter(is_odd) }):get_result()
    assert.same({ 1, 4, 9 }, given[1]:totable())
    assert.same({ 1, 9 }, given[2]:totable())
  end)

  it("feeds a job", function()
    local odd = fun.range(10):filter(is_odd)
    assert.same({ 1, 9, 25, 49, 81 }, fun.totable(lithops.map(square, odd):get_result()))
    assert.same({ 1, 9, 25, 49, 81 }, fun.totable(lithops.map(square, odd:values()):get_result()))
    assert.same({ 2 }, fun.totable(lithops.map(math.max, fun.zip({ 2 }, { 3 })):get_result()))
    assert.equal(6, lithops.map_reduce(square, fun.range(1, math.huge):take(2), function(list) return 1 + fun.sum(list) end):get_result())
  end)
end)

describe("the globals of fun", function()
  it("come where there are none of their names", function()
    local before = { range = rawget(_G, "range"), any = rawget(_G, "any") }
    rawset(_G, "any", "mine")
    fun()
    local now = { range = rawget(_G, "range"), any = rawget(_G, "any") }
    for name in pairs(fun) do
      if rawget(_G, name) == fun[name] then
        rawset(_G, name, nil)
      end
    end
    rawset(_G, "any", before.any)
    assert.equal(fun.range, now.range)
    assert.equal("mine", now.any)
  end)
end)
