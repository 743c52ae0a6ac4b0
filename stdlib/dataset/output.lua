--- Datasets as objects: one for each partition.
local keys = require "dataset.keys"
local places = require "dataset.places"
local pull = require "dataset.pull"
local buffer = require "string.buffer"

local output = {}

local PIECE_BYTES = 2 ^ 20

local formats = {}

function formats.text(out)
  return function(value)
    local kind = type(value)
    if kind ~= "string" and kind ~= "number" then
      keys.fail("write_text: an element is a %s, not a string or a number; write it with `write_json_lines`", kind)
    end
    out:put(value, "\n")
  end
end

function formats.json_lines(out)
  local encode = require("json").encode
  return function(value) out:put(encode(value), "\n") end
end

function formats.csv(out, sink)
  local writer = require("csv").writer({
    write = function(self, text)
      out:put(text)
      return self
    end,
  }, sink.options)
  return function(row)
    if type(row) ~= "table" then
      keys.fail("write_csv: an element is a %s, not a row", type(row))
    end
    writer:write(row)
  end
end

local SUFFIXES = { text = "txt", json_lines = "jsonl", csv = "csv" }

--- Writes the elements of a partition. Gives the address, or nothing where nobody is to see them.
function output.write(source, sink, context)
  local out = buffer.new()
  local pieces = pull(function(emit)
    local put = formats[sink.format](out, sink)
    source.push(function(value)
      put(value)
      if #out >= PIECE_BYTES then
        emit(out:get())
      end
    end)
    if #out > 0 then
      emit(out:get())
    end
  end)
  local name = ("part-%05d.%s"):format(context.partition - 1, SUFFIXES[sink.format])
  local place = places.of(sink.url)
  place.store:put_object(place.bucket, place.prefix .. name, { read = pieces })
  return place.address .. name
end

return output
