--- Values of equal keys become one: on the side of the maps before anything is sent, and on the side of the reducers.
local keys = require "dataset.keys"
local runs = require "dataset.runs"
local sorting = require "dataset.sorting"

local aggregate = {}

local function append(list, value)
  list[#list + 1] = value
  return list
end

local function concat(list, other)
  for i = 1, #other do
    list[#list + 1] = other[i]
  end
  return list
end

local function add(a, b)
  return a + b
end

local function itself(value)
  return value
end

--- How values become one, by the kind of shuffle: `start` makes the first state of a key from a value, `add` the next state from
--- one more value, `merge` one state from two.
local ways = {
  count = function()
    return { start = itself, add = add, merge = add }
  end,
  distinct = function()
    return { start = itself, add = itself, merge = itself }
  end,
  reduce = function(shuffle)
    local f = shuffle.f
    local function apply(a, b)
      local result = f(a, b)
      if result == nil then
        keys.fail_at(f, "reduce_by_key: the function gave nil")
      end
      return result
    end
    return { start = itself, add = apply, merge = apply }
  end,
  group = function()
    return { start = function(value) return { value } end, add = append, merge = concat }
  end,
  --- A value says whose it is: `{ 1 or 2, value }`.
  join = function()
    local function put(state, value)
      append(state[value[1]], value[2])
      return state
    end
    return {
      start = function(value) return put({ {}, {} }, value) end,
      add = put,
      merge = function(state, other)
        concat(state[1], other[1])
        concat(state[2], other[2])
        return state
      end,
    }
  end,
}

---@param shuffle table its `kind`, and what belongs to it
function aggregate.way(shuffle)
  return ways[shuffle.kind](shuffle)
end

--- A table of states by key: a function that takes a key and a value, and one that gives the table.
--- Whenever the table takes too much memory, `on_full` gets it, and a new one begins.
---@return fun(key: any, value: any) take
---@return fun(): table held
function aggregate.table(context, way, on_full)
  local held, left, budget = {}, context.budget.pause, context.budget
  local start, add_value = way.start, way.add
  local function look()
    if budget:is_spent() then
      ---@type table?
      local full = held
      held = {}
      on_full(full)
      -- What was written is garbage now, and must not be measured.
      full = nil
      budget:begin_again()
    end
    left = budget.pause
  end
  local function take(key, value)
    local state = held[key]
    if state == nil then
      held[key] = start(value)
    else
      held[key] = add_value(state, value)
    end
    left = left - 1
    if left <= 0 then
      look()
    end
  end
  return take, function() return held end
end

local function write_sorted(context, held)
  local list, count = {}, 0
  for key in pairs(held) do
    count = count + 1
    list[count] = key
  end
  list = sorting.sort(list, list, count, keys.less)
  return runs.whole(runs.write(context, count, function(i) return list[i], held[list[i]] end))
end

local function merge_sorted(context, spilled, way, emit)
  local key, state
  runs.merge(context, spilled, keys.less, function(next_key, next_state)
    if next_key == key then
      state = way.merge(state, next_state)
      return
    end
    if key ~= nil then
      emit(key, state)
    end
    key, state = next_key, next_state
  end)
  if key ~= nil then
    emit(key, state)
  end
end

--- Calls `emit(key, state)` for each key of some runs. What does not fit into memory is written out in order and merged.
---@param read fun(take: fun(key: any, value: any)) calls `take` for all records
function aggregate.reduce(context, read, way, emit)
  local spilled = {}
  local take, held = aggregate.table(context, way, function(full)
    spilled[#spilled + 1] = write_sorted(context, full)
  end)
  read(take)
  if #spilled == 0 then
    for key, state in pairs(held()) do
      emit(key, state)
    end
    return
  end
  spilled[#spilled + 1] = write_sorted(context, held())
  merge_sorted(context, spilled, way, emit)
end

return aggregate
