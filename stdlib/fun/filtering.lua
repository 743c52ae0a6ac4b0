--- Iterators over some of the elements of another.
local Iterator = require "fun.iterator"
local loops = require "fun.loops"
local transformations = require "fun.transformations"

local push, run, wrap = Iterator.push, Iterator.run, Iterator.wrap

local filtering = {}

local filter_gen

local function kept(param, state, ...)
  if state == nil or param.f(...) then
    return state, ...
  end
  return filter_gen(param, state)
end

function filter_gen(param, state)
  return kept(param, param.gen(param.param, state))
end

push[filter_gen] = function(param, state, down, node)
  node = loops.step(node, filter_gen, param.f)
  local f = param.f
  return run(param.gen, param.param, state, function(...)
    if f(...) then
      return down(...)
    end
    return false
  end, node)
end

function filtering.filter(f, gen, param, state)
  return wrap(filter_gen, { f = f, gen = gen, param = param }, state)
end

--- With a pattern of Lua in place of the function, the strings in which it is found.
function filtering.grep(pattern_or_f, gen, param, state)
  local f = pattern_or_f
  if type(f) == "string" then
    f = function(text)
      return text:find(pattern_or_f) ~= nil
    end
  end
  return filtering.filter(f, gen, param, state)
end

--- Two iterators: over the elements for which `f` gives true, and over the others.
function filtering.partition(f, gen, param, state)
  local function is_other(...)
    return not f(...)
  end
  return filtering.filter(f, gen, param, state), filtering.filter(is_other, gen, param, state)
end

--- The positions of all elements that are equal to `x`.
function filtering.indexes(x, gen, param, state)
  local numbered = transformations.enumerate(gen, param, state)
  local found = filtering.filter(function(_, value) return value == x end, numbered.gen, numbered.param, numbered.state)
  return transformations.map(function(i) return i end, found.gen, found.param, found.state)
end

return filtering
