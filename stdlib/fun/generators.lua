--- Iterators that are made of nothing: numbers, repetitions, random values.
local arguments = require "lithops.arguments"
local Iterator = require "fun.iterator"

local wrap = Iterator.wrap

local generators = {}

local function check_number(value, position, name)
  if type(value) ~= "number" or value ~= value then
    arguments.raise("bad argument #%d to '%s' (number expected, got %s)", position, name, arguments.shown(value))
  end
end

--- Numbers from `first` to `last`, both included; `range(n)` counts from 1, or from -1 down. They count down where `last` is smaller.
function generators.range(first, last, step)
  check_number(first, 1, "range")
  if last == nil then
    if first == 0 then
      return wrap(Iterator.nothing())
    end
    first, last = first > 0 and 1 or -1, first
  end
  check_number(last, 2, "range")
  if step == nil then
    step = first <= last and 1 or -1
  end
  check_number(step, 3, "range")
  if step == 0 then
    arguments.raise("bad argument #3 to 'range' (the step must not be 0)")
  end
  -- As `lithops.range` counts: where rounding alone would keep the last one out, it is in.
  local steps = math.floor((last - first) / step + 1e-9)
  return wrap(Iterator.numbers(first, step, math.max(0, steps + 1)))
end

local function same_gen(value)
  return true, value
end

local function same_values_gen(values)
  return true, unpack(values, 1, values.n)
end

--- The same values, again and again.
function generators.duplicate(...)
  local n = select("#", ...)
  if n == 1 then
    return wrap(same_gen, (...), true)
  end
  return wrap(same_values_gen, { n = n, ... }, true)
end

local function tabulate_gen(f, i)
  return i + 1, f(i)
end

--- `f(0)`, `f(1)`, `f(2)`, …
function generators.tabulate(f)
  arguments.check_type(f, "function", 1, "tabulate")
  return wrap(tabulate_gen, f, 0)
end

function generators.zeros()
  return wrap(same_gen, 0, true)
end

function generators.ones()
  return wrap(same_gen, 1, true)
end

local function fraction_gen()
  return true, math.random()
end

local function random_gen(bounds)
  return true, math.random(bounds.first, bounds.last)
end

--- Random numbers of `math.random`: from 0 to 1, whole ones below `n`, or whole ones of at least `n` and below `m`.
function generators.rands(n, m)
  if n == nil and m == nil then
    return wrap(fraction_gen, nil, true)
  end
  arguments.check_whole(n, m == nil and 1 or -2 ^ 53, 1, "rands")
  if m == nil then
    n, m = 0, n
  end
  arguments.check_whole(m, n + 1, 2, "rands")
  return wrap(random_gen, { first = n, last = m - 1 }, true)
end

generators.xrepeat = generators.duplicate
generators.replicate = generators.duplicate

return generators
