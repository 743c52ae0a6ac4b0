--- What becomes of the elements of a stage. Each takes what the stage gives and returns the result of the call.
local aggregate = require "dataset.aggregate"
local buckets = require "dataset.buckets"
local keys = require "dataset.keys"
local output = require "dataset.output"
local ranking = require "dataset.ranking"
local runs = require "dataset.runs"
local sorting = require "dataset.sorting"
local sums = require "lithops.sums"

local sinks = {}

function sinks.collect(source)
  local list, n = {}, 0
  source.push(function(value)
    n = n + 1
    list[n] = value
  end)
  return list
end

function sinks.count(source)
  local n = 0
  source.push(function() n = n + 1 end)
  return n
end

--- Gives the sum, and what rounding has lost of it.
function sinks.sum(source)
  local total, lost = 0, 0
  source.push(function(value)
    if type(value) ~= "number" then
      keys.fail("sum: an element is %s, not a number", keys.kind(value))
    end
    total, lost = sums.add(total, lost, value)
  end)
  return { total, lost }
end

function sinks.foreach(source, sink)
  source.push(sink.f)
  return true
end

-- A worker may run several calls of a function that it has decoded once: none may change what the next one begins with.
local function copy_of(value, copies)
  if type(value) ~= "table" then
    return value
  elseif not copies[value] then
    local copy = {}
    copies[value] = copy
    for k, v in pairs(value) do
      copy[copy_of(k, copies)] = copy_of(v, copies)
    end
    setmetatable(copy, getmetatable(value))
  end
  return copies[value]
end

--- Gives `{ state }`, or `{}` for a partition without elements.
function sinks.fold(source, sink)
  local f, state, is_empty = sink.f, copy_of(sink.init, {}), not sink.has_init
  local any = false
  source.push(function(value)
    any = true
    if is_empty then
      state, is_empty = value, false
      return
    end
    state = f(state, value)
    if state == nil then
      keys.fail_at(f, "%s: the function gave nil", sink.name)
    end
  end)
  return any and { state } or {}
end

local ENOUGH = {}

function sinks.take(source, sink)
  local list, n, most = {}, 0, sink.n
  local ok, err = pcall(source.push, function(value)
    n = n + 1
    list[n] = value
    if n == most then
      error(ENOUGH, 0)
    end
  end)
  if not ok and err ~= ENOUGH then
    error(err, 0)
  end
  return list
end

function sinks.top(source, sink)
  local best = ranking.new(sink.n, sink.key_f)
  source.push(best.add)
  return best.list()
end

-- The key and the value of an element, by the kind of shuffle.
local records = {
  count = function(put)
    return function(value)
      keys.check(value, "count_by_value")
      put(value, 1)
    end
  end,
  distinct = function(put)
    return function(value)
      keys.check(value, "distinct")
      put(value, true)
    end
  end,
  reduce = function(put)
    return function(pair)
      keys.check_pair(pair, "reduce_by_key")
      keys.check(pair.key, "reduce_by_key")
      if pair.value == nil then
        keys.fail("reduce_by_key: an element has no field `value`")
      end
      put(pair.key, pair.value)
    end
  end,
  group = function(put, shuffle)
    local key_f = shuffle.f
    return function(value)
      local key = key_f(value)
      keys.check(key, "group_by", key_f)
      put(key, value)
    end
  end,
  join = function(put)
    return function(pair)
      keys.check_pair(pair, "join")
      keys.check(pair.key, "join")
      if pair.value == nil then
        keys.fail("join: an element has no field `value`")
      end
      put(pair.key, pair.value)
    end
  end,
}

--- Whether values of equal keys become one before they are sent.
local COMBINED = { count = true, distinct = true, reduce = true }

local function count_words(source, put, flush, context)
  ---@type text.Counter?
  local counter = require("text").counter()
  local function write()
    for word, n in pairs(counter:counts()) do
      put(word, n)
    end
    counter = nil
  end
  -- It takes about so many bytes for a word; they are not on Lua's side, where they would be measured.
  local most = context.bytes / 2 / 100
  source.count({
    add_words = function(_, text, options) counter:add_words(text, options) end,
  }, function()
    if counter:size() > most then
      write()
      flush()
      counter = require("text").counter()
    end
  end)
  write()
end

--- Gives the runs that were written.
function sinks.shuffle(source, sink, context)
  local shuffle = sink.shuffle
  local put, finish, flush = buckets.writer(context, sink.buckets)
  local record = records[shuffle.kind]
  if shuffle.kind == "count" and source.count then
    count_words(source, put, flush, context)
  elseif COMBINED[shuffle.kind] then
    local take, held = aggregate.table(context, aggregate.way(shuffle), function(full)
      for key, value in pairs(full) do
        put(key, value)
      end
      flush()
    end)
    source.push(record(take, shuffle))
    for key, value in pairs(held()) do
      put(key, value)
    end
  else
    source.push(record(put, shuffle))
  end
  return finish()
end

--- Gives the sorted runs that were written.
function sinks.sort(source, sink, context)
  local less = sink.descending and sorting.descending or sorting.ascending
  local key_f, budget = sink.key_f, context.budget
  local order, values, n, differ, left, kind = {}, {}, 0, false, budget.pause, nil
  local written = {}
  local function write()
    local order_sorted, sorted = sorting.sort(order, differ and values or order, n, less)
    written[#written + 1] = runs.write(context, n, function(i)
      local key, value = order_sorted[i], sorted[i]
      -- An element that is its own key is not written twice.
      if rawequal(key, value) then
        return key, nil
      end
      return key, value
    end, true)
    order, values, n, differ = {}, {}, 0, false
  end
  source.push(function(value)
    local key = value
    if key_f then
      key = key_f(value)
    end
    kind = keys.check_order(key, kind, "sort_by", key_f)
    n = n + 1
    order[n] = key
    if not differ and not rawequal(key, value) then
      -- Until now each was its own key.
      differ = true
      for i = 1, n - 1 do
        values[i] = order[i]
      end
    end
    if differ then
      values[n] = value
    end
    left = left - 1
    if left <= 0 then
      if budget:is_spent() then
        write()
        budget:begin_again()
      end
      left = budget.pause
    end
  end)
  if n > 0 then
    write()
  end
  return { kind = kind, runs = written }
end

sinks.write = output.write

return sinks
