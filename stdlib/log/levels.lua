--- The levels of logs, from the least to the most severe.
local levels = {}

levels.NAMES = { "trace", "debug", "info", "warn", "error", "fatal" }

local NUMBERS = { off = #levels.NAMES + 1, warning = 4, critical = 5 }
for number, name in ipairs(levels.NAMES) do
  NUMBERS[name] = number
end

-- What a level may be set to.
levels.KNOWN = { "off", unpack(levels.NAMES) }
-- The level where nobody sets one.
levels.DEFAULT = NUMBERS.info

--- The number of a level; nil if there is none of this name.
function levels.number(name)
  return type(name) == "string" and NUMBERS[name:lower()] or nil
end

--- The name of a level by its number.
function levels.name(number)
  return levels.NAMES[number] or "off"
end

return levels
