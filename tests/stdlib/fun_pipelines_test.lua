--- Tests of `fun`: iterators that are made of several, pipelines of any steps, workers, globals.
local fun = require "fun"
local support = require "support_fun"

local elements, firsts, pairs_of, square, is_odd, counter = support.elements, support.firsts, support.pairs_of, support.square, support.is_odd, support.counter

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
    local count, read = counter()
    assert.equal(2, fun.zip(fun.range(2), count, count):length())
    assert.equal(4, read())
    assert.equal(1, fun.zip(count, { 1 }, count):length())
    assert.equal(7, read())
    assert.is_true(fun.zip(fun.range(5), count, { 1, 2, 3 }):any(function(_, _, x) return x == 2 end))
    assert.equal(9, read())
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
