--- How the steps of a pipeline are started.
---
--- A step that needs the result of one call gets its future as the input, so that it starts as soon as that call has ended, and the
--- result does not pass through this process; so does each call of a map over the calls of a map. A map and a reduce of its results
--- are one `map_reduce`. All others are started here once what they need is there.
local arguments = require "lithops.arguments"
local order = require "pipeline.order"

-- Options of a step, over those of the pipeline.
local function options_of(run, step)
  local kinds = step.kind == "map" and arguments.MAP or arguments.CALL
  local options = arguments.only(run.defaults, kinds)
  for name, value in pairs(step.options) do
    options[name] = value
  end
  return options
end

-- A call of the function of a step with these values.
local function start_call(run, step, values)
  local options, first = options_of(run, step), values[1]
  if values.n == 0 then
    first = lithops.args()
  else
    options.extra_args = { n = values.n - 1, unpack(values, 2, values.n) }
  end
  return run:call("call_async", step.fn, first, options)
end

-- The values of the inputs from `first` on; nil if one is not there.
local function values_from(run, step, first)
  local values = { n = math.max(0, step.inputs.n - first + 1) }
  for i = first, step.inputs.n do
    local input = step.inputs[i]
    if not input.step then
      values[i - first + 1] = input.value
    elseif run:state(input.step) == "done" or run:state(input.step) == "given" then
      values[i - first + 1] = run:value(input.step)
    else
      return nil
    end
  end
  return values
end

-- The only step that a step needs, if it was started as one call; and where among its inputs it is.
local function only_call(run, step)
  local needs = order.needs(step)
  local futures = #needs == 1 and run.futures[needs[1]]
  if not futures or not futures.is_one then
    return nil
  end
  local places = {}
  for i = 1, step.inputs.n do
    if step.inputs[i].step then
      places[#places + 1] = i
    end
  end
  return futures[1], places
end

-- A function of a value that calls `fn` with it at its places among the constants.
local function with_value_at(fn, constants, places)
  return function(value)
    local all = { unpack(constants, 1, constants.n) }
    for _, place in ipairs(places) do
      all[place] = value
    end
    return fn(unpack(all, 1, constants.n))
  end
end

local function start_on_call(run, step, future, places)
  local options, fn = options_of(run, step), step.fn
  local constants = { n = step.inputs.n }
  for i = 1, step.inputs.n do
    constants[i] = step.inputs[i].value
  end
  if #places == 1 and places[1] == 1 then
    options.extra_args = { n = constants.n - 1, unpack(constants, 2, constants.n) }
  else
    fn = with_value_at(fn, constants, places)
  end
  run:add_futures(step, run:call("call_async", fn, future, options), true)
end

local function start_step(run, step, has_inputs)
  local future, places = only_call(run, step)
  if future then
    start_on_call(run, step, future, places)
    return true
  elseif not has_inputs then
    return false
  end
  run:add_futures(step, start_call(run, step, values_from(run, step, 1)), true)
  return true
end

-- Raises unless a value can be walked over.
local function check_list(step, value)
  local is_list = type(value) == "table" or type(value) == "userdata"
  if not is_list then
    error(("the result of `%s` is not a list but %s"):format(step.inputs[1].step, arguments.shown(value)), 0)
  end
  return value
end

-- The futures of the calls of a map, if the first input is one that was started.
local function calls_of_map(run, step)
  local futures = run.futures[step.inputs[1].step]
  return futures and not futures.is_one and futures.list
end

-- What a map walks over: the calls of another map, or a list; nil if it is not there.
local function input_of(run, step, has_inputs)
  local calls = calls_of_map(run, step)
  if calls or not has_inputs then
    return calls
  end
  local input = step.inputs[1]
  return check_list(step, input.step and run:value(input.step) or input.value)
end

-- The first reduce of the results of a map that can be started together with it, and its other inputs.
local function reducer_of(run, map)
  local options = options_of(run, map)
  for _, step in ipairs(run.steps) do
    if step.kind == "reduce" and step.inputs[1].step == map.name then
      local others, is_alike = values_from(run, step, 2), true
      local own = options_of(run, step)
      for name in pairs(arguments.CALL) do
        is_alike = is_alike and (name == "runtime_memory" or own[name] == options[name])
      end
      if others and is_alike then
        return step, others
      end
    end
  end
end

local function start_map(run, step, has_inputs)
  local others = values_from(run, step, 2)
  local input = others and input_of(run, step, has_inputs)
  if not input then
    return false
  end
  local options = options_of(run, step)
  options.extra_args = others
  local reducer, reducer_args = reducer_of(run, step)
  if not reducer then
    run:add_futures(step, run:call("map", step.fn, input, options))
    return true
  end
  options.extra_args_reduce = reducer_args
  options.map_runtime_memory = options.runtime_memory
  options.reduce_runtime_memory = options_of(run, reducer).runtime_memory
  options.runtime_memory = nil
  local all = run:call("map_reduce", step.fn, input, reducer.fn, options)
  local maps, n = {}, #all - 1
  for i = 1, n do
    maps[i] = all[i]
  end
  run:add_futures(step, maps)
  run:add_futures(reducer, all[n + 1], true)
  return true
end

local function start_reduce(run, step, has_inputs)
  if not has_inputs then
    return false
  end
  local values = values_from(run, step, 1)
  check_list(step, values[1])
  run:add_futures(step, start_call(run, step, values), true)
  return true
end

local STARTS = { step = start_step, map = start_map, reduce = start_reduce }

--- Starts a step if that can be; `has_inputs` tells whether all that it needs is done. Gives whether it was started.
return function(run, step, has_inputs)
  return STARTS[step.kind](run, step, has_inputs)
end
