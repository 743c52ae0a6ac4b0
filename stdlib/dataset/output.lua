--- Datasets as objects: one for each partition.
local keys = require "dataset.keys"
local places = require "dataset.places"
local pull = require "dataset.pull"
local buffer = require "string.buffer"

local output = {}

local PIECE_BYTES = 2 ^ 20

-- A number as a text that is read as the same number.
local function number_text(value)
  if value % 1 == 0 and value >= -2 ^ 53 and value <= 2 ^ 53 then
    return ("%d"):format(value)
  elseif value ~= value or value == math.huge or value == -math.huge then
    return tostring(value)
  end
  local text = ("%.15g"):format(value)
  if tonumber(text) ~= value then
    text = ("%.16g"):format(value)
  end
  if tonumber(text) ~= value then
    text = ("%.17g"):format(value)
  end
  return text
end

-- Enough of an element to find it by, in one line.
local function shown(text)
  if #text > 40 then
    -- Not half a character.
    text = text:sub(1, 40):gsub("[\128-\255]+$", "") .. "…"
  end
  return (text:gsub("\n", "\\n"))
end

-- Each format gives a function that takes an element, and perhaps one to call behind the last.
local formats = {}

function formats.text(out)
  local find = string.find
  return function(value)
    local kind = type(value)
    if kind == "number" then
      value = number_text(value)
    elseif kind ~= "string" then
      keys.fail("write_text: an element is %s, not a string or a number; write it with `write_json_lines`",
        keys.kind(value))
    elseif find(value, "\n", 1, true) then
      keys.fail('write_text: the element "%s" has a newline in it and would become several lines; replace that, or use '
        .. "`write_json_lines`", shown(value))
    end
    out:put(value, "\n")
  end
end

function formats.json_lines(out)
  local encode = require("json").encode
  return function(value) out:put(encode(value), "\n") end
end

-- The names of a row, in order of their bytes, as the header of a part has them.
local function names_of(row)
  local names = {}
  for name in pairs(row) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  return names
end

function formats.csv(out, sink, columns)
  local writer = require("csv").writer({
    write = function(self, text)
      out:put(text)
      return self
    end,
  }, sink.options)
  return function(row)
    if type(row) ~= "table" then
      keys.fail("write_csv: an element is %s, not a row", keys.kind(row))
    end
    if sink.options.header == true and not columns.names then
      columns.names = names_of(row)
    end
    writer:write(row)
  end, function() writer:close() end
end

local SUFFIXES = { text = "txt", json_lines = "jsonl", csv = "csv" }

--- Writes the elements of a partition. Gives the `address`, and the `names` of columns that its first row has said.
function output.write(source, sink, context)
  local out, columns = buffer.new(), {}
  local pieces = pull(function(emit)
    local put, finish = formats[sink.format](out, sink, columns) --[[@as fun(value: any)]]
    source.push(function(value)
      put(value)
      if #out >= PIECE_BYTES then
        emit(out:get())
      end
    end)
    if finish then
      finish()
    end
    if #out > 0 then
      emit(out:get())
    end
  end)
  local name = ("part-%05d.%s"):format(context.partition - 1, SUFFIXES[sink.format])
  local place = places.of(sink.url)
  place.store:put_object(place.bucket, place.prefix .. name, { read = pieces })
  return { address = place.address .. name, names = columns.names }
end

-- The name of a part without the rest of its address.
local function name_of(part)
  return part.address:match("[^/]*$")
end

--- The addresses of parts. Raises if the first rows of two of them have other columns, whose headers would differ.
---@param parts table[] what `output.write` gave for each
---@return string[] addresses
function output.addresses(parts)
  local addresses, all, is_known = {}, {}, {}
  local first, differs ---@type table?, table?
  for i, part in ipairs(parts) do
    addresses[i] = part.address
    if part.names then
      first = first or part
      differs = differs or table.concat(part.names, "\0") ~= table.concat(first.names, "\0") and part or nil
      for _, name in ipairs(part.names) do
        all[#all + 1] = not is_known[name] and name or nil
        is_known[name] = true
      end
    end
  end
  if differs then
    table.sort(all)
    keys.fail('write_csv: %s has the columns %s, and %s %s; say which all of them have: `header = {"%s"}`',
      name_of(first), table.concat(first.names, ", "), name_of(differs), table.concat(differs.names, ", "),
      table.concat(all, '", "'))
  end
  return addresses
end

return output
