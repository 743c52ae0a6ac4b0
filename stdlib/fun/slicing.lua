--- Parts of iterations: the first elements, or all but those.
local arguments = require "lithops.arguments"
local Iterator = require "fun.iterator"
local loops = require "fun.loops"

local push, run, wrap = Iterator.push, Iterator.run, Iterator.wrap

local slicing = {}

local function values_of(state, ...)
  if state == nil then
    return nil
  end
  return ...
end

function slicing.nth(n, gen, param, state)
  for _ = 2, n do
    state = gen(param, state)
    if state == nil then
      return nil
    end
  end
  return values_of(gen(param, state))
end

local function first_values(state, ...)
  if state == nil then
    arguments.raise("head: iterator is empty")
  end
  return ...
end

function slicing.head(gen, param, state)
  return first_values(gen(param, state))
end

local function taken(i, state, ...)
  if state == nil then
    return nil
  end
  return { i, state }, ...
end

local function take_n_gen(param, state)
  local i = state[1]
  if i >= param.n then
    return nil
  end
  return taken(i + 1, param.gen(param.param, state[2]))
end

push[take_n_gen] = function(param, state, down, node)
  node = loops.step(node, take_n_gen)
  local i, n, stopped = state[1], param.n, false
  if i >= n then
    return false
  end
  run(param.gen, param.param, state[2], function(...)
    i = i + 1
    if down(...) then
      stopped = true
      return true
    end
    -- At once, so that nothing more is read from what can be read only once.
    return i >= n
  end, node)
  return stopped
end

function slicing.take_n(n, gen, param, state)
  return wrap(take_n_gen, { n = n, gen = gen, param = param }, { 0, state })
end

local function taken_while(f, state, ...)
  if state == nil or not f(...) then
    return nil
  end
  return state, ...
end

local function take_while_gen(param, state)
  return taken_while(param.f, param.gen(param.param, state))
end

push[take_while_gen] = function(param, state, down, node)
  node = loops.step(node, take_while_gen, param.f)
  local f, stopped = param.f, false
  run(param.gen, param.param, state, function(...)
    if not f(...) then
      return true
    end
    if down(...) then
      stopped = true
      return true
    end
    return false
  end, node)
  return stopped
end

function slicing.take_while(f, gen, param, state)
  return wrap(take_while_gen, { f = f, gen = gen, param = param }, state)
end

-- Its first state is `param` itself, which no other iteration has; later ones are those of the iteration below.
local function drop_n_gen(param, state)
  local gen, inner = param.gen, param.param
  if rawequal(state, param) then
    state = param.state
    for _ = 1, param.n do
      state = gen(inner, state)
      if state == nil then
        return nil
      end
    end
  end
  return gen(inner, state)
end

push[drop_n_gen] = function(param, state, down, node)
  node = loops.step(node, drop_n_gen)
  if not rawequal(state, param) then
    return run(param.gen, param.param, state, down, node)
  end
  local left = param.n
  return run(param.gen, param.param, param.state, function(...)
    if left > 0 then
      left = left - 1
      return false
    end
    return down(...)
  end, node)
end

function slicing.drop_n(n, gen, param, state)
  if n == 0 then
    return wrap(gen, param, state)
  end
  local own = { n = n, gen = gen, param = param, state = state }
  return wrap(drop_n_gen, own, own)
end

local drop_while_gen

local function dropped_while(param, state, ...)
  if state ~= nil and param.f(...) then
    return dropped_while(param, param.gen(param.param, state))
  end
  return state, ...
end

function drop_while_gen(param, state)
  if rawequal(state, param) then
    return dropped_while(param, param.gen(param.param, param.state))
  end
  return param.gen(param.param, state)
end

push[drop_while_gen] = function(param, state, down, node)
  node = loops.step(node, drop_while_gen, param.f)
  if not rawequal(state, param) then
    return run(param.gen, param.param, state, down, node)
  end
  local f, is_dropping = param.f, true
  return run(param.gen, param.param, param.state, function(...)
    if is_dropping then
      is_dropping = f(...)
      if is_dropping then
        return false
      end
    end
    return down(...)
  end, node)
end

function slicing.drop_while(f, gen, param, state)
  local own = { f = f, gen = gen, param = param, state = state }
  return wrap(drop_while_gen, own, own)
end

function slicing.tail(gen, param, state)
  return slicing.drop_n(1, gen, param, state)
end

function slicing.take(n_or_f, gen, param, state)
  local take = type(n_or_f) == "number" and slicing.take_n or slicing.take_while
  return take(n_or_f, gen, param, state)
end

function slicing.drop(n_or_f, gen, param, state)
  local drop = type(n_or_f) == "number" and slicing.drop_n or slicing.drop_while
  return drop(n_or_f, gen, param, state)
end

--- Two iterators.
function slicing.span(n_or_f, gen, param, state)
  return slicing.take(n_or_f, gen, param, state), slicing.drop(n_or_f, gen, param, state)
end

return slicing
