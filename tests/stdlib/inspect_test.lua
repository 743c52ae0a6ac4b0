local ffi = require "ffi"
local inspect = require "inspect"

local function flat(value, options)
  options = options or {}
  options.newline, options.indent = " ", ""
  return inspect(value, options)
end

describe("scalars", function()
  it("numbers are as short as they can be read back", function()
    for text, number in pairs({
      ["0.1"] = 0.1, ["1e+100"] = 1e100, ["nan"] = 0 / 0, ["inf"] = 1 / 0, ["-inf"] = -1 / 0, ["3"] = 3,
      ["0.30000000000000004"] = 0.1 + 0.2, ["9007199254740992"] = 2 ^ 53, ["5e-324"] = 5e-324, ["-1.5"] = -1.5,
    }) do
      assert.equal(text, inspect(number))
    end
    assert.equal("5LL", inspect(5LL))
    assert.equal("5ULL", inspect(5ULL))
  end)

  it("each number reads back", function()
    local state = 1
    for _ = 1, 1000 do
      state = state * 48271 % 2147483647
      local number = state / 7 * 10 ^ (state % 40 - 20)
      assert.equal(number, tonumber(inspect(number)))
    end
  end)

  it("strings have the quotes that save escapes", function()
    assert.equal('"plain"', inspect("plain"))
    assert.equal("'say \"x\"'", inspect('say "x"'))
    assert.equal([["it's \"x\""]], inspect([[it's "x"]]))
  end)

  it("control characters and bytes are escaped, and characters are not", function()
    assert.equal([["a\nb\tc\0d\0011\127\\"]], inspect("a\nb\tc\0d\1" .. "1\127\\"))
    assert.equal('"é€😀"', inspect("é€😀"))
    assert.equal([["\255\195\192\1280"]], inspect("\255\195\192\128" .. "0"))
    assert.equal([["\194\155"]], inspect("\194\155"))
    assert.equal([["\27[31m"]], inspect("\27[31m"))
  end)

  it("each string reads back", function()
    local bytes = {}
    for code = 0, 255 do
      bytes[#bytes + 1] = string.char(code) .. (code % 10) .. string.char(255 - code)
    end
    local text = table.concat(bytes)
    assert.equal(text, loadstring("return " .. inspect(text))())
  end)

  it("others", function()
    assert.equal("nil", inspect(nil))
    assert.equal("true", inspect(true))
    assert.equal("<function 1>", inspect(print))
    assert.equal("{ <function 1>, <function 2>, <function 1> }", inspect({ print, error, print }))
    assert.equal("<thread 1>", inspect(coroutine.create(print)))
    assert.matches("^ctype<int>", inspect(ffi.typeof("int")))
    assert.matches("^file %(0x", inspect(io.stdout))
    assert.equal("<userdata 1>", inspect(newproxy()))
  end)
end)

describe("tables", function()
  it("lists are in a line", function()
    assert.equal("{}", inspect({}))
    assert.equal("{ 1, 2, 3 }", inspect({ 1, 2, 3 }))
    assert.equal('{ "a", { "b", {} } }', inspect({ "a", { "b", {} } }))
  end)

  it("other keys have lines of their own, in order", function()
    assert.equal('{\n  a = 1,\n  b = {\n    c = true\n  }\n}', inspect({ b = { c = true }, a = 1 }))
    assert.equal('{ 1, 2,\n  x = "y"\n}', inspect({ 1, 2, x = "y" }))
    assert.equal('{ [1.5] = 2, [10] = 1, [true] = 3, ["a b"] = 5, ["end"] = 6, z = 4, [{}] = 7 }',
      flat({ [10] = 1, [1.5] = 2, [true] = 3, z = 4, ["a b"] = 5, ["end"] = 6, [{}] = 7 }))
  end)

  it("that are met again have numbers", function()
    local t = { 1 }
    t.self = t
    assert.equal("<1>{ 1, self = <table 1> }", flat(t))
    local shared = {}
    assert.equal("{ <1>{}, <table 1>, {} }", inspect({ shared, shared, {} }))
    local outer = { a = shared, b = shared }
    outer.c = outer
    assert.equal("<1>{ a = <2>{}, b = <table 2>, c = <table 1> }", flat(outer))
  end)

  it("metatables are shown, unless they are not wanted", function()
    local t = setmetatable({ 1 }, { name = "m" })
    assert.equal('{ 1, <metatable> = { name = "m" } }', flat(t))
    assert.equal("{ 1 }", inspect(t, { metatables = false }))
    assert.equal("{}", inspect(setmetatable({}, { __metatable = "secret" })))
  end)

  it("depth has a bound", function()
    local t = { a = { b = { c = {} } } }
    assert.equal("{ a = { b = {...} } }", flat(t, { depth = 2 }))
    assert.equal("{...}", inspect(t, { depth = 0 }))
  end)

  it("newline and indent can be chosen", function()
    assert.equal("{a = 1,b = { 2 }}", inspect({ a = 1, b = { 2 } }, { newline = "", indent = "" }))
    assert.equal("{@>>a = 1@}", inspect({ a = 1 }, { newline = "@", indent = ">>" }))
  end)
end)

describe("process", function()
  it("changes what is shown", function()
    local function hide(item, path)
      if path[#path] == "password" then
        return "***"
      end
      return item
    end
    assert.equal('{ password = "***", user = "x" }', flat({ password = "s", user = "x" }, { process = hide }))
  end)

  it("knows keys and metatables", function()
    local function process(item, path)
      if path[#path] == inspect.METATABLE then
        return nil
      elseif path[#path] == inspect.KEY and item == "a" then
        return "z"
      end
      return item
    end
    assert.equal("{ z = 1 }", flat(setmetatable({ a = 1 }, {}), { process = process }))
    assert.equal("inspect.KEY", inspect(inspect.KEY))
    assert.equal("inspect.METATABLE", tostring(inspect.METATABLE))
  end)

  it("leaves out what becomes nil, and takes cycles", function()
    local t = { 1, 2, a = { 3 } }
    t.a.up = t
    local seen = 0
    local text = flat(t, { process = function(item)
      seen = seen + 1
      return item ~= 3 and item or nil
    end })
    assert.equal("<1>{ 1, 2, a = { up = <table 1> } }", text)
    assert.is_true(seen > 5)
  end)
end)

describe("bounds", function()
  it("of items", function()
    assert.equal("{ 1, 2, … 3 more }", inspect({ 1, 2, 3, 4, 5 }, { max_items = 2 }))
    assert.equal("{ a = 1, b = 2, … 2 more }", flat({ a = 1, b = 2, c = 3, d = 4 }, { max_items = 2 }))
    assert.equal("{ 1, 2, … 2 more }", flat({ 1, 2, 3, a = 1 }, { max_items = 2 }))
    assert.equal("{ 1, 2, 3 }", inspect({ 1, 2, 3 }, { max_items = 3 }))
    assert.equal("{ … 3 more }", inspect({ 1, 2, 3 }, { max_items = 0 }))
  end)

  it("of the length", function()
    local text = inspect({ ("x"):rep(1e6), 2 }, { max_length = 50 })
    assert.matches('^{ "x+"… 9999%d%d more bytes', text)
    assert.is_true(#text < 120)
    local list = {}
    for i = 1, 1000 do
      list[i] = { i, { i } }
    end
    text = inspect(list, { max_length = 100 })
    assert.is_true(#text < 200)
    assert.matches("… %d+ more }$", text)
    assert.equal('"é"… 4 more bytes', inspect("ééé", { max_length = 3 }))
  end)

  it("hold for a million keys and elements, in no time", function()
    local list, map = {}, {}
    for i = 1, 1e6 do
      list[i], map["k" .. i] = i, i
    end
    local start = os.clock()
    for _ = 1, 20 do
      assert.equal("{ 1, 2, 3, … 999997 more }", inspect(list, { max_items = 3 }))
      assert.matches("^{ k%d+ = %d+, k%d+ = %d+, … many more }$", flat(map, { max_items = 2 }))
    end
    assert.is_true(os.clock() - start < 2)
    list.name = "long"
    assert.matches("… %d+ more }$", flat(list, { max_items = 2 }))
  end)

  it("hold for a list of a hundred thousand links", function()
    local list = {}
    local last = list
    for _ = 1, 1e5 do
      last.next = {}
      last = last.next
    end
    assert.matches("{%.%.%.}", inspect(list))
  end)
end)

describe("hostile values", function()
  local function bomb() error("called") end
  local everything = {}
  for _, name in ipairs({ "__index", "__newindex", "__tostring", "__pairs", "__ipairs", "__len", "__call", "__eq", "__lt", "__concat" }) do
    everything[name] = bomb
  end

  it("are not called", function()
    local hostile = setmetatable({ 1, a = 2 }, everything)
    assert.matches("^{ 1, a = 2, <metatable> = {", flat(hostile))
    assert.matches("^{ %[<1>{ 1, a = 2,.* = <table 1> }$", flat({ [hostile] = hostile }))
    assert.equal("{ 1, a = 2 }", flat(hostile, { metatables = false }))
  end)

  it("userdata that cannot say what it is", function()
    local userdata = newproxy(true)
    getmetatable(userdata).__tostring = bomb
    assert.equal("<userdata 1>", inspect(userdata))
    getmetatable(userdata).__tostring = function() return "a thing" end
    assert.equal("a thing", inspect(userdata))
  end)

  it("futures are what they say", function()
    local future = lithops.call_async(function() return 1 end)
    assert.matches("^future .*/00000 %(%a+%)$", inspect(future))
    future:result()
  end)
end)

describe("control characters in front of digits", function()
  it("have their names, or three digits", function()
    assert.equal([["\n1\t2\0013\0x"]], inspect("\n1\t2\0013\0x"))
  end)
end)

describe("options", function()
  it("are checked", function()
    assert.has_error(function() inspect({}, { dept = 1 }) end, "unknown option `dept`; did you mean `depth`?")
    assert.has_error(function() inspect({}, { depth = "1" }) end, "option `depth` must be a number of 0 or more, not a string")
    assert.has_error(function() inspect({}, { depth = 0 / 0 }) end, "option `depth` must be a number of 0 or more, not nan")
    assert.has_error(function() inspect({}, 3) end, "bad argument #2 to 'inspect' (table expected, got number)")
  end)

  it("process tables however deep they are", function()
    local deep = {}
    for _ = 1, 20000 do
      deep = { deep }
    end
    local function itself(item) return item end
    assert.equal(inspect(deep), inspect(deep, { process = itself }))
  end)

  it("tell whose mistake it is", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, raised = pcall(function() local text = inspect({}, { dept = 1 }) return text end)
    assert.is_false(ok)
    assert.matches("inspect_test.lua:" .. line .. ": ", raised)
  end)

  it("inspect.inspect is the same", function()
    assert.equal("{ 1 }", inspect.inspect({ 1 }))
  end)

  it("works in workers", function()
    assert.equal("{ 1, 2 }", lithops.call_async(function(x) return inspect(x) end, { 1, 2 }):result())
  end)
end)
