--- Tests as busted has them: `describe`, `it`, and `assert` with luassert's assertions. `lithops-lua test` runs files of them, in which
--- these functions are globals; a script has them from `require "testing"`, and runs its tests with `testing.run()`.
local report = require "testing.report"
local runner = require "testing.runner"
local suite = require "testing.suite"

---@type table<string, any>
local testing = {}
for name, value in pairs(require "testing.functions") do
  testing[name] = value
end

local OPTIONS = { filter = true, filter_out = true, tags = true, exclude_tags = true, seed = true, fail_fast = true }

local function checked(options)
  if options ~= nil and type(options) ~= "table" then
    error(("bad argument #1 to 'testing.run' (table expected, got %s)"):format(type(options)), 3)
  end
  local result = {}
  for name, value in pairs(options or {}) do
    if not OPTIONS[name] then
      local known = {}
      for option in pairs(OPTIONS) do
        known[#known + 1] = option
      end
      error(("unknown option `%s`%s"):format(tostring(name), require("nearest").hint(tostring(name), known)), 3)
    end
    local is_list = name ~= "seed" and name ~= "fail_fast"
    result[name] = is_list and type(value) == "string" and { value } or value
  end
  return result
end

--- Runs the tests that were described so far, prints the results, and forgets the tests.
function testing.run(options)
  options = checked(options)
  local ok, selected = pcall(runner.select, options)
  if not ok then
    error(selected, 2)
  end
  local take, finish = report.printer()
  local counts = runner.run("", options, take)
  finish(counts)
  suite.reset()
  local failed = counts.failure + counts.error
  return failed == 0 and selected.selected > 0, { passed = counts.success, failed = failed, skipped = counts.pending }
end

return testing
