--- Iterators whose elements are made of those of another: `map`, `enumerate`, `intersperse`, `flat_map`.
local Iterator = require "fun.iterator"
local loops = require "fun.loops"

local push, run, wrap = Iterator.push, Iterator.run, Iterator.wrap

local transformations = {}

local function mapped(f, state, ...)
  if state == nil then
    return nil
  end
  return state, f(...)
end

local function map_gen(param, state)
  return mapped(param.f, param.gen(param.param, state))
end

push[map_gen] = function(param, state, down, node)
  node = loops.step(node, map_gen, param.f)
  local f = param.f
  return run(param.gen, param.param, state, function(...)
    return down(f(...))
  end, node)
end

function transformations.map(f, gen, param, state)
  return wrap(map_gen, { f = f, gen = gen, param = param }, state)
end

local function enumerated(i, state, ...)
  if state == nil then
    return nil
  end
  return { i, state }, i, ...
end

local function enumerate_gen(param, state)
  return enumerated(state[1] + 1, param.gen(param.param, state[2]))
end

push[enumerate_gen] = function(param, state, down, node)
  node = loops.step(node, enumerate_gen)
  local i = state[1]
  return run(param.gen, param.param, state[2], function(...)
    i = i + 1
    return down(i, ...)
  end, node)
end

function transformations.enumerate(gen, param, state)
  return wrap(enumerate_gen, { gen = gen, param = param }, { 0, state })
end

local function first_of_all(state, ...)
  if state == nil then
    return nil
  end
  return { state = state }, ...
end

-- The element that was looked for waits in the state until the separator has been given.
local function separated(separator, state, ...)
  if state == nil then
    return nil
  end
  return { state = state, n = select("#", ...), ... }, separator
end

local function intersperse_gen(param, state)
  if state.n then
    return { state = state.state }, unpack(state, 1, state.n)
  elseif state.is_start then
    return first_of_all(param.gen(param.param, state.state))
  end
  return separated(param.separator, param.gen(param.param, state.state))
end

function transformations.intersperse(separator, gen, param, state)
  return wrap(intersperse_gen, { separator = separator, gen = gen, param = param }, { state = state, is_start = true })
end

-- What a function of `flat_map` gave; nil is nothing.
local function inner_source(object, ...)
  if object == nil then
    return Iterator.nothing()
  end
  return Iterator.argument(1, "flat_map", object, ...)
end

local next_inner

local function flattened(param, outer, gen, inner, state, ...)
  if state == nil then
    return next_inner(param, param.gen(param.param, outer))
  end
  return { outer, gen, inner, state }, ...
end

local function opened(param, outer, gen, inner, state)
  return flattened(param, outer, gen, inner, gen(inner, state))
end

function next_inner(param, outer, ...)
  if outer == nil then
    return nil
  end
  return opened(param, outer, inner_source(param.f(...)))
end

local function flat_map_gen(param, state)
  local gen = state[2]
  if not gen then
    return next_inner(param, param.gen(param.param, state[1]))
  end
  return flattened(param, state[1], gen, state[3], gen(state[3], state[4]))
end

push[flat_map_gen] = function(param, state, down, node)
  node = loops.step(node, flat_map_gen, param.f)
  if state[2] and run(state[2], state[3], state[4], down, node) then
    return true
  end
  local f = param.f
  return run(param.gen, param.param, state[1], function(...)
    local gen, inner, start = inner_source(f(...))
    return run(gen, inner, start, down, node)
  end, node)
end

function transformations.flat_map(f, gen, param, state)
  return wrap(flat_map_gen, { f = f, gen = gen, param = param }, { state })
end

return transformations
