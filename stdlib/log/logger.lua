--- Loggers: a level, a format, and fields that all of their records have.
local arguments = require "lithops.arguments"
local levels = require "log.levels"
local line = require "log.line"
local message = require "log.message"
local nearest = require "nearest"

-- The class is what `require` gives, so that loggers are sent with a reference to it. Settings are in a table of their own, which
-- children share with their parents: a child that is sent to a worker brings them along.
---@class log.LoggerClass
---@field [string] any
local Logger = { __name = "log.Logger" }

local FORMATS = { text = line.text, json = line.json }

-- The log functions of each logger, by name. They belong to one logger, so that they are called with a dot.
local functions = setmetatable({}, { __mode = "k" })

function Logger.new(settings, fields)
  return setmetatable({ _settings = settings or {}, _fields = fields or {} }, Logger)
end

-- The least severe level that is written, as a number. That of the configuration is read when it is first needed.
local function least(settings)
  local level = settings.level
  if not level then
    local ok, name = pcall(function() return lithops.config.lithops.log_level end)
    level = ok and levels.number(name) or levels.DEFAULT
    settings.level = level
  end
  return level
end

local function write(settings, record)
  local text = FORMATS[settings.format or "text"](record)
  if settings.sink then
    settings.sink(text, record)
  elseif lithops.is_worker then
    -- In one piece, so that the driver gets it as one line of the call.
    io.write(text, "\n")
  else
    io.stderr:write(text, "\n")
  end
end

local function log(self, level, first, ...)
  if type(first) == "function" then
    local ok, made = pcall(first)
    first = made
    if not ok then
      first = "the function of this message raised an error: " .. message.text(made)
    end
  end
  local text, fields = message.read(first, ...)
  write(self._settings, {
    time = line.time(lithops.time()),
    level = levels.name(level),
    message = text,
    source = arguments.place(),
    call_id = lithops.call.id,
    job_id = lithops.call.job_id,
    fields = fields and arguments.joined(self._fields, fields) or self._fields,
  })
end

local function log_function(self, level)
  return function(first, ...)
    if level < least(self._settings) then
      return
    elseif rawequal(first, self) then
      log(self, level, ...)
    else
      log(self, level, first, ...)
    end
  end
end

-- A logger whose records have these fields, too.
local function with(self, fields, extra)
  if rawequal(fields, self) then
    fields = extra
  end
  arguments.check_type(fields, "table", 1, "with")
  return Logger.new(self._settings, arguments.joined(self._fields, fields))
end

local function enabled(self, name, extra)
  if rawequal(name, self) then
    name = extra
  end
  local level = levels.number(name)
  if not level then
    arguments.raise("enabled: unknown level `%s`%s", tostring(name), nearest.hint(tostring(name), levels.NAMES))
  end
  return level >= least(self._settings)
end

local function functions_of(self)
  local all = {
    with = function(...) return with(self, ...) end,
    enabled = function(...) return enabled(self, ...) end,
  }
  for number, name in ipairs(levels.NAMES) do
    all[name] = log_function(self, number)
  end
  functions[self] = all
  return all
end

function Logger:__index(name)
  local found = (functions[self] or functions_of(self))[name]
  if found == nil and name == "level" then
    return levels.name(least(self._settings))
  elseif found == nil then
    return self._settings[name]
  end
  return found
end

local SETTINGS = { "level", "format", "sink" }

-- What a logger has, for those who list it.
function Logger:__pairs()
  local all = {}
  for name, found in pairs(functions[self] or functions_of(self)) do
    all[name] = found
  end
  for _, name in ipairs(SETTINGS) do
    all[name] = self[name]
  end
  return next, all, nil
end

function Logger:__newindex(name, value)
  local settings = self._settings
  if name == "level" then
    local level = levels.number(value)
    if not level then
      arguments.raise("unknown level `%s`%s", tostring(value), nearest.hint(tostring(value), levels.KNOWN))
    end
    settings.level = level
  elseif name == "format" then
    if not FORMATS[value] then
      arguments.raise("setting `format` must be \"text\" or \"json\", not %s", arguments.shown(value))
    end
    settings.format = value
  elseif name == "sink" then
    if value ~= nil then
      arguments.check_type(value, "function", 1, "sink")
    end
    settings.sink = value
  else
    arguments.raise("a logger has no setting `%s`%s", tostring(name), nearest.hint(tostring(name), SETTINGS))
  end
end

function Logger:__tostring()
  return ("logger (%s)"):format(self.level)
end

return Logger
