--- Runs the tests that were gathered, and reports each.
local outcome = require "testing.outcome"
local selection = require "testing.selection"
local spy = require "testing.spy"
local suite = require "testing.suite"

-- A test may take globals away.
local ipairs, setmetatable, table, time = ipairs, setmetatable, table, lithops.time

local runner = {}

--- From the file's own group down to that of a test.
local function groups_of(test)
  local groups, group = {}, test.parent
  while group do
    table.insert(groups, 1, group)
    group = group.parent
  end
  return groups
end

local function call_all(hooks)
  for _, hook in ipairs(hooks) do
    local problem = outcome.of_call(hook)
    if problem then
      return problem
    end
  end
end

-- The worse of what came of a test and of what comes after it.
local function worse(first, second)
  if not first or first.status == "pending" then
    return second or first
  end
  return first
end

local function named(problem, hook)
  if problem and problem.status ~= "pending" then
    problem.message = ("in `%s`: %s"):format(hook, problem.message)
  end
  return problem
end

local function run_hooks_after(groups, reached, finally)
  local problem = named(call_all(finally), "finally")
  for i = reached, 1, -1 do
    problem = worse(problem, named(call_all(groups[i].after_each), "after_each"))
  end
  return problem
end

-- What comes of a test, with its hooks around it. Nil: it passed.
local function run_test(test)
  local groups = groups_of(test)
  local problem, reached = nil, 0
  suite.running = { finally = {} }
  for i, group in ipairs(groups) do
    problem, reached = named(call_all(group.before_each), "before_each"), i
    if problem then
      break
    end
  end
  if not problem then
    problem = outcome.of_call(test.fn)
  end
  problem = worse(problem, run_hooks_after(groups, reached, suite.running.finally))
  suite.running = nil
  spy.revert_all()
  local code = suite.exit_code and suite.exit_code()
  if code then
    -- The test may have caught the error of the call.
    problem = problem or {}
    problem.status, problem.message = "error", ("`os.exit(%s)` was called in a test"):format(code)
  end
  return problem
end

local Run = {}
Run.__index = Run

function Run:report(test, problem, seconds)
  local event = {
    name = test.name, file = test.file, line = test.line, seconds = seconds or 0,
    status = problem and problem.status or "success",
    message = problem and problem.message, where = problem and problem.where,
    traceback = problem and problem.traceback and table.concat(problem.traceback, "\n"),
  }
  self.counts[event.status] = self.counts[event.status] + 1
  if self.options.fail_fast and (event.status == "failure" or event.status == "error") then
    self.is_over = true
  end
  self.send(event)
end

function Run:test(test, blocked)
  if test.is_pending then
    return self:report(test, { status = "pending" })
  elseif blocked then
    return self:report(test, { status = "error", message = blocked })
  end
  local start = time()
  local problem = run_test(test)
  self:report(test, problem, time() - start)
end

local function has_running_test(context)
  for _, child in ipairs(context.children) do
    if child.kind == "test" and child.selected == 1 and not child.is_pending
      or child.kind ~= "test" and has_running_test(child) then
      return true
    end
  end
  return false
end

-- An error that belongs to a group and to none of its tests.
function Run:group_problem(context, problem, hook)
  if problem and problem.status ~= "pending" then
    local name = context.name or "the file"
    self:report({ name = ("%s of %s"):format(hook, name), file = self.file, line = 0 }, problem)
  end
end

function Run:group(context, blocked)
  local saved = context.kind == "insulate" and suite.surroundings()
  local runs = has_running_test(context) and not blocked
  if runs then
    suite.current = context
    local problem = call_all(context.strict_setup) or call_all(context.setup)
    self:group_problem(context, problem, "setup")
    blocked = problem and ("not run, because `setup` of %s failed"):format(context.name or "the file")
  end
  for _, child in ipairs(selection.order(context, self.options.seed)) do
    if self.is_over then
      break
    elseif child.kind == "test" then
      if child.selected == 1 then
        self:test(child, blocked)
      end
    elseif child.selected > 0 then
      self:group(child, blocked)
    end
  end
  if runs then
    self:group_problem(context, call_all(context.teardown) or call_all(context.strict_teardown), "teardown")
  end
  if saved then
    suite.restore(saved)
  end
end

local function list(context, send)
  for _, child in ipairs(context.children) do
    if child.kind == "test" then
      if child.selected == 1 then
        send({ name = child.name, file = child.file, line = child.line, status = "listed" })
      end
    else
      list(child, send)
    end
  end
end

--- Selects tests among those that were gathered; raises an error where a pattern is not valid. Gives how many there are: `tests` in all,
--- and `selected`.
function runner.select(options)
  local selected, all = selection.mark(suite.root, options)
  return { tests = all, selected = selected }
end

--- Runs the tests that were selected; `send` is called with each result. Gives how many there were of each status.
function runner.run(file, options, send)
  local counts = { success = 0, failure = 0, error = 0, pending = 0 }
  if options.list then
    list(suite.root, send)
  else
    setmetatable({ options = options, send = send, file = file, counts = counts }, Run):group(suite.root)
  end
  return counts
end

return runner
