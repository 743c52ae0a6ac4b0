--- Pipelines: their steps, and what can be done with them.
local arguments = require "lithops.arguments"
local order = require "pipeline.order"
local Run = require "pipeline.run"
local tree = require "pipeline.tree"
local Value = require "pipeline.value"

-- The class is what `require` gives, so that pipelines are sent with a reference to it.
local methods = {}
---@class pipeline.Graph
---@field [string] any
local Graph = { __name = "pipeline.Pipeline", __index = methods }

local STEP = arguments.CALL
local MAP = arguments.MAP
local DEFAULTS = arguments.joined(MAP, { executor = arguments.EXECUTOR })

function Graph.new(name, options)
  return setmetatable({
    name = name,
    defaults = arguments.options(options, DEFAULTS, "new"),
    steps = {},
    by_name = {},
    -- What became of each step when it ran last.
    records = nil,
  }, Graph)
end

-- How many inputs there are.
local function count_inputs(inputs, method)
  local n = arguments.length(inputs, 3, method)
  if n > arguments.MOST then
    arguments.raise("bad argument #3 to '%s' (%.14g inputs, which are %d at most; a `map` makes a list of many)", method, n, arguments.MOST)
  end
  return n
end

-- Texts are names of steps, what is no text is itself.
local function read_inputs(inputs, method)
  if type(inputs) == "string" then
    inputs = { inputs }
  elseif inputs ~= nil and (type(inputs) ~= "table" or getmetatable(inputs) == Value) then
    arguments.fail(3, method, "list of inputs", inputs)
  end
  local read = { n = count_inputs(inputs or {}, method) }
  for key in pairs(inputs or {}) do
    if type(key) ~= "number" and key ~= "n" then
      arguments.raise("bad argument #3 to '%s' (list of inputs expected, got a table with a field `%s`)", method, tostring(key))
    end
  end
  for i = 1, read.n do
    local input = inputs[i]
    if type(input) == "string" then
      read[i] = { step = input }
    elseif getmetatable(input) == Value then
      read[i] = { value = input.value }
    else
      read[i] = { value = input }
    end
  end
  return read
end

-- Raises unless the first input of a step may be walked over.
local function check_list(kind, name, inputs)
  local first = inputs[1]
  local value = first and first.value
  local is_list = first and first.step or type(value) == "table" or type(value) == "userdata"
  if not is_list then
    arguments.raise("%s: the first input of step `%s` must be a step or a list, not %s", kind, name,
      first and arguments.shown(value) or "none")
  end
end

local function check_graph(self, name)
  if getmetatable(self) ~= Graph then
    arguments.raise("bad argument to '%s' (pipeline expected; call it with a colon, `p:%s(…)`)", name, name)
  end
end

local function add(self, kind, name, fn, inputs, options)
  check_graph(self, kind)
  arguments.check_type(name, "string", 1, kind)
  arguments.check_type(fn, "function", 2, kind)
  if self.by_name[name] then
    arguments.raise("pipeline `%s` has a step `%s` already", self.name, name)
  end
  inputs = read_inputs(inputs, kind)
  if kind ~= "step" then
    check_list(kind, name, inputs)
  end
  local step = {
    name = name,
    kind = kind,
    fn = fn,
    inputs = inputs,
    options = arguments.options(options, kind == "map" and MAP or STEP, kind),
  }
  self.steps[#self.steps + 1] = step
  self.by_name[name] = step
  return self
end

--- A step of one call: `fn` gets its inputs as arguments.
function methods:step(name, fn, inputs, options)
  return add(self, "step", name, fn, inputs, options)
end

--- A step of one call for each element of its first input; the other inputs are further arguments. Its result is a list.
function methods:map(name, fn, inputs, options)
  return add(self, "map", name, fn, inputs, options)
end

--- A step of one call with a list, its first input.
function methods:reduce(name, fn, inputs, options)
  return add(self, "reduce", name, fn, inputs, options)
end

local NAMES = {
  "a name or a list of names",
  function(value) return type(value) == "string" or type(value) == "table" end,
}
local RUN = {
  executor = arguments.EXECUTOR,
  upto = NAMES,
  results = NAMES,
  given = arguments.TABLE,
  on_step = arguments.FUNCTION,
  throw_except = arguments.BOOLEAN,
}

local function list_of(names)
  return type(names) == "string" and { names } or names
end

--- Runs the steps. Gives their results by name, and, with `throw_except = false`, the error if steps failed.
function methods:run(options)
  check_graph(self, "run")
  options = arguments.options(options, RUN, "run")
  local given = options.given or {}
  local names = {}
  for name in pairs(given) do
    names[#names + 1] = name
  end
  order.check_names(self, names, "given")
  local steps = order.of(self, list_of(options.upto), given)
  local results = list_of(options.results)
  order.check_names(self, results, "results", steps, given)
  local run = Run.new(self, steps, {
    executor = options.executor or self.defaults.executor,
    given = given,
    on_step = options.on_step,
  })
  self.records = run.records
  local values, failure = run:go(results)
  if failure and options.throw_except ~= false then
    error(failure, 0)
  end
  return values, failure
end

--- The graph as a tree: each step over those that it needs; after a run, with states and times.
function methods:tree()
  check_graph(self, "tree")
  return tree(self, order.of(self))
end

--- What there is to know of each step, in an order in which they can run.
function methods:describe()
  check_graph(self, "describe")
  local list = {}
  for i, step in ipairs(order.of(self)) do
    local record = self.records and self.records[step.name] or {}
    list[i] = {
      name = step.name,
      kind = step.kind,
      needs = order.needs(step),
      options = arguments.joined(step.options),
      state = record.state or "waiting",
      calls = record.calls,
      failed = record.failed,
      seconds = record.seconds,
      error = record.error,
    }
  end
  return list
end

function Graph:__tostring()
  local ok, text = pcall(methods.tree, self)
  return ok and text or ("pipeline %s"):format(self.name)
end

return Graph
