--- Strings and numbers as they would be written in Lua.
local scalar = {}

local byte, find, format, gsub, sub = string.byte, string.find, string.format, string.gsub, string.sub

local NAMED = { ["\a"] = "\\a", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\v"] = "\\v" }

-- The escape of a control character; before a digit, one without a name has three digits.
local function short(character)
  return NAMED[character] or "\\" .. byte(character)
end

local function long(character)
  return NAMED[character] or format("\\%03d", byte(character))
end

-- How many bytes the character of UTF-8 that starts at `at` has; nil if none does.
local function width(text, at)
  local first, second = byte(text, at, at + 1)
  local count = first < 0xC2 and 0 or first < 0xE0 and 2 or first < 0xF0 and 3 or first < 0xF5 and 4 or 0
  if count == 0 or not second or second < 0x80 or second > 0xBF then
    return nil
  elseif first == 0xE0 and second < 0xA0 or first == 0xED and second > 0x9F then
    return nil
  elseif first == 0xF0 and second < 0x90 or first == 0xF4 and second > 0x8F then
    return nil
  end
  for i = at + 2, at + count - 1 do
    local more = byte(text, i)
    if not more or more < 0x80 or more > 0xBF then
      return nil
    end
  end
  return count
end

-- A name of a character that a terminal would obey: U+0080 to U+009F.
local function is_control(text, at)
  local first, second = byte(text, at, at + 1)
  return first == 0xC2 and second < 0xA0
end

-- The bytes of `text` that are no characters of UTF-8, as escapes.
local function escape_bytes(text)
  local pieces, start, at = {}, 1, find(text, "[\128-\255]")
  while at do
    local count = width(text, at)
    if count and not is_control(text, at) then
      at = at + count
    else
      pieces[#pieces + 1] = sub(text, start, at - 1)
      pieces[#pieces + 1] = long(sub(text, at, at))
      at = at + 1
      start = at
    end
    at = find(text, "[\128-\255]", at)
  end
  pieces[#pieces + 1] = sub(text, start)
  return table.concat(pieces)
end

--- A string in quotes: single ones where that saves escapes. Control characters and bytes that are not UTF-8 are escaped.
function scalar.string(text)
  local quote = find(text, '"', 1, true) and not find(text, "'", 1, true) and "'" or '"'
  if find(text, '[%c\\"\128-\255]') then
    text = gsub(text, "\\", "\\\\")
    text = gsub(text, "%c%f[%d]", long)
    text = gsub(text, "%c", short)
    text = escape_bytes(text)
    if quote == '"' then
      text = gsub(text, '"', '\\"')
    end
  end
  return quote .. text .. quote
end

--- A number with as few digits as read back as the same.
function scalar.number(number)
  if number ~= number then
    return "nan"
  elseif number == math.huge then
    return "inf"
  elseif number == -math.huge then
    return "-inf"
  end
  -- Of the smallest numbers, fewer digits may be enough.
  for digits = number ~= 0 and math.abs(number) < 2 ^ -1022 and 1 or 14, 16 do
    local text = format("%." .. digits .. "g", number)
    if tonumber(text) == number then
      return text
    end
  end
  return format("%.17g", number)
end

return scalar
