--- Properties of parsers, arguments and options: set by chained methods, or all at once by a call with a table.
local properties = {}

local OWN = debug.getinfo(1, "S").source:match("^(.*)properties%.lua$") or "@stdlib/argparse/"

--- Raises a mistake of the script at the line of it that called any function of this module.
function properties.refuse(message)
  local level = 2
  while true do
    local info = debug.getinfo(level, "S")
    if not info then
      error(message, 0)
    elseif info.what ~= "C" and info.source:sub(1, #OWN) ~= OWN and info.source ~= OWN:sub(1, -2) .. ".lua" then
      error(message, level)
    end
    level = level + 1
  end
end

local refuse = properties.refuse

--- Raises a mistake about a name, with the nearest known one.
function properties.refuse_name(message, name, known)
  table.sort(known)
  refuse(message:format(name) .. require("nearest").hint(name, known))
end

local function expected(what, name, value)
  local shown = type(value) == "string" and ("`%s`"):format(value) or type(value)
  refuse(("bad property `%s` (%s expected, got %s)"):format(name, what, shown))
end

-- A check that a value is of one of the types.
local function typed(...)
  local kinds = { ... }
  return function(value, name)
    for _, kind in ipairs(kinds) do
      if type(value) == kind then
        return value
      end
    end
    expected(table.concat(kinds, " or "), name, value)
  end
end

--- The least and the most of `2`, `"1-3"`, `"1+"`, `"?"`, `"*"`, `"+"`; nothing where it is none of these.
local function range(value)
  if type(value) == "number" and value >= 0 and value % 1 == 0 then
    return value, value
  elseif type(value) ~= "string" then
    return nil
  elseif value == "?" then
    return 0, 1
  elseif value == "*" then
    return 0, math.huge
  elseif value == "+" then
    return 1, math.huge
  end
  local from, to = value:match("^(%d+)%-(%d+)$")
  local least, most = tonumber(from), tonumber(to)
  if least then
    return least <= most and least or nil, most
  end
  least = tonumber(value:match("^(%d+)%+$"))
  if least then
    return least, math.huge
  end
  least = tonumber(value:match("^%d+$"))
  return least, least
end

-- A setter of two fields, the ends of a range.
local function ranged(least, most)
  return function(self, value, name)
    local from, to = range(value)
    if not from then
      expected('a number, or text such as "2-3", "1+", "?", "*", "+",', name, value)
    end
    self[least], self[most] = from, to
  end
end

local function field(check)
  return function(self, value, name) self["_" .. name] = check(value, name) end
end

local ACTIONS = { store = true, store_true = true, store_false = true, count = true, append = true, concat = true }

local function action(value, name)
  if type(value) == "string" and not ACTIONS[value] then
    local known = {}
    for known_action in pairs(ACTIONS) do
      known[#known + 1] = known_action
    end
    properties.refuse_name("unknown action `%s`", value, known)
  end
  return typed("string", "function")(value, name)
end

local function init(self, value)
  self._has_init, self._init = true, value
end

-- Names with spaces between them are aliases, and so are those of a further call: `parser:option "-o" "--output"`.
local function names(self, value, name)
  self._aliases = self._aliases or {}
  for alias in typed("string")(value, name):gmatch("%S+") do
    self._aliases[#self._aliases + 1] = alias
  end
  if #self._aliases == 0 then
    expected("a name", name, value)
  end
  self._name = self._aliases[1]
end

local STRING, BOOLEAN, FUNCTION = typed("string"), typed("boolean"), typed("function")

-- A number of letters or lines.
local function size(value, name)
  if type(value) ~= "number" or not (value >= 0) then
    expected("a number of 0 or more", name, value)
  end
  return value
end

-- What may be typed is text.
local function choices(value, name)
  for i, choice in ipairs(typed("table")(value, name)) do
    if type(choice) ~= "string" then
      refuse(("bad property `%s` (list of strings expected, element %d is a %s)"):format(name, i, type(choice)))
    end
  end
  return value
end

--- The setters of an argument. Those of an option, and of a parser, go on from here.
properties.argument = {
  name = field(STRING), description = field(STRING), default = field(function(value) return value end),
  convert = field(typed("function", "table")), args = ranged("_minargs", "_maxargs"), target = field(STRING),
  defmode = field(function(value, name)
    local modes = { u = "u", a = "a", unused = "u", arg = "a", ua = "ua", au = "ua" }
    return modes[value] or expected('"u", "a" or "ua"', name, value)
  end),
  show_default = field(BOOLEAN), argname = field(typed("string", "table")), choices = field(choices),
  hidden = field(BOOLEAN), action = field(action), init = init,
}

properties.option = setmetatable({
  name = names, count = ranged("_mincount", "_maxcount"), overwrite = field(BOOLEAN),
  required = function(self, value, name)
    self._mincount = BOOLEAN(value, name) and math.max(1, self._mincount) or 0
  end,
}, { __index = properties.argument })

properties.parser = {
  name = field(STRING), description = field(STRING), epilog = field(STRING), usage = field(STRING), help = field(STRING),
  require_command = field(BOOLEAN), command_target = field(STRING), action = field(FUNCTION), handle_options = field(BOOLEAN),
  usage_max_width = field(size), usage_margin = field(size), help_usage_margin = field(size),
  help_description_margin = field(size), help_max_width = field(size), help_vertical_space = field(size),
  add_help = function(self, value) self:_set_help(value) end,
}

properties.command = setmetatable({
  name = names, target = field(STRING), summary = field(STRING), hidden = field(BOOLEAN),
}, { __index = properties.parser })

local function known_names(setters)
  local known, seen = {}, {}
  while setters do
    for name in pairs(setters) do
      if not seen[name] then
        seen[name] = true
        known[#known + 1] = name
      end
    end
    local meta = getmetatable(setters)
    setters = meta and meta.__index
  end
  return known
end

local function set(self, name, value)
  local setter = type(name) == "string" and self._setters[name]
  if not setter then
    properties.refuse_name("unknown property `%s`", tostring(name), known_names(self._setters))
  end
  setter(self, value, name)
end

--- Sets properties: those of a table, or, in the order of `order`, the values themselves.
function properties.set_all(self, order, first, ...)
  if type(first) == "table" then
    -- The name comes first, since others may need it.
    if first[1] ~= nil or first.name ~= nil then
      set(self, order[1], first.name or first[1])
    end
    for name, value in pairs(first) do
      if name ~= 1 and name ~= "name" then
        set(self, name, value)
      end
    end
    return self
  end
  local values = { first, ... }
  for i, name in ipairs(order) do
    if values[i] ~= nil then
      set(self, name, values[i])
    end
  end
  return self
end

--- The metatable of objects with properties: `setters` are these, `order` is that of values of a call, and `methods` are their others.
function properties.class(setters, order, methods)
  local class = { _setters = setters, _order = order }
  for name, method in pairs(methods) do
    class[name] = method
  end
  for _, name in ipairs(known_names(setters)) do
    class[name] = class[name] or function(self, value)
      set(self, name, value)
      return self
    end
  end
  local meta = { __name = "argparse" }
  function meta.__index(_, key)
    local value = class[key]
    if value == nil and type(key) == "string" and key:sub(1, 1) ~= "_" then
      local known = {}
      for name in pairs(class) do
        known[#known + 1] = name:sub(1, 1) ~= "_" and name or nil
      end
      properties.refuse_name("there is no method or property `%s`", key, known)
    end
    return value
  end
  function meta.__call(self, ...)
    return properties.set_all(self, order, ...)
  end
  class._meta = meta
  return class
end

return properties
