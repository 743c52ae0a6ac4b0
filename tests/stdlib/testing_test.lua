--- Tests of `testing`: its assertions hold and fail as they should. How files are run is tested in tests/test_command.rs.

local message_of = require("support_testing").message_of

describe("assert", function()
  it("is Lua's when it is called", function()
    local a, b = assert(1, "x")
    assert.equal(1, a)
    assert.equal("x", b)
    local ok, raised = pcall(function() assert(false, "why not") end)
    assert.is_false(ok)
    assert.equal("string", type(raised))
    assert.matches("why not$", raised)
    local thing = {}
    assert.equal(thing, select(2, pcall(function() assert(nil, thing) end)))
  end)

  it("gives what it was given", function()
    assert.same({ 1, 1 }, { assert.equal(1, 1) })
    assert.equal("x", (assert.is_string("x")))
  end)

  it("reads names by their words", function()
    assert.equal(1, 1)
    assert.equals(1, 1)
    assert.are.equal(1, 1)
    assert.are_equal(1, 1)
    assert.are_not.equal(1, 2)
    assert.are.not_equal(1, 2)
    assert.is_not.equal(1, 2)
    assert.not_equal(1, 2)
    assert.is_not_nil(1)
    assert.is.not_nil(1)
    assert.is_nil(nil)
    assert.Nil(nil)
    assert.True(true)
    assert.is.True(true)
    assert.is_true(true)
    assert.is_false(false)
    assert.is_not_true(1)
    assert.has_no.errors(function() end)
    assert.has_no_error(function() end)
    assert.does_not.match("x", "y")
    assert.are.same({}, {})
    assert.is_not.same({}, { 1 })
    assert.is_not.is_not.equal(1, 1)
  end)

  it("names the assertion that was meant", function()
    assert.matches("testing_test.lua:%d+: unknown assertion `assert.is_tru`; did you mean `is_true`%?",
      message_of(function() assert.is_tru(true) end))
    assert.matches("unknown assertion `assert.equl`; did you mean `equal`%?", message_of(function() assert.are.equl(1, 1) end))
  end)

  it("wants its arguments", function()
    assert.matches("bad argument #2 to 'assert.equal' %(value expected, got none%)", message_of(function() assert.equal(1) end))
    assert.matches("bad argument #1 to 'assert.near' %(number expected, got string%)",
      message_of(function() assert.near("a", 1, 2) end))
    assert.matches("bad argument #1 to 'assert.has_error' %(function expected, got nil%)",
      message_of(function() assert.has_error(nil) end))
    assert.matches("an assertion is missing", message_of(function() assert.are(1, 1) end))
  end)

  it("puts the user's words in front", function()
    assert.matches(": of the first\nexpected true, got false$", message_of(function() assert.is_true(false, "of the first") end))
    assert.matches(": both\nexpected", message_of(function() assert.equal(1, 2, "both") end))
    assert.matches(": said before\n", message_of(function() assert.message("said before").is_true(1) end))
  end)

  it("knows where it failed", function()
    local line = debug.getinfo(1, "l").currentline + 1
    assert.matches("testing_test.lua:" .. line .. ": ", message_of(function() assert.is_true(false) end))
  end)

  it("tests types", function()
    assert.is_table({})
    assert.is_string("")
    assert.is_number(1)
    assert.is_function(print)
    assert.is_boolean(false)
    assert.is_userdata(io.stdout)
    assert.is_thread(coroutine.create(print))
    assert.is_cdata(5LL)
    assert.is_not_table("x")
    assert.is_callable(assert)
    assert.truthy(0)
    assert.falsy(nil)
    assert.is_nan(0 / 0)
    assert.matches('expected a table, got "x"$', message_of(assert.is_table, "x"))
    assert.matches("expected anything but nil, got nil$", message_of(assert.is_not_nil, nil))
  end)
end)

