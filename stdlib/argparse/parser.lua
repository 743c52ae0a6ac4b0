--- Parsers and commands: what they consist of, and how they are used.
local element = require "argparse.element"
local help = require "argparse.help"
local mistake = require "argparse.mistake"
local properties = require "argparse.properties"
local state = require "argparse.state"

local parser = {}

--- What a wrong command line ends the program with: the code of `lithops-lua` for wrong usage.
local EXIT_USAGE = 2

local methods = {}

-- Adds an element; one that has the name of another is a mistake of the script.
local function add(self, list, made)
  for _, other in ipairs(list) do
    for _, alias in ipairs(other._aliases or { other._name }) do
      for _, own in ipairs(made._aliases or { made._name }) do
        if alias == own and other ~= self._help_option then
          properties.refuse(("there are two elements with the name `%s`"):format(own))
        end
      end
    end
  end
  list[#list + 1] = made
  return made
end

--- An argument by its position.
function methods:argument(...)
  return add(self, self._arguments, element.argument(...))
end

--- An option with a value.
function methods:option(...)
  return add(self, self._options, element.option(...))
end

--- An option without one.
function methods:flag(...)
  return add(self, self._options, element.flag(...))
end

local function check_elements(list, from, what)
  for i, made in ipairs(list) do
    if type(made) ~= "table" or made._name == nil then
      properties.refuse(("bad argument #%d to '%s' (option or argument expected, got %s)"):format(i + from - 1, what, type(made)))
    end
  end
end

--- Of these options and arguments one can be used at most.
function methods:mutex(...)
  local mutex = { ... }
  check_elements(mutex, 1, "mutex")
  self._mutexes[#self._mutexes + 1] = mutex
  return self
end

--- These elements have a title of their own in the help.
function methods:group(name, ...)
  if type(name) ~= "string" then
    properties.refuse(("bad argument #1 to 'group' (string expected, got %s)"):format(type(name)))
  end
  local group = { ... }
  check_elements(group, 2, "group")
  group.name = name
  self._groups[#self._groups + 1] = group
  return self
end

-- The option that prints the help. `value` is false, its names, or a table of its properties.
function methods:_set_help(value)
  for i, option in ipairs(self._options) do
    if option == self._help_option then
      table.remove(self._options, i)
    end
  end
  self._help_option = nil
  if not value then
    return
  end
  local option = element.flag("-h --help", "Show this help message and exit.")
  option:action(function()
    print(self:get_help())
    os.exit(0)
  end)
  if type(value) ~= "boolean" then
    option(value)
  end
  self._help_option = option
  table.insert(self._options, 1, option)
end

--- A command that prints the help, of all or of another command.
function methods:add_help_command(value)
  local command = self:command("help", "Show help for commands.")
  command:argument("command", "The command to show help for."):args("?")
  command:action(function(args)
    if not args.command then
      print(self:get_help())
      os.exit(0)
    end
    for _, other in ipairs(self._commands) do
      for _, alias in ipairs(other._aliases) do
        if alias == args.command then
          print(other:get_help())
          os.exit(0)
        end
      end
    end
    command:error(("unknown command '%s'"):format(args.command))
  end)
  if value ~= nil then
    command(value)
  end
  return self
end

-- A setting of this parser, or of the one whose command it is.
function methods:_inherited(name, default)
  local owner = self
  while owner do
    if owner["_" .. name] ~= nil then
      return owner["_" .. name]
    end
    owner = owner._parent
  end
  return default
end

--- The name with those of the parsers above.
function methods:_full_name()
  local name = self._name or tostring(arg and arg[0] or "script"):match("[^/]*$")
  return self._parent and self._parent:_full_name() .. " " .. name or name
end

function methods:get_usage()
  return help.usage(self)
end

function methods:get_help()
  return help.text(self)
end

--- Says what is wrong with the command line, and ends the program. A script may put its own function here.
function methods:error(message)
  io.stderr:write(("%s\n\nError: %s\n"):format(self:get_usage(), message))
  os.exit(EXIT_USAGE)
end

local function parse(self, args, what)
  args = args == nil and (arg or {}) or args
  if type(args) ~= "table" then
    properties.refuse(("bad argument #1 to '%s' (table expected, got %s)"):format(what, type(args)))
  end
  for i, text in ipairs(args) do
    if type(text) ~= "string" then
      properties.refuse(("bad argument #1 to '%s' (list of strings expected, element %d is a %s)"):format(what, i, type(text)))
    end
  end
  local ok, result = pcall(state.parse, self, args)
  if ok then
    return result
  end
  local message, refusing = mistake.of(result)
  if not message then
    -- What a `convert` or an `action` of the script raised.
    error(result, 0)
  end
  return nil, message, refusing
end

--- The values of a command line. Where it is wrong, `error` of the parser is called.
function methods:parse(args)
  local result, message, refusing = parse(self, args, "parse")
  if not result then
    refusing = rawget(refusing, "error") and refusing or rawget(self, "error") and self or refusing
    return refusing:error(message)
  end
  return result
end

--- True and the values of a command line; where it is wrong, false and what is wrong.
function methods:pparse(args)
  local result, message = parse(self, args, "pparse")
  if not result then
    return false, message
  end
  return true, result
end

local command_methods = {}
local Parser, Command

local function new(class)
  return setmetatable({ _arguments = {}, _options = {}, _commands = {}, _mutexes = {}, _groups = {} }, class._meta)
end

--- A command, with options and arguments of its own.
function methods:command(...)
  local command = new(Command)
  command._parent = self
  command:_set_help(true)
  properties.set_all(command, Command._order, ...)
  if command._name == nil then
    properties.refuse("a command needs a name")
  end
  return add(self, self._commands, command)
end

-- Calls with a dot are told, but for those of `error`, which a script may put its own function in place of.
for name, method in pairs(methods) do
  if not name:find("^_") and name ~= "error" then
    methods[name] = function(self, ...)
      local meta = getmetatable(self)
      if meta ~= Parser._meta and meta ~= Command._meta then
        properties.refuse(("bad argument to '%s' (parser expected; call it with a colon, `parser:%s(…)`)"):format(name, name))
      end
      return method(self, ...)
    end
  end
end
for name, method in pairs(methods) do
  command_methods[name] = method
end
Parser = properties.class(properties.parser, { "name", "description", "epilog" }, methods)
Command = properties.class(properties.command, { "name", "description", "epilog" }, command_methods)

--- A parser.
function parser.new(...)
  local self = new(Parser)
  self:_set_help(true)
  if select("#", ...) > 0 then
    properties.set_all(self, Parser._order, ...)
  end
  return self
end

return parser
