local pipeline = require "pipeline"
local support = require "support_pipeline"

local add_up, report = support.add_up, support.report

local function double(x) return 2 * x end

-- Signs in the storage, by which steps wait for each other.
local prefix = "pipeline-test/" .. lithops.time() .. "/"

local function give_sign(name)
  lithops.storage:put_object(nil, prefix .. name, "")
  return name
end

local function await_sign(name)
  while not lithops.storage:head_object(nil, prefix .. name) do
    lithops.sleep(0.002)
  end
  return name
end

local function sorted_names(t)
  local names = {}
  for name in pairs(t) do
    names[#names + 1] = name
  end
  table.sort(names)
  return table.concat(names, " ")
end

-- An executor for one call, which ends between the first look at whether it is done and the second.
local function ending_when_seen(executor)
  local future, is_seen
  local shown = setmetatable({}, {
    __index = function(_, name)
      if name == "done" and not is_seen then
        is_seen = true
        future:wait()
        return false
      end
      return future[name]
    end,
  })
  return {
    executor_id = executor.executor_id,
    call_async = function(_, ...)
      future = executor:call_async(...)
      return shown
    end,
    get_result = function() return executor:get_result(future) end,
    clean = function() executor:clean({ fs = { future }, force = true }) end,
  }
end

describe("a pipeline", function()
  teardown(function()
    lithops.storage:delete_objects(nil, lithops.storage:list_keys(nil, prefix))
  end)

  it("gives the results of its steps by name", function()
    local results = report():run()
    assert.same({ 1, 2, 3, 4 }, results.load)
    assert.same({ 10, 40, 90, 160, n = 4 }, results.squares)
    assert.same({ 11, 41, 91, 161, n = 4 }, results.more)
    assert.equal(1300, results.total)
    assert.equal(4, results.count)
    assert.equal("1300/load/nil/4", results.text)
    assert.equal("4-4", results.twice)
  end)

  it("runs again, and on an executor of its own", function()
    local p = report()
    assert.equal(1300, p:run().total)
    assert.equal(1300, p:run({ executor = lithops.FunctionExecutor({ max_workers = 2 }) }).total)
    local own = pipeline.new("own", { executor = lithops.FunctionExecutor({ max_workers = 1 }) })
    own:step("a", double, { 4 }):step("b", double, "a")
    assert.same({ a = 8, b = 16 }, own:run())
  end)

  it("passes constants of all kinds, and steps without inputs get none", function()
    local p = pipeline.new()
    p:step("none", function(...) return select("#", ...) end)
    p:step("nils", function(...) return select("#", ...) end, { nil, nil, n = 2 })
    p:step("values", function(a, b, c, d) return { type(a), b.x, c, d } end, { print, { x = 1 }, false, pipeline.value("none") })
    p:map("list", double, { { 1, 2 } })
    p:map("range", function(x, y) return x + y end, { lithops.range(3), "nils" })
    p:map("empty", double, { {} })
    p:reduce("nothing", add_up, "empty")
    local results = p:run()
    assert.same({ "function", 1, false, "none" }, results.values)
    assert.same({ 0, 2 }, { results.none, results.nils })
    assert.same({ 2, 4, n = 2 }, results.list)
    assert.same({ 3, 4, 5, n = 3 }, results.range)
    assert.same({ n = 0 }, results.empty)
    assert.equal(0, results.nothing)
  end)

  it("hands on nil and false", function()
    local p = pipeline.new()
    p:step("none", function() end):step("no", function() return false end)
    p:step("one", function(x) return x == nil end, "none")
    p:step("both", function(x, y) return x == nil and y == false end, { "none", "no" })
    p:map("holes", function(x) if x ~= 2 then return x end end, { { 1, 2, 3 } })
    p:reduce("last", function(list) return list[3] end, "holes")
    local results = p:run()
    assert.same({ no = false, one = true, both = true, holes = { 1, [3] = 3, n = 3 }, last = 3 }, results)
  end)

  it("runs steps at the same time", function()
    local p = pipeline.new()
    p:step("left", function() give_sign("left") return await_sign("right") end)
    p:step("right", function() give_sign("right") return await_sign("left") end)
    assert.same({ left = "right", right = "left" }, p:run())
  end)

  it("starts a step as soon as what it needs is there, whatever else runs", function()
    local p = pipeline.new()
    p:step("slow", function() return await_sign("end of the chain") end)
    p:step("a", function() return 1 end)
    p:step("b", double, "a")
    p:step("c", function(a, b) return a + b end, { "a", "b" })
    p:step("d", function() return give_sign("end of the chain") end, "c")
    assert.equal("end of the chain", p:run().slow)
  end)

  it("starts the calls of a map one by one, as those of the map before end", function()
    local p = pipeline.new()
    p:map("first", function(x) return x == 2 and await_sign("call 1 of second") and x or x end, { { 1, 2 } }, { chunksize = 1 })
    p:map("second", function(x) return x == 1 and give_sign("call 1 of second") and x or x end, "first", { chunksize = 1 })
    assert.same({ 1, 2, n = 2 }, p:run().second)
  end)

  it("has options for each step, over those of the pipeline", function()
    local function value() return os.getenv("PIPELINE_TEST") end
    local p = pipeline.new("options", { extra_env = { PIPELINE_TEST = "all" } })
    p:step("a", value):step("b", value, {}, { extra_env = { PIPELINE_TEST = "b" } })
    p:map("m", value, { { 1 } }, { extra_env = { PIPELINE_TEST = "m" } })
    p:reduce("r", function() return value() end, "m", { retries = 0 })
    local results = p:run()
    assert.same({ "all", "b", "m", "all" }, { results.a, results.b, results.m[1], results.r })
  end)

  it("tries again a step with retries", function()
    local p = pipeline.new()
    p:step("unsteady", function() return lithops.call.attempt > 2 and lithops.call.attempt or error("again") end, {}, { retries = 2 })
    assert.equal(3, p:run().unsteady)
  end)

  it("ends a step that runs for too long", function()
    local p = pipeline.new()
    p:step("endless", function() while true do end end, {}, { timeout = 0.1, retries = 0 })
    p:step("after", double, "endless")
    local _, err = p:run({ throw_except = false })
    assert.equal("timeout", err.kind)
    assert.same({ "after" }, err.skipped)
  end)

  it("may be sent to workers, and run there", function()
    local p = report()
    assert.equal(1300, lithops.call_async(function() return p:run().total end):result())
    local from_there = lithops.call_async(function()
      local q = require("pipeline").new("there")
      return q:step("x", function() return 1 end)
    end):result()
    assert.equal(1, from_there:run().x)
  end)

  it("sees the end of each step, however quick they are", function()
    local executor = lithops.FunctionExecutor({ max_workers = 2 })
    for _ = 1, 60 do
      assert.equal(1300, report():run({ executor = executor }).total)
    end
  end)

  it("sees the end of a step that ends while it looks", function()
    local p = pipeline.new():step("only", double, { 21 })
    local results, err = p:run({ executor = ending_when_seen(lithops.FunctionExecutor()), throw_except = false })
    assert.is_nil(err)
    assert.same({ only = 42 }, results)
    assert.equal("done", p:describe()[1].state)
  end)

  it("leaves nothing for a get_result of all", function()
    report():run({ results = "total" })
    assert.same({ n = 0 }, lithops.get_result())
  end)
end)

describe("options of a run", function()
  it("run up to steps, and no others", function()
    local p = report()
    assert.equal("count load", sorted_names(p:run({ upto = "count" })))
    assert.equal("count load more squares", sorted_names(p:run({ upto = { "count", "more" } })))
    assert.equal("waiting", p:describe()[#p:describe()].state)
  end)

  it("take results that are given", function()
    local p = report()
    assert.same({ count = 2 }, p:run({ upto = "count", given = { load = { 8, 9 } } }))
    assert.same({ total = 1005, load = { 1, 2, 3, 4 } }, p:run({ upto = { "total", "load" }, given = { squares = { 2, 3 } } }))
    assert.same({ 21, n = 1 }, p:run({ upto = "more", given = { squares = { 20 } } }).more)
    assert.matches("squares %(map%): given", p:tree())
  end)

  it("fetch only results that are wanted", function()
    local p = report()
    -- Without `throw_except = false` there never is an error to look at.
    local results, err = p:run({ results = "total", throw_except = false })
    assert.is_nil(err)
    assert.same({ total = 1300 }, results)
    for _, step in ipairs(p:describe()) do
      assert.equal("done", step.state, step.name)
    end
    assert.same({ total = 1300, load = { 1 } }, p:run({ results = { "total", "load" }, given = { load = { 1 }, squares = { 300 } } }))
  end)

  it("tell each state of each step", function()
    local p, states = pipeline.new(), {}
    p:step("a", double, { 1 }):step("b", double, "a"):step("bad", function() error("x") end):step("no", double, "bad")
    p:run({
      throw_except = false,
      on_step = function(name, state, step)
        assert.equal(state, step.state)
        states[name] = (states[name] or "") .. " " .. state
      end,
    })
    assert.same({ a = " running done", b = " running done", bad = " running failed", no = " skipped" }, states)
  end)

  it("end all that runs if `on_step` fails", function()
    local p = pipeline.new()
    p:step("endless", function() while true do end end):step("quick", double, { 1 })
    assert.has_error(function()
      p:run({ on_step = function(_, state) if state == "done" then error("stop", 0) end end })
    end, "stop")
  end)
end)

describe("the tree of a pipeline", function()
  it("has each step over those that it needs", function()
    local p = report()
    local text = [[
report: 7 steps
├── more (map)
│   └── squares (map)
│       └── load
├── text
│   ├── total (reduce)
│   │   └── squares (*)
│   └── count
│       └── load (*)
└── twice
    └── count (*)]]
    assert.equal(text, p:tree())
    assert.equal(text, tostring(p))
    assert.equal("empty: 0 steps", tostring(pipeline.new("empty")))
  end)

  it("has states and times after a run", function()
    local p = report()
    p:run({ upto = "more" })
    assert.matches("more %(map%): done, 4 calls, %d+%.%d%d s\n", p:tree())
    assert.matches("load: done, %d+%.%d%d s\n", p:tree())
    assert.matches("twice\n", p:tree())
  end)

  it("is described as a table, too", function()
    local p = report()
    p:run({ upto = "squares" })
    local of = {}
    for i, step in ipairs(p:describe()) do
      of[step.name] = step
      for _, need in ipairs(step.needs) do
        assert.is_not_nil(of[need], "behind those that it needs")
      end
    end
    assert.same({ "map", { "load" }, "done", 4, 0 },
      { of.squares.kind, of.squares.needs, of.squares.state, of.squares.calls, of.squares.failed })
    assert.same({ "total", "count" }, of.text.needs)
    assert.equal("waiting", of.text.state)
  end)
end)
