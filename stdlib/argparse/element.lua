--- Arguments and options: what they are called, and what becomes of their values.
local properties = require "argparse.properties"

local element = {}

local actions = {}

function actions.store(result, target, value)
  result[target] = value
end

function actions.store_true(result, target)
  result[target] = true
end

function actions.store_false(result, target)
  result[target] = false
end

function actions.count(result, target, _, overwrite)
  if not overwrite then
    result[target] = (result[target] or 0) + 1
  end
end

function actions.append(result, target, value, overwrite)
  result[target] = result[target] or {}
  table.insert(result[target], value)
  if overwrite then
    table.remove(result[target], 1)
  end
end

function actions.concat(result, target, values, overwrite)
  if overwrite then
    error("the action `concat` keeps all values, so `overwrite` must be false", 0)
  end
  result[target] = result[target] or {}
  for _, value in ipairs(type(values) == "table" and values or { values }) do
    table.insert(result[target], value)
  end
end

local methods = {}

--- What happens with its values, and the value of its target before all others.
function methods:_action_and_init()
  local action, init
  if self._maxcount == 1 then
    action = self._maxargs == 0 and "store_true" or "store"
  elseif self._maxargs == 0 then
    action, init = "count", 0
  else
    action, init = "append", {}
  end
  if self._action then
    action = self._action
  end
  if self._has_init then
    init = self._init
  end
  return actions[action] or action, init
end

-- The key of its value in the result where the script names none.
function methods:_default_key()
  if not self._is_option then
    return self._name
  end
  local long
  for _, alias in ipairs(self._aliases) do
    long = long or alias:sub(1, 2) == "--" and alias:sub(3)
  end
  return ((long or self._aliases[1]:sub(2)):gsub("%-", "_"))
end

--- The key of its value in the result.
function methods:_key()
  return self._target or self:_default_key()
end

-- How its value at `index` is called in usage and help.
function methods:_value_name(index)
  if type(self._argname) == "table" then
    return self._argname[index] or self._argname[#self._argname] or "<value>"
  elseif self._argname then
    return self._argname
  elseif self._choices then
    return "{" .. table.concat(self._choices, ",") .. "}"
  end
  return "<" .. (self._is_option and self:_default_key():gsub("_", "-") or self._name) .. ">"
end

--- Its values in usage and help: `<a> [<b>] ...`.
function methods:_values_usage()
  local words = {}
  -- What has a default in its place may be left out.
  local may_lack = self._default ~= nil and self._defmode:find("a", 1, true) ~= nil
  local least = may_lack and 0 or math.min(self._minargs, 3)
  for i = 1, least do
    words[i] = self:_value_name(i)
  end
  if self._maxargs == math.huge and least == 0 then
    words[1] = "[" .. self:_value_name(1) .. "]"
  elseif self._maxargs < math.huge then
    for i = least + 1, math.min(self._maxargs, 3) do
      words[i] = "[" .. self:_value_name(i) .. "]"
    end
  end
  if self._maxargs > #words then
    words[#words + 1] = "..."
  end
  return table.concat(words, " ")
end

---@type table<string, any>, table<string, any>
local argument_methods, option_methods = { _is_option = false }, { _is_option = true }
for name, method in pairs(methods) do
  argument_methods[name], option_methods[name] = method, method
end

local Argument = properties.class(properties.argument, { "name", "description", "default", "convert", "args" }, argument_methods)
local Option = properties.class(properties.option, { "name", "description", "default", "convert", "args", "count" }, option_methods)
local Flag = properties.class(properties.option, { "name", "description", "default", "count" }, option_methods)

local function new(class)
  local values = { _minargs = 1, _maxargs = 1, _mincount = 0, _maxcount = 1, _overwrite = true, _defmode = "u" }
  return setmetatable(values, class._meta)
end

local function check_name(self, what)
  if self._name == nil then
    properties.refuse(("%s needs a name"):format(what))
  end
end

--- An argument by its position.
function element.argument(...)
  local self = new(Argument)
  self._mincount = 1
  properties.set_all(self, Argument._order, ...)
  check_name(self, "an argument")
  return self
end

local function option(class, maxargs, ...)
  local self = new(class)
  self._minargs, self._maxargs = maxargs, maxargs
  properties.set_all(self, class._order, ...)
  check_name(self, "an option")
  for _, alias in ipairs(self._aliases) do
    if not alias:find("^%-[^-=]") and not alias:find("^%-%-[^-=]") or alias:find("=", 1, true) then
      properties.refuse(("the name of an option begins with `-` or `--` and has no `=`, unlike `%s`"):format(alias))
    end
  end
  return self
end

--- An option with a value.
function element.option(...)
  return option(Option, 1, ...)
end

--- An option without one.
function element.flag(...)
  return option(Flag, 0, ...)
end

return element
