--- The steps of a stage. Each makes, of the function that takes its results, one that takes its elements: `steps.map(step, emit)`.
--- So all steps of a stage become one function, which LuaJIT compiles as one.
local bit = require "bit"
local keys = require "dataset.keys"
local pull = require "dataset.pull"

local steps = {}
local each = {}

function each.map(step, emit)
  local f = step.f
  return function(value)
    local result = f(value)
    if result == nil then
      keys.fail_at(f, "map: the function gave nil; leave elements out with `filter` or `flat_map`")
    end
    emit(result)
  end
end

function each.filter(step, emit)
  local f = step.f
  return function(value)
    if f(value) then
      emit(value)
    end
  end
end

-- Raises if a table is not all of a list: what is behind an element that is nil, or a pair, say, would vanish.
local function check_list(step, all)
  local hole, field = keys.fault(all)
  if hole then
    keys.fail_at(step.f, "%s: element %d of the list that the function gave is nil; leave it out, or put false there",
      step.name, hole)
  elseif field and #all == 0 then
    keys.fail_at(step.f,
      "%s: the function gave a table that is no list, with a field `%s`; put braces around what is an element",
      step.name, field)
  end
end

-- Calls `emit` for the elements of a list or of an iterator, of which all three values of a `for` may be given.
local function emit_all(step, emit, all, state, control)
  if type(all) == "table" then
    local count = #all
    -- A list ends with its last element.
    if count == 0 or rawget(all, count) ~= nil and next(all, count) ~= nil then
      check_list(step, all)
    end
    for i = 1, count do
      local value = all[i]
      if value == nil then
        check_list(step, all)
      end
      emit(value)
    end
  elseif type(all) == "function" then
    for value in all, state, control do
      emit(value)
    end
  elseif all ~= nil then
    keys.fail_at(step.f, "%s: the function gave %s, not a list or an iterator", step.name, keys.kind(all))
  end
end

function each.flat_map(step, emit)
  local f = step.f
  return function(value)
    emit_all(step, emit, f(value))
  end
end

function each.keys(_, emit)
  return function(pair)
    keys.check_pair(pair, "keys")
    emit(pair.key)
  end
end

function each.values(_, emit)
  return function(pair)
    keys.check_pair(pair, "values")
    if pair.value == nil then
      keys.fail("values: an element has no field `value`")
    end
    emit(pair.value)
  end
end

function each.map_values(step, emit)
  local f = step.f
  return function(pair)
    keys.check_pair(pair, "map_values")
    local value = f(pair.value)
    if value == nil then
      keys.fail_at(f, "map_values: the function gave nil")
    end
    emit({ key = pair.key, value = value })
  end
end

function each.key_by(step, emit)
  local f = step.f
  return function(value)
    local key = f(value)
    if key == nil then
      keys.fail_at(f, "key_by: the function gave nil")
    end
    emit({ key = key, value = value })
  end
end

function each.words(step, emit)
  local words, options = require("text").words, step.options
  return function(value)
    if type(value) ~= "string" then
      keys.fail("words: an element is %s, not a string", keys.kind(value))
    end
    local list = words(value, options)
    for i = 1, #list do
      emit(list[i])
    end
  end
end

-- The same elements again for the same seed and the same partitions: xorshift, from a state of its own for each partition.
function each.sample(step, emit, context)
  local fraction = step.fraction
  ---@param n integer
  local function bits(n) return bit.tobit((n % 2 ^ 32) --[[@as integer]]) end
  local state = bit.bxor(bits(step.seed), bits(context.partition * 2654435761))
  state = state == 0 and 1 or state
  local bxor, lshift, rshift = bit.bxor, bit.lshift, bit.rshift
  local function draw()
    state = bxor(state, lshift(state, 13))
    state = bxor(state, rshift(state, 17))
    state = bxor(state, lshift(state, 5))
    return state / 2 ^ 32 + 0.5
  end
  for _ = 1, 16 do
    draw()
  end
  return function(value)
    if draw() < fraction then
      emit(value)
    end
  end
end

-- All elements of the partition go through the function: it pulls them, from a coroutine if they cannot be had otherwise.
local function map_partitions(step, source)
  local f = step.f
  return function(emit)
    local next_value = source.pull and source.pull() or pull(source.push)
    emit_all(step, emit, f(next_value))
  end
end

--- Puts the steps behind a source. Gives a source again: `push`; and `count(counter, look)` if its elements are words that a
--- counter of the module `text` can count by itself, without a string for each. It calls `look` now and then.
---@param source table
---@param list table[] steps
function steps.behind(source, list, context)
  for _, step in ipairs(list) do
    local push = source.push
    local next_source = {}
    if step.name == "map_partitions" then
      next_source.push = map_partitions(step, source)
    elseif step.name == "words" and source.chunks then
      -- Words do not reach over lines, so that many lines at once give the same.
      local chunks, options = source.chunks, step.options
      next_source.push = function(emit) chunks(each.words(step, emit)) end
      next_source.count = function(counter, look)
        chunks(function(chunk)
          counter:add_words(chunk, options)
          look()
        end)
      end
    else
      local make = each[step.name]
      next_source.push = function(emit) push(make(step, emit, context)) end
    end
    source = next_source
  end
  return source
end

return steps
