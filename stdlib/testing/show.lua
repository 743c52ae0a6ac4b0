--- Values, and how they differ, as text for people.
local compare = require "testing.compare"
local printer = require "inspect.printer"

local show = {}

--- Of a value in a line, and of the differences of two tables.
local MAX_LENGTH = 400
local MAX_DIFFERENCES = 5
--- Of lines that differ, and of those around them.
local MAX_LINES = 12
local CONTEXT = 2

--- A value in one line.
function show.value(value)
  return printer.print(value, { newline = " ", indent = "", depth = 6, max_items = 50, max_length = MAX_LENGTH })
end

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    lines[#lines + 1] = line
  end
  return lines
end

-- A line as it is, but for what a terminal would obey.
local function printable(line)
  return (show.value(line):gsub("^[\"'](.*)[\"']$", "%1"):gsub('\\"', '"'):gsub("\\\\", "\\"))
end

local function put_lines(out, sign, lines, first, last)
  for i = first, math.min(last, first + MAX_LINES - 1) do
    out[#out + 1] = ("  %s %s"):format(sign, printable(lines[i]))
  end
  if last >= first + MAX_LINES then
    out[#out + 1] = ("  %s … %d more lines"):format(sign, last - first - MAX_LINES + 1)
  end
end

-- The lines between what two texts begin and end with alike.
local function line_difference(expected, actual)
  local a, b = lines_of(expected), lines_of(actual)
  local head, tail = 0, 0
  while head < #a and head < #b and a[head + 1] == b[head + 1] do
    head = head + 1
  end
  while tail < #a - head and tail < #b - head and a[#a - tail] == b[#b - tail] do
    tail = tail + 1
  end
  local out = { ("  they differ from line %d on (- expected, + actual)"):format(head + 1) }
  put_lines(out, " ", a, math.max(1, head - CONTEXT + 1), head)
  put_lines(out, "-", a, head + 1, #a - tail)
  put_lines(out, "+", b, head + 1, #b - tail)
  put_lines(out, " ", a, #a - tail + 1, math.min(#a, #a - tail + CONTEXT))
  return table.concat(out, "\n")
end

-- Where two long strings begin to differ.
local function byte_difference(expected, actual)
  local low, high = 0, math.min(#expected, #actual)
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if expected:sub(1, middle) == actual:sub(1, middle) then
      low = middle
    else
      high = middle - 1
    end
  end
  local first = math.max(1, low - 20)
  local function part(text)
    return (first > 1 and "…" or "") .. show.value(text:sub(first, low + 40)) .. (#text > low + 40 and "…" or "")
  end
  return ("  at byte %d: expected %s\n  %s got %s"):format(low + 1, part(expected), (" "):rep(#tostring(low + 1) + 9), part(actual))
end

local function table_differences(expected, actual)
  local out = {}
  local found = compare.differences(expected, actual, MAX_DIFFERENCES + 1)
  for i, difference in ipairs(found) do
    if i > MAX_DIFFERENCES then
      out[i] = "  … and more"
    else
      local function side(value)
        return value == nil and "nothing" or show.value(value)
      end
      out[i] = ("  at %s: expected %s, got %s"):format(difference.path, side(difference.expected), side(difference.actual))
    end
  end
  return table.concat(out, "\n")
end

--- How an expected value differs from the actual one, in lines.
function show.difference(expected, actual)
  local kind, other = type(expected), type(actual)
  if kind == "string" and other == "string" then
    if expected:find("\n", 1, true) or actual:find("\n", 1, true) then
      return line_difference(expected, actual)
    elseif #expected > 80 or #actual > 80 then
      return byte_difference(expected, actual)
    end
  end
  local a, b = show.value(expected), show.value(actual)
  if a == b and kind ~= other then
    a, b = ("%s (a %s)"):format(a, kind), ("%s (a %s)"):format(b, other)
  end
  local text = ("  expected: %s\n  actual:   %s"):format(a, b)
  if kind == "table" and other == "table" then
    local differences = table_differences(expected, actual)
    return differences == "" and text or text .. "\n" .. differences
  elseif expected ~= expected and actual ~= actual then
    return text .. "\n  nan is not equal to itself; see `is_nan`"
  end
  return text
end

return show
