--- What `lithops-lua test` calls for each file of tests, in a VM of its own.
local outcome = require "testing.outcome"
local runner = require "testing.runner"
local suite = require "testing.suite"
local testing = require "testing.functions"

local command = {}

-- An error that belongs to no test.
local function problem_of_file(file, found, name)
  return {
    name = name, file = file, line = tonumber((found.where or ""):match(":(%d+)$")) or 0, status = "error", seconds = 0,
    message = found.message, where = found.where, traceback = found.traceback and table.concat(found.traceback, "\n"),
  }
end

-- Runs the file itself, which calls `describe` and `it`. Gives what went wrong.
local function load(main, file, exit_code)
  local found = outcome.of_call(main, file)
  local code = exit_code()
  if code then
    found = found or {}
    found.message = ("`os.exit(%s)` was called while the file was loaded"):format(code)
  elseif found and found.status == "pending" then
    found.message = "`pending` without a function is called inside of a test"
  end
  return found
end

--- Loads and runs a file. `main` is its main chunk, `send` takes each result, and `exit_code` gives what `os.exit` was called with
--- since it was last asked. `program` is the executable. Gives how many results there were of each kind; or nil and what is wrong with the options.
function command.run(main, file, options, send, exit_code, program)
  for name, value in pairs(testing) do
    rawset(_G, name, value)
  end
  rawset(_G, "arg", { [-1] = program, [0] = file })
  suite.exit_code = exit_code
  local found = load(main, file, exit_code)
  if found then
    send(problem_of_file(file, found, "(while it was loaded)"))
    return { tests = 0, selected = 0, is_broken = true }
  end
  local ok, counts = pcall(runner.select, options)
  if not ok then
    return nil, counts
  end
  if counts.tests == 0 then
    send(problem_of_file(file, { message = "this file tests nothing: it calls neither `it` nor `test`" }, "(no tests)"))
    counts.is_broken = true
  end
  runner.run(file, options, send)
  return counts
end

return command
