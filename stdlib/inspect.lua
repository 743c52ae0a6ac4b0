--- Prints values as Lua would write them, for people. The interface, and the form of the text, are those of inspect.lua.
---
---    local inspect = require "inspect"
---    print(inspect({ 1, 2, name = "x" }))
local printer = require "inspect.printer"

local inspect = {}

local function marker(name)
  return setmetatable({}, { __tostring = function() return name end })
end

--- At the end of a path: the item is a key, or a metatable.
inspect.KEY = marker("inspect.KEY")
inspect.METATABLE = marker("inspect.METATABLE")

local SPECIAL = { [inspect.KEY] = "inspect.KEY", [inspect.METATABLE] = "inspect.METATABLE" }

local function is_count(value)
  return type(value) == "number" and value >= 0
end

local function is_string(value)
  return type(value) == "string"
end

local OPTIONS = {
  depth = { "a number of 0 or more", is_count },
  max_items = { "a number of 0 or more", is_count },
  max_length = { "a number of 0 or more", is_count },
  newline = { "a string", is_string },
  indent = { "a string", is_string },
  process = { "a function", function(value) return type(value) == "function" end },
  metatables = { "true or false", function(value) return type(value) == "boolean" end },
}

local function check(options)
  if type(options) ~= "table" then
    error(("bad argument #2 to 'inspect' (table expected, got %s)"):format(type(options)), 4)
  end
  for name, value in next, options do
    local kind = OPTIONS[name]
    if not kind then
      local known = {}
      for option in pairs(OPTIONS) do
        known[#known + 1] = option
      end
      error(("unknown option `%s`%s"):format(tostring(name), require("nearest").hint(tostring(name), known)), 4)
    elseif not kind[2](value) then
      local shown = type(value) == "number" and tostring(value) or "a " .. type(value)
      error(("option `%s` must be %s, not %s"):format(name, kind[1], shown), 4)
    end
  end
  return options
end

local function extended(path, ...)
  local longer = {}
  for i = 1, #path do
    longer[i] = path[i]
  end
  for i = 1, select("#", ...) do
    longer[#path + i] = (select(i, ...))
  end
  return longer
end

-- What is deeper is not shown, so that it needs no processing: each level has two items in a path at most.
local MAX_PATH = 2 * printer.MAX_DEPTH + 2

-- What `process` makes of an item and of all in it, as a copy.
local function processed(process, item, path, seen)
  if item == nil then
    return nil
  elseif #path >= MAX_PATH then
    return item
  elseif seen[item] ~= nil then
    return seen[item]
  end
  local result = process(item, path)
  if type(result) ~= "table" then
    return result
  end
  local copy = {}
  seen[item] = copy
  for key, value in next, result do
    local new_key = processed(process, key, extended(path, key, inspect.KEY), seen)
    if new_key ~= nil and new_key == new_key then
      rawset(copy, new_key, processed(process, value, extended(path, new_key), seen))
    end
  end
  local meta = processed(process, getmetatable(result), extended(path, inspect.METATABLE), seen)
  return setmetatable(copy, type(meta) == "table" and meta or nil)
end

local function text_of(value, options)
  ---@type inspect.Options
  options = options == nil and {} or check(options)
  if options.process then
    value = processed(options.process, value, {}, {})
  end
  return printer.print(value, {
    depth = options.depth,
    max_items = options.max_items,
    max_length = options.max_length,
    newline = options.newline,
    indent = options.indent,
    metatables = options.metatables,
    special = SPECIAL,
  })
end

--- The text of a value.
function inspect.inspect(value, options)
  return (text_of(value, options))
end

return setmetatable(inspect, { __call = function(_, value, options) return (text_of(value, options)) end })
