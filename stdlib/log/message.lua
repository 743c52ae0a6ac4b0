--- What was passed to a log function: a text with its arguments, and fields.
local message = {}

--- A value as text, also if its `__tostring` fails.
function message.text(value)
  local ok, text = pcall(tostring, value)
  return ok and text or ("<%s whose `__tostring` failed>"):format(type(value))
end

-- How many arguments a format takes. `100% sure` is no format, although Lua takes it for one.
local function conversions(format)
  local _, count = format:gsub("%%%%", ""):gsub("%%[-+#0]*%d*%.?%d*[aAcdeEfgGioqsuxX]", "")
  return count
end

local function is_fields(value)
  return type(value) == "table" and getmetatable(value) == nil
end

--- The text, and the table of fields if the last argument is one that the format does not take. Never raises: what cannot be
--- formatted is written as it is, with the arguments behind it.
---@return string text
---@return table? fields
function message.read(first, ...)
  local n, arguments = select("#", ...), { ... }
  local text = message.text(first)
  if n == 0 then
    return text
  end
  local taken = type(first) == "string" and conversions(first) or 0
  local fields = nil
  if n > taken and is_fields(arguments[n]) then
    fields, n = arguments[n], n - 1
  end
  if taken > 0 and taken <= n then
    local ok, formatted = pcall(string.format, first, unpack(arguments, 1, taken))
    if ok then
      text = formatted
    else
      taken = 0
    end
  else
    taken = 0
  end
  if taken == 0 and not fields and n > 0 and is_fields(arguments[n]) then
    fields, n = arguments[n], n - 1
  end
  for i = taken + 1, n do
    text = text .. " " .. message.text(arguments[i])
  end
  return text, fields
end

return message
