--- Several iterations as one: side by side, one behind the other, again and again.
local Iterator = require "fun.iterator"
local loops = require "fun.loops"

local push, run, wrap = Iterator.push, Iterator.run, Iterator.wrap

local compositions = {}

local function zip_two_gen(param, states)
  local first_state, first = param[1].gen(param[1].param, states[1])
  if first_state == nil then
    return nil
  end
  local second_state, second = param[2].gen(param[2].param, states[2])
  if second_state == nil then
    return nil
  end
  return { first_state, second_state }, first, second
end

local function zip_gen(param, states)
  local n, following, values = param.n, {}, {}
  for i = 1, n do
    local state, value = param[i].gen(param[i].param, states[i])
    if state == nil then
      return nil
    end
    following[i], values[i] = state, value
  end
  return following, unpack(values, 1, n)
end

-- The first is pushed; the second is pulled along.
push[zip_two_gen] = function(param, states, down, node)
  node = loops.step(node, zip_two_gen, param[2].gen)
  local gen, inner, state = param[2].gen, param[2].param, states[2]
  local stopped = false
  run(param[1].gen, param[1].param, states[1], function(first)
    local second
    state, second = gen(inner, state)
    if state == nil then
      return true
    end
    if down(first, second) then
      stopped = true
      return true
    end
    return false
  end, node)
  return stopped
end

--- Takes iterators.
function compositions.zip(...)
  local n = select("#", ...)
  if n == 0 then
    return wrap(Iterator.nothing())
  end
  local param, states = { n = n, ... }, {}
  for i = 1, n do
    states[i] = param[i].state
  end
  return wrap(n == 2 and zip_two_gen or zip_gen, param, states)
end

local function cycled(param, state, ...)
  if state == nil then
    return param.gen(param.param, param.state)
  end
  return state, ...
end

local function cycle_gen(param, state)
  return cycled(param, param.gen(param.param, state))
end

push[cycle_gen] = function(param, state, down, node)
  node = loops.step(node, cycle_gen)
  local gen, inner, from = param.gen, param.param, state
  local has_any
  local function seen(...)
    has_any = true
    return down(...)
  end
  if run(gen, inner, from, seen, node) then
    return true
  end
  repeat
    has_any = false
    if run(gen, inner, param.state, seen, node) then
      return true
    end
  until not has_any
  return false
end

function compositions.cycle(gen, param, state)
  return wrap(cycle_gen, { gen = gen, param = param, state = state }, state)
end

local chain_from

local function chained(param, i, state, ...)
  if state == nil then
    return chain_from(param, i + 1)
  end
  return { i, state }, ...
end

function chain_from(param, i)
  local source = param[i]
  if not source then
    return nil
  end
  return chained(param, i, source.gen(source.param, source.state))
end

local function chain_gen(param, state)
  local i = state[1]
  if i == 0 then
    return chain_from(param, 1)
  end
  return chained(param, i, param[i].gen(param[i].param, state[2]))
end

push[chain_gen] = function(param, state, down, node)
  node = loops.step(node, chain_gen)
  local i = state[1]
  if i > 0 and run(param[i].gen, param[i].param, state[2], down, node) then
    return true
  end
  for following = i + 1, #param do
    local source = param[following]
    if run(source.gen, source.param, source.state, down, node) then
      return true
    end
  end
  return false
end

--- Takes iterators.
function compositions.chain(...)
  return wrap(chain_gen, { ... }, { 0 })
end

return compositions
