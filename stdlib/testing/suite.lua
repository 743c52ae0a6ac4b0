--- The tests of a file, as `describe` and `it` gather them.
---
--- The state is in this module's table, so that a function which refers to `it` can be sent to workers: the table is not sent along.
local failure = require "testing.failure"

---@type table<string, any>
local suite = {}

--- The mark of an error that says a test is pending.
suite.Pending = { __name = "testing.pending" }

--- Hooks by their names: `lazy_` and `strict_` are busted's.
local HOOKS = {
  before_each = "before_each", after_each = "after_each",
  setup = "setup", lazy_setup = "setup", strict_setup = "strict_setup",
  teardown = "teardown", lazy_teardown = "teardown", strict_teardown = "strict_teardown",
}

local function new_context(kind, name, parent)
  return {
    kind = kind, name = name, parent = parent, children = {},
    before_each = {}, after_each = {}, setup = {}, strict_setup = {}, teardown = {}, strict_teardown = {},
  }
end

--- Forgets all tests.
function suite.reset()
  suite.root = new_context("file", nil, nil)
  suite.current = suite.root
  suite.running = nil
end
suite.reset()

local function check(name, value, fn, may_lack)
  if lithops.is_worker then
    error(("'%s' cannot be called in a worker: tests run in the script"):format(name), 3)
  elseif suite.running then
    error(("'%s' cannot be called inside a test; put it next to the test"):format(name), 3)
  elseif type(value) ~= "string" then
    error(("bad argument #1 to '%s' (string expected, got %s)"):format(name, type(value)), 3)
  elseif type(fn) ~= "function" and not (may_lack and fn == nil) then
    error(("bad argument #2 to '%s' (function expected, got %s)"):format(name, type(fn)), 3)
  end
end

local function full_name(parent, name)
  while parent and parent.name do
    name = parent.name .. " " .. name
    parent = parent.parent
  end
  return name
end

local function add_test(name, fn, is_pending)
  local info = debug.getinfo(3, "Sl")
  local test = {
    kind = "test", name = full_name(suite.current, name), parent = suite.current, fn = fn,
    is_pending = is_pending or fn == nil, file = info.source:gsub("^[@=]", ""), line = info.currentline, tags = {},
  }
  for tag in test.name:gmatch("#([%w_%-]+)") do
    test.tags[tag] = true
  end
  table.insert(suite.current.children, test)
end

--- What is in `_G` and in `package.loaded` now.
function suite.surroundings()
  local saved = {}
  for _, t in ipairs({ _G, package.loaded }) do
    local copy = {}
    for key, value in next, t do
      copy[key] = value
    end
    saved[t] = copy
  end
  return saved
end

--- Makes `_G` and `package.loaded` what they were.
function suite.restore(saved)
  for t, copy in pairs(saved) do
    for key in next, t do
      if copy[key] == nil then
        t[key] = nil
      end
    end
    for key, value in next, copy do
      rawset(t, key, value)
    end
  end
end

local function add_context(kind, name, fn)
  local parent = suite.current
  local context = new_context(kind, name, parent)
  table.insert(parent.children, context)
  suite.current = context
  local saved = kind == "insulate" and suite.surroundings()
  fn()
  if saved then
    suite.restore(saved)
  end
  suite.current = parent
end

--- A group of tests.
function suite.describe(name, fn)
  check("describe", name, fn)
  add_context("describe", name, fn)
end

--- A group of tests whose globals and modules are its own.
function suite.insulate(name, fn)
  check("insulate", name, fn)
  add_context("insulate", name, fn)
end

--- A test. Without a function it is pending.
function suite.it(name, fn)
  check("it", name, fn, true)
  add_test(name, fn)
end

--- A test that does not run yet; inside of a test: the test ends here, and is pending.
function suite.pending(name, fn)
  if suite.running then
    error(setmetatable({ reason = name ~= nil and tostring(name) or nil }, suite.Pending), 0)
  end
  check("pending", name, fn, true)
  add_test(name, fn, true)
end

--- Runs `fn` at the end of the test that runs, whether it passes or fails.
function suite.finally(fn)
  if not suite.running then
    error("'finally' is called inside of a test", 2)
  elseif type(fn) ~= "function" then
    error(("bad argument #1 to 'finally' (function expected, got %s)"):format(type(fn)), 2)
  end
  table.insert(suite.running.finally, fn)
end

--- The tests and groups of this group run in another order each time; with `seed`, in the same other one.
function suite.randomize(seed)
  suite.current.seed = seed == nil or seed == true or seed
end

suite.hooks = {}
for name, kind in pairs(HOOKS) do
  suite.hooks[name] = function(fn)
    if suite.running then
      error(("'%s' cannot be called inside a test"):format(name), 2)
    elseif type(fn) ~= "function" then
      error(("bad argument #1 to '%s' (function expected, got %s)"):format(name, type(fn)), 2)
    end
    table.insert(suite.current[kind], fn)
  end
end

suite.failure = failure

return suite
