--- Goes through the arguments of a command line.
local Slot = require "argparse.slot"
local mistake = require "argparse.mistake"

local state = {}

local fail, did_you_mean = mistake.fail, mistake.did_you_mean

---@class argparse.State
---@field [string] any
---@field open argparse.Slot?
---@field arguments argparse.Slot[]
local State = {}
State.__index = State

-- The elements of a parser, or of a command, are known from here on.
function State:enter(parser, name)
  self.parser = parser
  self.takes_options = parser._handle_options ~= false
  self.arguments, self.position = {}, 1
  self.parsers[#self.parsers + 1] = { parser, name }
  for _, option in ipairs(parser._options) do
    local slot = Slot.new(self, option)
    self.slots[#self.slots + 1] = slot
    for _, alias in ipairs(option._aliases) do
      self.options[alias] = slot
    end
  end
  for i, argument in ipairs(parser._arguments) do
    self.arguments[i] = Slot.new(self, argument)
  end
  for _, mutex in ipairs(parser._mutexes) do
    self.mutexes[#self.mutexes + 1] = mutex
  end
end

--- Raises unless an option or an argument may be used next to those that were.
function State:check_mutexes(slot)
  for _, mutex in ipairs(self.mutexes) do
    for _, element in ipairs(mutex) do
      if element == slot.element then
        local used = self.used[mutex]
        if used and used.slot ~= slot then
          fail(self, ("%s can not be used together with %s"):format(slot:label(), used.label))
        end
        self.used[mutex] = { slot = slot, label = slot:label() }
      end
    end
  end
end

function State:close_option()
  local slot = self.open
  self.open = nil
  if slot then
    slot:complete()
  end
end

function State:use_option(name)
  local slot = self.options[name]
  self:close_option()
  slot:use(name)
  if slot.element._maxargs == 0 then
    slot:complete()
  else
    self.open = slot
  end
  return slot
end

function State:unknown_option(name)
  local known = {}
  for alias, slot in pairs(self.options) do
    known[#known + 1] = not slot.element._hidden and alias or nil
  end
  table.sort(known)
  fail(self, ("unknown option '%s'%s"):format(name, did_you_mean(name, known)))
end

function State:pass_to_option(text)
  self.open:pass(text)
  if self.open:is_full() then
    self:close_option()
  end
end

function State:option_with_value(name, value)
  local slot = self:use_option(name)
  if slot.element._maxargs == 0 then
    fail(self, ("option '%s' does not take arguments"):format(name))
  end
  self:pass_to_option(value)
end

-- `-abc`: single options, of which the last may have its value right behind it.
function State:cluster(text)
  for i = 2, #text do
    local name = "-" .. text:sub(i, i)
    if not self.options[name] then
      self:unknown_option(i == 2 and text or name)
    end
    local slot = self:use_option(name)
    local rest = text:sub(i + 1)
    if slot.element._maxargs > 0 and rest ~= "" then
      return self:pass_to_option((rest:gsub("^=", "")))
    elseif rest:sub(1, 1) == "=" then
      fail(self, ("option '%s' does not take arguments"):format(name))
    end
  end
end

function State:option(text)
  local name, value = text:match("^(%-[^=]+)=(.*)$")
  if self.options[text] then
    self:use_option(text)
  elseif name and self.options[name] then
    self:option_with_value(name, value)
  elseif text:sub(1, 2) == "--" then
    self:unknown_option(name or text)
  else
    self:cluster(text)
  end
end

function State:command(text)
  local known = {}
  for _, command in ipairs(self.parser._commands) do
    for _, alias in ipairs(command._aliases) do
      if alias == text then
        self.result[command._target or command._name] = true
        if self.parser._command_target then
          self.result[self.parser._command_target] = command._name
        end
        return self:enter(command, command._name)
      end
      known[#known + 1] = not command._hidden and alias or nil
    end
  end
  if #known == 0 then
    fail(self, "too many arguments")
  end
  fail(self, ("unknown command '%s'%s"):format(text, did_you_mean(text, known)))
end

function State:positional(text)
  if self.open then
    return self:pass_to_option(text)
  end
  local slot = self.arguments[self.position]
  if not slot then
    return self:command(text)
  end
  self:check_mutexes(slot)
  slot:pass(text)
  if slot:is_full() then
    slot.uses = 1
    slot:complete()
    self.position = self.position + 1
  end
end

function State:finish_arguments()
  for i = self.position, #self.arguments do
    local slot = self.arguments[i]
    if #slot.args == 0 and slot:default("u") ~= nil then
      slot:finish()
    else
      slot:complete()
    end
  end
end

function State:finish()
  self:close_option()
  self:finish_arguments()
  local parser = self.parser
  if #parser._commands > 0 and parser._require_command ~= false then
    fail(self, "a command is required")
  end
  for _, slot in ipairs(self.slots) do
    slot:finish()
  end
  -- The innermost command comes first.
  for i = #self.parsers, 1, -1 do
    local entered = self.parsers[i]
    local action = entered[1]._action
    if action then
      action(self.result, entered[2] or entered[1]._name)
    end
  end
end

-- `-5` is a number, unless there are options that look like it.
function State:is_option(text)
  if not self.takes_options or text == "-" or text:sub(1, 1) ~= "-" then
    return false
  end
  return not text:find("^%-%.?%d") or self.options[text:sub(1, 2)] ~= nil
end

--- The result of a command line. Raises where it is wrong: see `argparse.mistake`.
function state.parse(parser, args)
  local self = setmetatable({ result = {}, options = {}, slots = {}, mutexes = {}, used = {}, parsers = {} }, State)
  self:enter(parser)
  for _, text in ipairs(args) do
    if text == "--" and self.takes_options then
      self:close_option()
      self.takes_options = false
    elseif self:is_option(text) then
      self:option(text)
    else
      self:positional(text)
    end
  end
  self:finish()
  return self.result
end

return state
