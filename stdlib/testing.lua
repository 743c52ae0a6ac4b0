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

local function is_text_or_list(value)
  if type(value) == "table" then
    for _, element in ipairs(value) do
      if type(element) ~= "string" then
        return false
      end
    end
    return true
  end
  return type(value) == "string"
end

local TEXTS = { "a string or a list of strings", is_text_or_list }

local OPTIONS = {
  filter = TEXTS, filter_out = TEXTS, tags = TEXTS, exclude_tags = TEXTS,
  seed = { "a whole number", function(value) return type(value) == "number" and value % 1 == 0 end },
  fail_fast = { "true or false", function(value) return type(value) == "boolean" end },
}

local function checked(options)
  if options ~= nil and type(options) ~= "table" then
    error(("bad argument #1 to 'testing.run' (table expected, got %s)"):format(type(options)), 3)
  end
  local result = {}
  for name, value in pairs(options or {}) do
    local kind = OPTIONS[name]
    if not kind then
      local known = {}
      for option in pairs(OPTIONS) do
        known[#known + 1] = option
      end
      error(("unknown option `%s`%s"):format(tostring(name), require("nearest").hint(tostring(name), known)), 3)
    elseif not kind[2](value) then
      error(("option `%s` must be %s, not %s"):format(name, kind[1], require("lithops.arguments").shown(value)), 3)
    end
    local is_list = name ~= "seed" and name ~= "fail_fast"
    result[name] = is_list and type(value) == "string" and { value } or value
  end
  return result
end

--- Runs the tests that were described so far, prints the results, and forgets the tests.
function testing.run(options)
  options = checked(options)
  if suite.running then
    error("'testing.run' cannot be called inside a test", 2)
  end
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
