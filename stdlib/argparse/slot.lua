--- What is known of an argument or an option while a command line is read: its values, and how often it was used.
local mistake = require "argparse.mistake"

local function counted(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

---@class argparse.Slot
---@field [string] any
local Slot = {}
Slot.__index = Slot

--- What is known of an element; `owner` is the state of the command line.
function Slot.new(owner, element)
  local action, init = element:_action_and_init()
  local key = element:_key()
  if init ~= nil then
    if type(init) == "table" then
      -- What is put into it is that of this command line.
      local copy = {}
      for name, value in pairs(init) do
        copy[name] = value
      end
      init = copy
    end
    owner.result[key] = init
  end
  return setmetatable({ owner = owner, element = element, action = action, key = key, args = {}, uses = 0, overwrite = false }, Slot)
end

local function check_choice(self, text)
  local choices = self.element._choices
  if not choices then
    return
  end
  for _, choice in ipairs(choices) do
    if text == choice then
      return
    end
  end
  local subject = self.element._is_option and "argument for " .. self:label() or self:label()
  mistake.fail(self.owner, ("%s must be one of '%s'%s"):format(subject, table.concat(choices, "', '"), mistake.did_you_mean(text, choices)))
end

local function converted(self, text)
  local convert = self.element._convert
  if not convert then
    return text
  end
  local value, reason
  local function_here = type(convert) == "table" and convert[#self.args + 1]
  if type(convert) == "function" then
    value, reason = convert(text)
  elseif type(function_here) == "function" then
    value, reason = function_here(text)
  else
    value = convert[text]
  end
  if value == nil then
    reason = type(reason) == "string" and reason or ("malformed argument '%s'"):format(text)
    mistake.fail(self.owner, ("%s: %s"):format(self:label(), reason))
  end
  return value
end

-- How it is called in messages: an option as it was typed.
function Slot:label()
  return (self.element._is_option and "option '%s'" or "argument '%s'"):format(self.name or self.element._name)
end

function Slot:pass(text)
  -- A default may be any value.
  if type(text) == "string" then
    check_choice(self, text)
    text = converted(self, text)
  end
  self.args[#self.args + 1] = text
end

function Slot:default(mode)
  if self.element._defmode:find(mode, 1, true) then
    return self.element._default
  end
end

function Slot:is_full()
  return #self.args >= self.element._maxargs
end

-- Complains that there are too few values.
function Slot:too_few()
  local element = self.element
  if #self.args == 0 and not element._is_option then
    mistake.fail(self.owner, ("missing %s"):format(self:label()))
  elseif element._maxargs == 1 then
    mistake.fail(self.owner, ("%s requires an argument"):format(self:label()))
  end
  local least = element._minargs < element._maxargs and "at least " or ""
  mistake.fail(self.owner, ("%s requires %s%s"):format(self:label(), least, counted(element._minargs, "argument")))
end

-- All values of this use are there.
function Slot:complete()
  local element = self.element
  if #self.args < element._minargs then
    local default = self:default("a")
    if default == nil then
      self:too_few()
    end
    while #self.args < element._minargs do
      self:pass(default)
    end
  end
  local value = self.args
  local may_lack = element._minargs == 0 and element._mincount ~= element._maxcount
  if element._maxargs == 0 or element._maxargs == 1 and not may_lack then
    value = self.args[1]
  end
  self.action(self.owner.result, self.key, value, self.overwrite)
  self.args = {}
end

-- An option is used once more.
function Slot:use(name)
  local element = self.element
  self.name = name
  self.owner:check_mutexes(self)
  self.uses = self.uses + 1
  if self.uses > element._maxcount then
    if not element._overwrite then
      mistake.fail(self.owner, ("option '%s' must be used at most %s"):format(name, counted(element._maxcount, "time")))
    end
    self.overwrite = true
  end
  self.args = {}
end

-- Uses an option without an argument until it has been used often enough.
function Slot:use_default()
  repeat
    self:use(self.name or self.element._name)
    self:complete()
  until self.uses >= self.element._mincount
end

-- No more arguments come.
function Slot:finish()
  local element = self.element
  local default
  if self.uses == 0 then
    default = self:default("u")
  end
  if default ~= nil then
    self.uses = math.max(1, element._mincount)
    if element._maxargs == 0 then
      self.owner.result[self.key] = default
      return
    end
    repeat
      self:pass(default)
    until #self.args >= element._minargs
    self:complete()
  elseif element._is_option and self.uses < element._mincount then
    if self:default("a") ~= nil then
      self:use_default()
      return
    elseif self.uses == 0 then
      mistake.fail(self.owner, ("missing %s"):format(self:label()))
    end
    mistake.fail(self.owner, ("option '%s' must be used at least %s"):format(self.name, counted(element._mincount, "time")))
  end
end

return Slot