describe("assert.equal", function()
  it("compares by ==", function()
    local t = {}
    assert.equal(t, t)
    assert.not_equal({}, {})
    assert.equal(5LL, 5)
    assert.not_equal(5LL, "5")
    local meta = { __eq = function() return true end }
    assert.equal(setmetatable({}, meta), setmetatable({}, meta))
  end)

  it("shows both values", function()
    assert.matches("expected: 1\n  actual:   2$", message_of(assert.equal, 1, 2))
    assert.matches('expected: 1\n  actual:   "1"$', message_of(assert.equal, 1, "1"))
    local object = newproxy(true)
    getmetatable(object).__tostring = function() return "1" end
    assert.matches("expected: 1 %(a number%)\n  actual:   1 %(a userdata%)$", message_of(assert.equal, 1, object))
  end)

  it("tells tables of the same content", function()
    assert.matches("`assert.same` compares contents", message_of(assert.equal, { 1 }, { 1 }))
  end)

  it("shows where long texts differ", function()
    local text = ("a"):rep(200)
    local message = message_of(assert.equal, text .. "b" .. text, text .. "c" .. text)
    assert.matches("at byte 201: expected …\"a+ba+\"…", message)
    assert.is_true(#message < 400)
  end)

  it("shows which lines differ", function()
    local message = message_of(assert.equal, "one\ntwo\nthree\nfour", "one\ntwo\n3\nfour")
    assert.matches("line 3 on", message)
    assert.matches("\n  %- three\n  %+ 3\n    four$", message)
  end)
end)

describe("assert.same", function()
  it("compares contents, however deep", function()
    assert.same({ 1, { a = { true } } }, { 1, { a = { true } } })
    assert.not_same({ 1, 2 }, { 1, 2, 3 })
    assert.not_same({ 1, 2, 3 }, { 1, 2 })
    assert.not_same({ a = false }, {})
    assert.same("x", "x")
    assert.not_same(0 / 0, 0 / 0)
  end)

  it("shows the path to each difference", function()
    local message = message_of(assert.same, { 1, { a = 2, b = "x" } }, { 1, { a = 3, b = "x", c = true } })
    assert.matches("\n  at %[2%]%.a: expected 2, got 3\n  at %[2%]%.c: expected nothing, got true$", message)
  end)

  it("has bounds", function()
    local a, b = {}, {}
    for i = 1, 1000 do
      a[i], b[i] = i, -i
    end
    local message = message_of(assert.same, a, b)
    assert.matches("at %[1%]: expected 1, got %-1\n", message)
    assert.matches("… and more$", message)
    assert.is_true(#message < 2000)
  end)

  it("takes cycles", function()
    local a, b = { 1 }, { 1 }
    a.self, b.self = a, b
    assert.same(a, b)
    b[1] = 2
    assert.not_same(a, b)
  end)

  it("lets objects say when they are equal", function()
    local meta = { __eq = function(a, b) return a.id == b.id end }
    local function object(id, noise) return setmetatable({ id = id, noise = noise }, meta) end
    assert.same({ object(1, "x") }, { object(1, "y") })
    assert.not_same({ object(1) }, { object(2) })
  end)
end)

describe("patterns of assertions", function()
  it("are valid ones", function()
    assert.error_matches(function() assert.matches("(", "x") end, "valid pattern expected, got \"%(\": unfinished capture%)$")
    assert.error_matches(function() assert.error_matches(error, "[") end, "#2 to 'assert.error_matches' %(valid pattern expected")
    assert.matches("(", "x(", 1, true)
  end)
end)

describe("assert.has_error", function()
  it("wants one, and gives it", function()
    local raised = { code = 7 }
    assert.equal(raised, assert.has_error(function() error(raised) end))
    assert.matches("expected an error; none was raised$", message_of(assert.has_error, function() end))
  end)

  it("compares messages with their position or without", function()
    assert.has_error(function() error("broken") end, "broken")
    assert.has.errors(function() error("broken", 0) end, "broken")
    assert.has_error(function() error({ a = { 1 } }) end, { a = { 1 } })
    assert.has_error(function() error(setmetatable({}, { __tostring = function() return "text" end })) end, "text")
    assert.has_no.error(function() end)
    assert.matches('expected: "this"\n  actual:   "that"', message_of(assert.has_error, function() error("that") end, "this"))
    assert.matches("expected no error, got .*boom$", message_of(assert.has_no.errors, function() error("boom") end))
  end)

  it("matches patterns", function()
    assert.error_matches(function() error("code 12") end, "code %d+$")
    assert.matches_error(function() error("a.b") end, "a.b", 1, true)
    assert.matches("got .*other", message_of(assert.error_matches, function() error("other") end, "this"))
  end)
end)

describe("other assertions", function()
  it("near", function()
    assert.near(1, 1.05, 0.1)
    assert.is_not.near(1, 2, 0.1)
    assert.near(1 / 0, 1 / 0, 0)
    assert.matches("within 0.1 of 1, got 2, which is off by 1$", message_of(assert.near, 1, 2, 0.1))
    assert.matches("got nil$", message_of(assert.near, 1, nil, 0.1))
    assert.is_not.near(1, 0 / 0, 100)
  end)

  it("matches", function()
    assert.matches("^a.c$", "abc")
    assert.matches("a.c", "xa.c", 2, true)
    assert.no.match("b", "a")
    assert.matches('expected a text that matches "b", got "a"$', message_of(assert.matches, "b", "a"))
  end)

  it("unique", function()
    assert.is_unique({ 1, 2, "1" })
    assert.is_unique({ {}, {} })
    assert.is_not.unique({ {}, {} }, true)
    assert.matches("elements 1 and 3 are 5$", message_of(assert.unique, { 5, 6, 5 }))
  end)
end)

describe("hooks", function()
  local order = {}
  local function note(what) return function() order[#order + 1] = what end end

  describe("of a group", function()
    setup(note("setup"))
    before_each(note("outer before"))
    after_each(note("outer after"))
    teardown(note("teardown"))

    it("run around its tests", function() note("first")() end)

    describe("and those of groups in it", function()
      before_each(note("inner before"))
      after_each(note("inner after"))
      it("run inside", function()
        finally(note("finally"))
        note("second")()
      end)
    end)
  end)

  it("have run", function()
    assert.same({
      "setup", "outer before", "first", "outer after",
      "outer before", "inner before", "second", "finally", "inner after", "outer after", "teardown",
    }, order)
  end)
end)

describe("in workers", function()
  it("assertions are the same", function()
    local expected = { 1, 2 }
    local results = lithops.get_result(lithops.map(function(x)
      assert.is_number(x)
      assert.same({ 1, 2 }, expected)
      return assert.are.equal(x, x)
    end, { 1, 2 }))
    assert.same({ 1, 2 }, { results[1], results[2] })
  end)

  it("a failure is one here, too", function()
    local future = lithops.call_async(function(x) assert.same({ x }, { 2 }) end, 1)
    local raised = assert.has_error(function() future:result() end)
    assert.equal("lua_error", raised.kind)
    assert.matches("testing_test.lua:%d+: expected values to be the same\n.*at %[1%]: expected 1, got 2", raised.message)
  end)

  it("what was assigned to a local works", function()
    local equal, is = assert.equal, assert.is
    assert.equal(5, lithops.call_async(function(x)
      is.number(x)
      equal(4, x)
      return x + 1
    end, 4):result())
  end)
end)

insulate("an insulated group", function()
  _G.leaked = "yes"

  it("has globals of its own", function()
    _G.another = 1
    package.loaded["a.module.of.mine"] = true
    assert.equal(1, _G.another)
  end)
end)

describe("after it", function()
  it("they are gone", function()
    assert.is_nil(rawget(_G, "leaked"))
    assert.is_nil(rawget(_G, "another"))
    assert.is_nil(package.loaded["a.module.of.mine"])
  end)
end)

describe("functions for tests", function()
  it("tell misuse", function()
    assert.error_matches(function() it("x", function() end) end, "'it' cannot be called inside a test")
    assert.error_matches(function() before_each(print) end, "'before_each' cannot be called inside a test")
    assert.has_error(function() finally(1) end, "bad argument #1 to 'finally' (function expected, got number)")
  end)

  it("are those of the module", function()
    local testing = require "testing"
    assert.equal(it, testing.it)
    assert.equal(assert, testing.assert)
    assert.has_error(function() testing.run({ filtr = "x" }) end, "unknown option `filtr`; did you mean `filter`?")
    assert.has_error(function() testing.run({ seed = "x" }) end, 'option `seed` must be a whole number, not "x"')
    assert.has_error(function() testing.run({ tags = { 5 } }) end, "option `tags` must be a string or a list of strings, not a table")
    assert.has_error(function() testing.run() end, "'testing.run' cannot be called inside a test")
  end)
end)

pending("something for later")
