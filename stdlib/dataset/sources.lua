--- Where the elements of a partition come from. A source has `push(emit)`, which calls `emit` for each of them; where it is cheap,
--- `pull()`, an iterator over them; and lines have `chunks(emit)`, which gives them as strings of many whole lines.
local aggregate = require "dataset.aggregate"
local runs = require "dataset.runs"
local sorting = require "dataset.sorting"

local sources = {}

local function of_list(list)
  return {
    push = function(emit)
      for i = 1, #list do
        emit(list[i])
      end
    end,
    pull = function()
      local i = 0
      return function()
        i = i + 1
        return list[i]
      end
    end,
  }
end

function sources.list(_, part)
  return of_list(part)
end

--- What an earlier stage gave.
function sources.kept(_, part)
  return of_list(part.value)
end

function sources.range(_, part)
  local start, step, count = part.start, part.step, part.count
  return {
    push = function(emit)
      for i = 0, count - 1 do
        emit(start + i * step)
      end
    end,
  }
end

local CHUNK_BYTES = 2 ^ 20

local function chunks_of(obj)
  return function(emit)
    local chunk = obj:read(CHUNK_BYTES)
    while chunk do
      local rest = obj:read("*L")
      emit(rest and chunk .. rest or chunk)
      chunk = obj:read(CHUNK_BYTES)
    end
  end
end

--- Lines of an object, or of a piece of one.
function sources.text(input, obj)
  local newline = input.newline
  local chunks = chunks_of(obj)
  local find, sub, byte = string.find, string.sub, string.byte
  -- The end of a line may be `\r\n`, as for `text.lines`.
  local carriage_return = newline == "\n" and 13 or nil
  return {
    -- Lines are found in chunks: in a loop that LuaJIT compiles that is quicker than a call for each.
    push = function(emit)
      chunks(function(chunk)
        local first = 1
        local last = find(chunk, newline, 1, true)
        while last do
          local stop = last - 1
          if stop >= first and byte(chunk, stop) == carriage_return then
            stop = stop - 1
          end
          emit(sub(chunk, first, stop))
          first = last + 1
          last = find(chunk, newline, first, true)
        end
        if first <= #chunk then
          emit(sub(chunk, first, byte(chunk, -1) == carriage_return and -2 or -1))
        end
      end)
    end,
    pull = function()
      local next_line = obj:lines()
      return function()
        local line = next_line()
        if line and byte(line, -1) == carriage_return then
          return sub(line, 1, -2)
        end
        return line
      end
    end,
    chunks = newline == "\n" and chunks or nil,
  }
end

-- Calls `emit` for what an iterator gives; what it cannot read is told with the name of the object.
local function each_of(obj, next_value, emit)
  while true do
    local ok, value = pcall(next_value)
    if not ok then
      error(("%s: %s"):format(tostring(obj), tostring(value)), 0)
    elseif value == nil then
      return
    end
    emit(value)
  end
end

-- The values of records that end in another byte than a newline. They may hold newlines, which `json.lines` ends at.
local function json_records(obj)
  local decode, find = require("json").decode, string.find
  local next_record, number = obj:lines(), 0
  return function()
    for record in next_record do
      number = number + 1
      if find(record, "%S") then
        local value, err = decode(record)
        if value == nil then
          error(("%s, in record %d"):format(err, number), 0)
        end
        return value
      end
    end
  end
end

function sources.json_lines(input, obj)
  local json = require "json"
  local newline = input.newline
  return {
    push = function(emit)
      each_of(obj, newline and newline ~= "\n" and json_records(obj) or json.lines(obj), emit)
    end,
  }
end

function sources.csv(input, obj)
  local csv = require "csv"
  local options = {}
  for name, value in pairs(input.options) do
    options[name] = value
  end
  -- The names are in one piece only.
  local header, range = input.headers and input.headers[obj.url], obj.data_byte_range
  if header and range and range[1] > header.first then
    options.header = header.names
  end
  return {
    push = function(emit)
      each_of(obj, csv.rows(obj, options), emit)
    end,
  }
end

-- What the records of a shuffle become behind it.
local emitters = {
  count = function(emit)
    return function(key, count) emit({ key = key, value = count }) end
  end,
  reduce = function(emit)
    return function(key, value) emit({ key = key, value = value }) end
  end,
  group = function(emit)
    return function(key, list) emit({ key = key, value = list }) end
  end,
  distinct = function(emit)
    return function(key) emit(key) end
  end,
  join = function(emit, shuffle)
    local how = shuffle.how
    local keeps_left, keeps_right = how == "left" or how == "outer", how == "right" or how == "outer"
    return function(key, state)
      local left, right = state[1], state[2]
      for i = 1, #left do
        for j = 1, #right do
          emit({ key = key, left = left[i], right = right[j] })
        end
        if #right == 0 and keeps_left then
          emit({ key = key, left = left[i] })
        end
      end
      if #left == 0 and keeps_right then
        for j = 1, #right do
          emit({ key = key, right = right[j] })
        end
      end
    end
  end,
}

--- Some buckets of a shuffle: `part` has, for each of its sides, the parts of runs that hold them.
function sources.buckets(input, part, context)
  local shuffle = input.shuffle
  local function read(take)
    if shuffle.kind ~= "join" then
      return runs.each(context, part[1], take)
    end
    for side = 1, 2 do
      runs.each(context, part[side], function(key, value) take(key, { side, value }) end)
    end
  end
  return {
    push = function(emit)
      aggregate.reduce(context, read, aggregate.way(shuffle), emitters[shuffle.kind](emit, shuffle))
    end,
  }
end

--- A range of sorted runs.
function sources.sorted(input, part, context)
  local less = input.descending and sorting.descending or sorting.ascending
  local from, to = part.from, part.to
  return {
    push = function(emit)
      runs.merge(context, part.runs, less, function(key, value)
        -- Blocks at both ends hold what is the neighbours', too.
        if from ~= nil and less(key, from) then
          return false
        elseif to ~= nil and not less(key, to) then
          return true
        end
        if value == nil then
          value = key
        end
        emit(value)
        return false
      end)
    end,
  }
end

--- The source of a call.
---@param input table what the stage reads
---@param part any which part of it
function sources.open(input, part, context)
  if input.is_wrapped then
    part = part.obj
  end
  return sources[input.kind](input, part, context)
end

return sources
