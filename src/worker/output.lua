-- Sends what functions print to the driver. `sink` takes strings.
local sink = ...
local tostring, select, concat = tostring, select, table.concat
local stdout, output = io.stdout, io.output

function print(...)
  local count = select("#", ...)
  if count == 1 then
    return sink(tostring((...)) .. "\n")
  end
  local pieces = { ... }
  for i = 1, count do
    pieces[i] = tostring(pieces[i])
  end
  sink(concat(pieces, "\t") .. "\n")
end

local methods = getmetatable(stdout).__index
local write = methods.write

function methods.write(file, ...)
  if rawequal(file, stdout) then
    for i = 1, select("#", ...) do
      local piece = select(i, ...)
      if type(piece) ~= "string" and type(piece) ~= "number" then
        error(("bad argument #%d to 'write' (string expected, got %s)"):format(i, type(piece)), 2)
      end
      sink(tostring(piece))
    end
    return file
  end
  return write(file, ...)
end

function io.write(...)
  return output():write(...)
end
