--- What pipelines do where steps fail, and where the script is wrong.
local pipeline = require "pipeline"
local support = require "support_pipeline"

local add_up, report = support.add_up, support.report

local function double(x) return 2 * x end

describe("a run", function()
  insulate("that comes to a standstill", function()
    it("raises an error rather than give what it has", function()
      local Run = require "pipeline.run"
      stub(Run, "advance").returns(false)
      local p = pipeline.new("p"):step("a", double, { 1 })
      assert.has_error(function() p:run() end,
        "pipeline `p`: step `a` waits for something that does not run; this is a mistake of the library `pipeline`")
    end)
  end)

  it("returns when each step has reached an end state", function()
    local p = pipeline.new("p")
    p:map("m", double, { { 1, 2, 3 } }):step("bad", function() error("x") end):step("after", double, "bad"):step("given", double)
    p:run({ throw_except = false, results = {}, given = { given = 1 } })
    local states = {}
    for i, step in ipairs(p:describe()) do
      states[i] = step.name .. " " .. step.state
    end
    assert.same({ "m done", "bad failed", "after skipped", "given given" }, states)
  end)

  it("that an error ends leaves no step running", function()
    local p = pipeline.new("p"):step("endless", function() while true do end end)
    p:step("quick", double, { 1 }):step("later", double, "endless")
    assert.has_error(function()
      p:run({ on_step = function(_, state) if state == "done" then error("stop", 0) end end })
    end, "stop")
    assert.matches("endless: failed, cancelled, since the run was ended by an error", p:tree())
    assert.matches("later: waiting", p:tree())
  end)
end)

describe("a step that fails", function()
  local function failing()
    local p = pipeline.new("failing")
    p:step("ok", function() return 1 end)
    p:step("bad", function() error("no luck") end, "ok")
    p:step("after", double, "bad")
    p:step("last", function(a, b) return a + b end, { "ok", "after" })
    p:map("list", function(x) return x <= 2 and x or error("too large: " .. x) end, { { 1, 2, 3, 4 } })
    p:map("more", double, "list")
    p:reduce("sum", add_up, "more")
    p:step("fine", double, "ok")
    return p
  end

  it("has those skipped that need it, and all others run", function()
    local p = failing()
    local results, err = p:run({ throw_except = false })
    assert.same({ ok = 1, fine = 2 }, results)
    assert.same({ "bad", "list" }, err.failed)
    assert.same({ "after", "last", "more", "sum" }, err.skipped)
    assert.equal("bad", err.step)
    assert.equal("lua_error", err.kind)
    assert.matches("too large: 3", err.errors.list.message)
    assert.matches("^pipeline `failing`: step `bad` failed: [^ ]*pipeline_failures_test%.lua:%d+: no luck; failed too: `list`; "
      .. "skipped: `after`, `last`, `more`, `sum`$", err.message)
    assert.matches("no luck; failed too.*\nin the worker:\n\t.*pipeline_failures_test%.lua:%d+: in function", tostring(err))
  end)

  it("raises by default", function()
    local ok, err = pcall(function() failing():run({ upto = "sum" }) end)
    assert.is_false(ok)
    assert.matches("step `list` failed in 2 of 4 calls: .*too large: 3; skipped: `more`, `sum`$", err.message)
    assert.same({}, err.results)
  end)

  it("shows in the tree", function()
    local p = failing()
    p:run({ throw_except = false })
    local text = p:tree():gsub("%d+%.%d%d s", "T"):gsub("[^ ]*pipeline_failures_test%.lua:%d+", "FILE")
    assert.equal([[
failing: 8 steps
├── last: skipped
│   ├── ok: done, T
│   └── after: skipped
│       └── bad: failed, T, FILE: no luck
│           └── ok (*)
├── sum (reduce): skipped
│   └── more (map): skipped
│       └── list (map): failed, 4 calls, 2 failed, T, FILE: too large: 3
└── fine: done, T
    └── ok (*)]], text)
  end)

  it("may fail because its input is no list", function()
    local p = pipeline.new("p")
    p:step("one", function() return 1 end):map("each", double, "one"):reduce("all", add_up, "one")
    local _, err = p:run({ throw_except = false })
    assert.equal("pipeline `p`: step `each` failed: the result of `one` is not a list but 1; failed too: `all`", err.message)
  end)

  it("may fail because its function cannot be sent", function()
    local file = assert(io.open("/dev/null"))
    local p = pipeline.new("p")
    p:step("good", double, { 1 }):step("bad", function() return file end, "good")
    local results, err = p:run({ throw_except = false })
    file:close()
    assert.same({ good = 2 }, results)
    assert.matches("step `bad` failed: cannot send upvalue `file`", err.message)
  end)
end)

