--- Tests of `fun`: what is gone over, generators, slices, filters, transformations, reductions, operators.
local fun = require "fun"
local support = require "support_fun"

local elements, firsts, pairs_of, square, is_odd, is_small, counter = support.elements, support.firsts, support.pairs_of, support.square, support.is_odd, support.is_small, support.counter

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
    local count, read = counter()
    assert.same({ 1, 2, 3 }, fun.iter(count):take(3):totable())
    assert.equal(3, read())
    assert.equal(4, fun.head(count))
    assert.is_true(fun.any(function(x) return x == 6 end, count))
    assert.equal(6, read())
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
