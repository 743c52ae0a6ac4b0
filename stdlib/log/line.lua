--- Records of logs as lines: text, or JSON.
local json = require "json"
local message = require "log.message"

local line = {}

--- Seconds since 1970 as UTC in ISO 8601: `2026-01-31T12:00:00.250Z`.
function line.time(seconds)
  local ms = math.floor(seconds * 1000 + 0.5)
  return os.date("!%Y-%m-%dT%H:%M:%S", math.floor(ms / 1000)) .. (".%03dZ"):format(ms % 1000)
end

local function names_of(fields)
  local names = {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b) return message.text(a) < message.text(b) end)
  return names
end

-- A value that a reader can tell from its neighbours, and from other lines.
local function shown(value)
  local text = message.text(value)
  if text == "" or text:find('[%s%c"=]') then
    text = '"' .. text:gsub('[%c"\\]', function(c)
      return c == "\n" and "\\n" or c == '"' and '\\"' or c == "\\" and "\\\\" or ("\\x%02x"):format(c:byte())
    end) .. '"'
  end
  return text
end

--- `2026-01-31T12:00:00.250Z INFO  00003 pipeline.lua:12: read 3 rows file=a.csv`
function line.text(record)
  local parts = { record.time, (" %-5s "):format(record.level:upper()) }
  if record.call_id then
    parts[#parts + 1] = record.call_id .. " "
  end
  if record.source then
    parts[#parts + 1] = record.source .. ": "
  end
  -- A record is one line, so that lines of several processes can be told apart.
  parts[#parts + 1] = record.message:gsub("\r?\n", "\n    ")
  for _, name in ipairs(names_of(record.fields)) do
    parts[#parts + 1] = (" %s=%s"):format(message.text(name), shown(record.fields[name]))
  end
  return table.concat(parts)
end

-- What JSON does not know becomes a text.
local function encodable(value)
  if pcall(json.encode, value) then
    return value
  end
  return (message.text(value):gsub("[\128-\255]", function(c) return ("\\x%02x"):format(c:byte()) end))
end

--- The record as an object, its fields beside those of the record, which come first.
function line.json(record)
  local object = {}
  for name, value in pairs(record.fields) do
    object[message.text(name)] = encodable(value)
  end
  for name, value in pairs(record) do
    if name ~= "fields" then
      object[name] = encodable(value)
    end
  end
  return json.encode(object, { sort_keys = true })
end

return line
