--- Lazy iterators, with the interface of the library Lua Fun.
---
---    local fun = require "fun"
---    print(fun.range(10):filter(function(x) return x % 2 == 1 end):map(function(x) return x * x end):sum())
---
--- This file makes functions and methods of what the others have: `iterator` says what can be iterated over and how, `generators`,
--- `transformations`, `filtering`, `slicing` and `compositions` make iterators, `reducing` makes values of them.
local arguments = require "lithops.arguments"
local Iterator = require "fun.iterator"
local compositions = require "fun.compositions"
local filtering = require "fun.filtering"
local generators = require "fun.generators"
local reducing = require "fun.reducing"
local slicing = require "fun.slicing"
local transformations = require "fun.transformations"

local fun = {}
local methods = Iterator.__index
local wrap, argument = Iterator.wrap, Iterator.argument

for name, generator in pairs(generators) do
  fun[name] = generator
end

local function is_any()
  return true
end

local function is_function(value)
  return type(value) == "function"
end

local function is_count(value)
  return type(value) == "number" and value >= 0 and value % 1 == 0
end

-- What an argument in front of the iterator may be.
local ANY = { "value", is_any }
local FUNCTION = { "function", is_function }
local COUNT = { "whole number of 0 or more", is_count }
local COUNT_OR_FUNCTION = { "whole number of 0 or more, or function,", function(value) return is_count(value) or is_function(value) end }
local PATTERN_OR_FUNCTION = { "string or function", function(value) return type(value) == "string" or is_function(value) end }

local function check(kind, value, position, name)
  if not kind[2](value) then
    local got = type(value) == "number" and tostring(value) or type(value)
    arguments.raise("bad argument #%d to '%s' (%s expected, got %s)", position, name, kind[1], got)
  end
end

-- What a function does with an iterator behind arguments of the given kinds: `map(f, iterator)`.
local function with_none(name, implementation)
  return function(...)
    return implementation(argument(1, name, ...))
  end
end

local function with_one(name, implementation, kind)
  return function(...)
    local value = ...
    check(kind, value, 1, name)
    return implementation(value, argument(2, name, select(2, ...)))
  end
end

local function with_two(name, implementation, kind, other_kind)
  return function(...)
    local value, other = ...
    check(kind, value, 1, name)
    check(other_kind, other, 2, name)
    return implementation(value, other, argument(3, name, select(3, ...)))
  end
end

-- Makes a function of it, and a method: `iterator:map(f)`.
local function export(name, implementation, kind, other_kind)
  local make = other_kind and with_two or kind and with_one or with_none
  local call = make(name, implementation, kind, other_kind)
  local count = other_kind and 2 or kind and 1 or 0
  fun[name] = call
  if count == 0 then
    methods[name] = call
  elseif count == 1 then
    methods[name] = function(it, ...)
      return call((...), it)
    end
  else
    methods[name] = function(it, ...)
      local value, other = ...
      return call(value, other, it)
    end
  end
end

export("iter", wrap)
export("wrap", wrap)
export("values", Iterator.values)
export("unwrap", function(...) return ... end)

export("each", reducing.each, FUNCTION)
export("foldl", reducing.foldl, FUNCTION, ANY)
export("all", reducing.all, FUNCTION)
export("any", reducing.any, FUNCTION)
export("index", reducing.index, ANY)
export("min_by", reducing.min_by, FUNCTION)
export("max_by", reducing.max_by, FUNCTION)
for _, name in ipairs({ "length", "is_null", "sum", "product", "min", "max", "totable", "tomap" }) do
  export(name, reducing[name])
end

export("nth", slicing.nth, { "whole number of 1 or more", function(value) return is_count(value) and value > 0 end })
export("head", slicing.head)
export("tail", slicing.tail)
export("take_n", slicing.take_n, COUNT)
export("take_while", slicing.take_while, FUNCTION)
export("take", slicing.take, COUNT_OR_FUNCTION)
export("drop_n", slicing.drop_n, COUNT)
export("drop_while", slicing.drop_while, FUNCTION)
export("drop", slicing.drop, COUNT_OR_FUNCTION)
export("span", slicing.span, COUNT_OR_FUNCTION)

export("filter", filtering.filter, FUNCTION)
export("grep", filtering.grep, PATTERN_OR_FUNCTION)
export("partition", filtering.partition, FUNCTION)
export("indexes", filtering.indexes, ANY)

export("map", transformations.map, FUNCTION)
export("enumerate", transformations.enumerate)
export("intersperse", transformations.intersperse, ANY)
export("flat_map", transformations.flat_map, FUNCTION)

export("cycle", compositions.cycle)

-- The iterator of each of several arguments.
local function iterators(name, ...)
  local n, objects = select("#", ...), { ... }
  for i = 1, n do
    objects[i] = wrap(argument(i, name, objects[i]))
  end
  return unpack(objects, 1, n)
end

for name, implementation in pairs({ zip = compositions.zip, chain = compositions.chain, is_prefix_of = reducing.is_prefix_of }) do
  fun[name] = function(...)
    return implementation(iterators(name, ...))
  end
  methods[name] = fun[name]
end

--- All values that a generic `for` would give, as the first element of an `iter` is lost where `param` or `state` is given.
function fun.from(next_values, invariant, control)
  arguments.check_type(next_values, "function", 1, "from")
  return wrap(Iterator.from(next_values, invariant, control))
end

local ALIASES = {
  for_each = "each",
  foreach = "each",
  reduce = "foldl",
  every = "all",
  some = "any",
  minimum = "min",
  maximum = "max",
  minimum_by = "min_by",
  maximum_by = "max_by",
  car = "head",
  cdr = "tail",
  split = "span",
  split_at = "span",
  remove_if = "filter",
  index_of = "index",
  elem_index = "index",
  indices = "indexes",
  elem_indexes = "indexes",
  elem_indices = "indexes",
}
for alias, name in pairs(ALIASES) do
  fun[alias], methods[alias] = fun[name], methods[name]
end

fun.operator = require "fun.operators"
fun.op = fun.operator

--- `require "fun" ()` makes globals of all functions, but for names that are globals already.
return setmetatable(fun, {
  __call = function(module)
    for name, value in pairs(module) do
      if rawget(_G, name) == nil then
        rawset(_G, name, value)
      end
    end
  end,
})
