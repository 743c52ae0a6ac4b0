--- Several iterations as one: side by side, one behind the other, again and again.
local Iterator = require "fun.iterator"
local loops = require "fun.loops"

local push, run, wrap = Iterator.push, Iterator.run, Iterator.wrap

local compositions = {}

local function zip_two_gen(pair, states)
  local state, first = pair.gen(pair.param, states[1])
  if state == nil then
    return nil
  end
  local other_state, second = pair.other_gen(pair.other_param, states[2])
  if other_state == nil then
    return nil
  end
  return { state, other_state }, first, second
end

local function beside(state, first, other_state, ...)
  if other_state == nil then
    return nil
  end
  return { state, other_state }, first, ...
end

-- Three are zipped as one and the pair of the others, and so on: values whose number is not known have to be in a list, and LuaJIT does
-- not compile `unpack`.
local function zip_more_gen(pair, states)
  local state, first = pair.gen(pair.param, states[1])
  if state == nil then
    return nil
  end
  return beside(state, first, pair.other_gen(pair.other_param, states[2]))
end

local function joined(first, state, ...)
  if state == nil then
    return nil
  end
  return state, first, ...
end

-- Gives the values of the next element of all cursors from this one on, behind what is nil at the end. Cursors change: a table for each
-- state would cost more than all else. It has no upvalues either, for the reason that `puller_of_two` has none.
local function pull(cursor, pull, joined)
  local state, first = cursor.gen(cursor.param, cursor.state)
  local others = cursor.others
  cursor.state = state
  if state == nil or not others then
    return state, first
  end
  return joined(first, pull(others, pull, joined))
end

local function cursors(pair, states)
  local others
  if pair.has_more then
    others = cursors(pair.other_param, states[2])
  else
    others = { gen = pair.other_gen, param = pair.other_param, state = states[2], others = false }
  end
  return { gen = pair.gen, param = pair.param, state = states[1], others = others }
end

-- What the first of two is pushed to: the second is pulled along. It has no upvalues, as each combination has one of its own: a trace
-- that ends in a `gen` would be that of all combinations. It makes three functions, as LuaJIT takes them for one from the third on.
local function puller_of_two(at, down)
  local step
  for _ = 1, 3 do
    step = function(first)
      local state, second = at.gen(at.param, at.state)
      at.state = state
      if state == nil then
        return true
      end
      if down(first, second) then
        at.stopped = true
        return true
      end
      return false
    end
  end
  return step
end

push[zip_two_gen] = function(pair, states, down, node)
  node = loops.step(node, zip_two_gen, pair.other_gen)
  local at = { gen = pair.other_gen, param = pair.other_param, state = states[2], stopped = false }
  run(pair.gen, pair.param, states[1], loops.of(node, "puller", puller_of_two)(at, down), node)
  return at.stopped
end

local function pushed(at, down, first, state, ...)
  if state == nil then
    return true
  elseif down(first, ...) then
    at.stopped = true
    return true
  end
  return false
end

-- The same where more than one are pulled along.
local function puller_of_more(at, down, pushed, pull, joined)
  local step
  for _ = 1, 3 do
    step = function(first)
      return pushed(at, down, first, pull(at.others, pull, joined))
    end
  end
  return step
end

push[zip_more_gen] = function(pair, states, down, node)
  node = loops.step(node, zip_more_gen)
  local other = pair.other_param
  while other.has_more do
    node = loops.step(node, zip_more_gen, other.gen)
    other = other.other_param
  end
  node = loops.step(loops.step(node, zip_two_gen, other.gen), zip_two_gen, other.other_gen)
  local at = { others = cursors(pair.other_param, states[2]), stopped = false }
  local step = loops.of(node, "puller", puller_of_more)(at, down, pushed, loops.of(node, "pull", pull), joined)
  run(pair.gen, pair.param, states[1], step, node)
  return at.stopped
end

-- The first value of each element.
local function firsts_gen(source, state)
  local first
  state, first = source.gen(source.param, state)
  return state, first
end

--- Takes iterators.
function compositions.zip(...)
  local n = select("#", ...)
  if n == 0 then
    return wrap(Iterator.nothing())
  end
  local sources = { ... }
  local zipped = sources[n]
  if n == 1 then
    return wrap(firsts_gen, zipped, zipped.state)
  end
  for i = n - 1, 1, -1 do
    local source = sources[i]
    local pair = { gen = source.gen, param = source.param, other_gen = zipped.gen, other_param = zipped.param }
    pair.has_more = i < n - 1
    zipped = wrap(pair.has_more and zip_more_gen or zip_two_gen, pair, { source.state, zipped.state })
  end
  return zipped
end

-- So few elements are gone over again by what pulls them: a loop of its own for each time costs more.
local FEW = 100

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
  node = loops.step(node, cycle_gen, param.gen)
  local gen, inner, from = param.gen, param.param, state
  local seen
  local function counted(...)
    seen = seen + 1
    return down(...)
  end
  repeat
    seen = 0
    if run(gen, inner, from, counted, node) then
      return true
    end
    from = param.state
    if seen < FEW then
      return Iterator.run_pulled(cycle_gen, param, from, down, node)
    end
  until false
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
