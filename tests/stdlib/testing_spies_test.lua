--- Tests of `testing`: its spies and stubs.
local message_of = require("support_testing").message_of

describe("spies", function()
  it("know how they were called, whatever became of the arguments", function()
    local s, t = spy.new(), { x = 1, nested = {} }
    t.nested.up = t
    s(t)
    t.x = 2
    local as_it_was = { x = 1, nested = {} }
    as_it_was.nested.up = as_it_was
    assert.spy(s).was.called_with(as_it_was)
    assert.spy(s).was.called_with(t)
    assert.spy(s).was_not.called_with({ x = 3, nested = {} })
  end)

  it("are counted", function()
    local s = spy.new()
    s()
    s()
    assert.spy(s).was.called_more_than(1)
    assert.spy(s).was.called_less_than(3)
    assert.has_error(function() assert.spy(s).was.called("2") end, "bad argument #1 to 'assert.called' (number of calls expected, got \"2\")")
  end)

  it("stand in for functions that are not there yet, and for nothing but functions", function()
    local t = { x = 5 }
    assert.has_error(function() spy.on(t, "x") end, "bad argument #2 to 'spy.on' (field `x` is a number, not a function)")
    stub(t, "new", 7)
    assert.equal(7, t.new())
    t.new:revert()
    assert.is_nil(t.new)
  end)

  local object = { add = function(a, b) return a + b end }

  it("remember calls", function()
    local s = spy.on(object, "add")
    assert.equal(3, object.add(1, 2))
    object.add(5, 6)
    assert.spy(s).was.called(2)
    assert.spy(object.add).was.called_with(1, 2)
    assert.spy(s).was_not.called_with(2, 1)
    assert.spy(s).was.returned_with(3)
    assert.spy(s).was.called_at_least(1)
    assert.matches("expected 1 call, got 2$", message_of(function() assert.spy(s).was.called(1) end))
    assert.matches("there were 2 calls\n  %(1, 2%)", message_of(function() assert.spy(s).was.called_with(9) end))
  end)

  it("are gone after the test", function()
    assert.is_function(object.add)
  end)

  it("stand in for functions", function()
    stub(object, "add").returns("nothing")
    assert.equal("nothing", object.add(1, 2))
    stub(object, "add"):invokes(function() return "invoked" end)
    assert.equal("invoked", object.add())
    object.add:revert()
    object.add:revert()
    assert.equal(3, object.add(1, 2))
    stub(object, "add", 1, nil, 3)
    assert.same({ 1, nil, 3 }, { object.add() })
  end)

  it("wrap functions", function()
    local s = spy.new(function(x) return x end)
    s(1)
    assert.spy(s).was.called()
    s:clear()
    assert.spy(s).was_not.called()
  end)

  it("are where there is a function", function()
    assert.has_error(function() spy.on(object, "ad") end, "bad argument #2 to 'spy.on' (there is no field `ad`)")
  end)
end)