describe("mistakes in pipelines", function()
  it("are told when a step is added", function()
    local p = pipeline.new("p"):step("a", double, { 1 })
    assert.has_error(function() p:step("a", double) end, "pipeline `p` has a step `a` already")
    assert.has_error(function() p:step("b") end, "bad argument #2 to 'step' (function expected, got nil)")
    assert.has_error(function() p:step("b", double, 3) end, "bad argument #3 to 'step' (list of inputs expected, got number)")
    assert.has_error(function() p:step("b", double, { x = "a" }) end,
      "bad argument #3 to 'step' (list of inputs expected, got a table with a field `x`)")
    assert.has_error(function() p:step("b", double, {}, { timout = 3 }) end, "step: unknown option `timout`; did you mean `timeout`?")
    assert.has_error(function() p:step("b", double, {}, { retries = -1 }) end,
      "step: option `retries` must be a whole number of 0 or more, not -1")
    assert.has_error(function() p:step("b", double, { 1, n = "2" }) end,
      "bad argument #3 to 'step' (field `n`, the length of the list, must be a whole number of 0 or more, not \"2\")")
    assert.has_error(function() p:step("b", double, { n = 1e7 }) end,
      "bad argument #3 to 'step' (10000000 inputs, which are 7000 at most; a `map` makes a list of many)")
    assert.has_error(function() p:map("b", double) end, "map: the first input of step `b` must be a step or a list, not none")
    assert.has_error(function() p:map("b", double, { 5 }) end, "map: the first input of step `b` must be a step or a list, not 5")
    assert.has_error(function() p.step("b", double) end, "bad argument to 'step' (pipeline expected; call it with a colon, `p:step(…)`)")
    for _, name in ipairs({ "run", "tree", "describe" }) do
      assert.has_error(function() p[name]() end, ("bad argument to '%s' (pipeline expected; call it with a colon, `p:%s(…)`)"):format(name, name))
    end
    -- None of these was added.
    assert.equal("p: 1 step\n└── a", tostring(p))
  end)

  it("are told before anything runs", function()
    local ran = "pipeline-mistakes-test/" .. lithops.time()
    local p = pipeline.new("p")
    p:step("loader", function() lithops.storage:put_object(nil, ran, "") end):step("b", double, "laoder")
    assert.has_error(function() p:run() end, "pipeline `p`: step `b` needs `laoder`, which is no step; did you mean `loader`?")
    local q = pipeline.new("q")
    q:step("z", function() lithops.storage:put_object(nil, ran, "") end)
    q:step("a", double, "b"):step("b", double, { "z", "c" }):step("c", double, "a")
    assert.has_error(function() q:run() end, "pipeline `q`: steps need each other: `a` needs `b` needs `c` needs `a`")
    assert.has_error(function() q:tree() end)
    assert.equal("pipeline q", tostring(q))
    local r = pipeline.new("r"):step("self", double, "self")
    assert.has_error(function() r:run() end, "pipeline `r`: steps need each other: `self` needs `self`")
    assert.has_error(function() pipeline.new("s"):step("load", double, "data.csv"):run() end,
      "pipeline `s`: step `load` needs `data.csv`, which is no step; a text is written `pipeline.value(text)`")
    assert.is_nil((lithops.storage:head_object(nil, ran)))
  end)

  it("are told in options of a run", function()
    local p = report()
    assert.has_error(function() p:run({ upto = "cuont" }) end,
      "run: option `upto`: pipeline `report` has no step `cuont`; did you mean `count`?")
    assert.has_error(function() p:run({ upto = "load", results = "count" }) end,
      "run: option `results`: step `count` does not run, since none of `upto` needs it")
    assert.has_error(function() p:run({ given = { laod = {} } }) end,
      "run: option `given`: pipeline `report` has no step `laod`; did you mean `load`?")
    assert.has_error(function() p:run({ only = "load" }) end,
      "run: unknown option `only`; known are `executor`, `given`, `on_step`, `results`, `throw_except`, `upto`")
  end)
end)
