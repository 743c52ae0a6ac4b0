--- The functions that test files have as globals.
local spy = require "testing.spy"
local suite = require "testing.suite"

local functions = {
  assert = require "testing.assert",
  describe = suite.describe,
  context = suite.describe,
  expose = suite.describe,
  insulate = suite.insulate,
  it = suite.it,
  spec = suite.it,
  test = suite.it,
  pending = suite.pending,
  finally = suite.finally,
  randomize = suite.randomize,
  spy = spy,
  stub = spy.stub,
}
for name, hook in pairs(suite.hooks) do
  functions[name] = hook
end

return functions
