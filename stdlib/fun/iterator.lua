--- What `fun` iterates over, and the iterators themselves: a function `gen`, a `param` that stays, and a `state`. `gen(param, state)`
--- gives the next state and the values of an element, or nil at the end. It changes nothing, so that an iteration can be repeated from any
--- state; unless what is below it, such as the lines of a file, can be read only once.
---
--- This module is the metatable of iterators: as a module it travels by its name, and so an iterator is one in a worker, too.
local arguments = require "lithops.arguments"
local loops = require "fun.loops"

local Iterator = { __name = "fun.iterator" }

-- An iterator that comes from elsewhere may be all there is of `fun` in this process.
Iterator.__index = setmetatable({}, {
  __index = function(methods, name)
    require "fun"
    return rawget(methods, name)
  end,
})

--- As `for _, x in it` calls it, whose first state is nil.
function Iterator.__call(it, _, state)
  if state == nil then
    state = it.state
  end
  return it.gen(it.param, state)
end

function Iterator.__tostring()
  return "fun.iterator"
end

function Iterator.wrap(gen, param, state)
  return setmetatable({ gen = gen, param = param, state = state }, Iterator)
end

local function list_gen(list, i)
  i = i + 1
  local value = list[i]
  if value == nil then
    return nil
  end
  return i, value
end

local function map_gen(map, key)
  local value
  key, value = next(map, key)
  return key, key, value
end

local function string_gen(text, i)
  i = i + 1
  if i > #text then
    return nil
  end
  return i, text:sub(i, i)
end

local function range_gen(range, i)
  if i >= range.n then
    return nil
  end
  return i + 1, range.first + i * range.step
end

local function nothing_gen()
  return nil
end

local function with_control(first, ...)
  if first == nil then
    return nil
  end
  return first, first, ...
end

-- What a generic `for` takes: the first value is the control, and a value.
local function for_gen(loop, control)
  return with_control(loop.next(loop.invariant, control))
end

--- An iteration over all that a generic `for` would give.
function Iterator.from(next_values, invariant, control)
  if next_values == next and type(invariant) == "table" then
    return map_gen, invariant, control
  end
  return for_gen, { next = next_values, invariant = invariant }, control
end

function Iterator.numbers(first, step, n)
  return range_gen, { first = first, step = step, n = n }, 0
end

-- A range prints as the call that makes it. Asking it for each number would take a hundred times as long.
local function userdata(object)
  local first, step = tostring(object):match("^lithops%.range%((%S+), %S+, (%S+)%)$")
  if first then
    return Iterator.numbers(tonumber(first), tonumber(step), #object)
  end
end

local function table_with(meta, object)
  if meta == Iterator then
    return object.gen, object.param, object.state
  elseif meta.__ipairs then
    return meta.__ipairs(object)
  elseif meta.__pairs then
    return Iterator.from(meta.__pairs(object))
  elseif meta.__iter then
    return Iterator.from(meta.__iter(object))
  end
end

--- The iteration over an object, or over what `gen`, `param` and `state` say already; nothing if it cannot be iterated over.
function Iterator.source(object, param, state)
  local kind = type(object)
  if kind == "table" then
    local meta = getmetatable(object)
    if type(meta) == "table" then
      local gen, own_param, own_state = table_with(meta, object)
      if gen then
        return gen, own_param, own_state
      end
    end
    if #object > 0 then
      return list_gen, object, 0
    end
    return map_gen, object, nil
  elseif kind == "function" then
    if param == nil and state == nil then
      return Iterator.from(object)
    end
    return object, param, state
  elseif kind == "string" then
    return string_gen, object, 0
  elseif kind == "userdata" then
    return userdata(object)
  end
end

--- The same; raises unless argument `position` of function `name` can be iterated over.
function Iterator.argument(position, name, object, param, state)
  local gen, own_param, own_state = Iterator.source(object, param, state)
  if not gen then
    arguments.fail(position, name, "list, map, string, range, iterator or iterator function", object)
  end
  return gen, own_param, own_state
end

--- An iteration of no elements.
function Iterator.nothing()
  return nothing_gen, nil, nil
end

local function values_of(cursor, state, ...)
  cursor.state = state
  if state == nil then
    cursor.gen = nothing_gen
    return nil
  end
  return ...
end

--- An iterator function of the values alone. Where it is lies in a table and not in a variable of two functions, which LuaJIT would
--- write and read again for each element.
function Iterator.values(gen, param, state)
  local cursor = { gen = gen, param = param, state = state }
  return function()
    return values_of(cursor, cursor.gen(cursor.param, cursor.state))
  end
end

--- As `lithops.map` asks for what a table has.
function Iterator.__iter(it)
  return Iterator.values(it.gen, it.param, it.state)
end

-- From the third on, LuaJIT takes functions that are made here for one: what it compiles for the script's first holds for all.
for _ = 1, 3 do
  Iterator.values(nothing_gen)
end

--- How elements are pushed: `push[gen](param, state, down, node)` calls `down` with the values of each element until it returns true, and
--- returns true then. One loop with all steps in it is what LuaJIT compiles well; a `gen` that calls another is not, once
--- there are many. `node` is the combination of all steps below, as `loops` knows it.
local push = {}
Iterator.push = push

local function step(down, state, ...)
  if state == nil then
    return nil, false
  elseif down(...) then
    return nil, true
  end
  return state, false
end

local function run_any(gen, param, state, down, step)
  local stopped
  repeat
    state, stopped = step(down, gen(param, state))
  until state == nil
  return stopped
end

--- Pushes the elements of an iteration, one call of `gen` for each.
function Iterator.run_pulled(gen, param, state, down, node)
  node = loops.step(node, "gen", gen)
  return loops.of(node, "any", run_any)(gen, param, state, down, step)
end

--- Pushes the elements of any iteration.
function Iterator.run(gen, param, state, down, node)
  local own = push[gen]
  if own then
    return own(param, state, down, node)
  end
  return Iterator.run_pulled(gen, param, state, down, node)
end

-- `loop(param, state, down)` goes over all that `gen` gives.
local function push_by(gen, loop)
  push[gen] = function(param, state, down, node)
    return loops.of(node, gen, loop)(param, state, down)
  end
end

push_by(list_gen, function(list, i, down)
  while true do
    i = i + 1
    local value = list[i]
    if value == nil then
      return false
    elseif down(value) then
      return true
    end
  end
end)

push_by(map_gen, function(map, from, down)
  for key, value in next, map, from do
    if down(key, value) then
      return true
    end
  end
  return false
end)

push_by(string_gen, function(text, from, down)
  for i = from + 1, #text do
    if down(text:sub(i, i)) then
      return true
    end
  end
  return false
end)

push_by(range_gen, function(range, from, down)
  local first, step_size = range.first, range.step
  for i = from, range.n - 1 do
    if down(first + i * step_size) then
      return true
    end
  end
  return false
end)

return Iterator
