--- Checks what callers pass to the standard library, and words what is wrong with it as `lithops.map` and its like do. What is
--- raised has the position of the nearest function that is not part of the standard library.
local nearest = require "nearest"

local arguments = {}

-- What chunk names of the standard library begin with.
local OWN = debug.getinfo(1, "S").source:gsub("lithops/arguments%.lua$", "")

local function is_own(info)
  return info.source == "=[lithops]" or info.source:sub(1, #OWN) == OWN
end

-- The level of that function, as for `error` in the function that calls this one; 0 if there is none. It may be one in C: `pcall`
-- has no position. One that the library itself calls is passed over.
local function callers_level()
  local level = 2
  while true do
    local info = debug.getinfo(level, "S")
    if not info then
      return 0
    elseif info.what == "C" then
      local beyond = debug.getinfo(level + 1, "S")
      if not (beyond and is_own(beyond)) then
        return level - 1
      end
    elseif not is_own(info) then
      return level - 1
    end
    level = level + 1
  end
end

--- The file and the line of that function: `pipeline.lua:12`.
---@return string? place
function arguments.place()
  local level = callers_level()
  local info = level > 0 and debug.getinfo(level, "Sl")
  return info and info.currentline > 0 and ("%s:%d"):format(info.short_src, info.currentline) or nil
end

--- Raises a text.
function arguments.raise(text, ...)
  if select("#", ...) > 0 then
    text = text:format(...)
  end
  error(text, callers_level())
end

-- Longer texts are cut in messages.
local MOST_SHOWN = 80

-- A text that is at most so many bytes long, without half of a character at its end.
local function cut(text)
  if #text <= MOST_SHOWN then
    return text
  end
  local last = MOST_SHOWN
  while last > MOST_SHOWN - 3 and text:byte(last + 1) >= 0x80 and text:byte(last + 1) < 0xC0 do
    last = last - 1
  end
  return text:sub(1, last) .. "…"
end

--- A value as messages show it: in one line, a short one.
function arguments.shown(value)
  local kind = type(value)
  if kind == "string" then
    return ('"%s"'):format(cut(value):gsub("%c", function(c) return c == "\n" and "\\n" or ("\\%03d"):format(c:byte()) end))
  elseif kind == "cdata" and tostring(value):find("^%-?%d+U?LL$") then
    return tostring(value)
  elseif kind == "number" or kind == "boolean" or kind == "nil" then
    return tostring(value)
  end
  return "a " .. kind
end

--- Raises that argument `position` of function `name` is not what was expected.
function arguments.fail(position, name, expected, value)
  arguments.raise("bad argument #%d to '%s' (%s expected, got %s)", position, name, expected, type(value))
end

--- Raises unless the argument is of this type.
function arguments.check_type(value, kind, position, name)
  if type(value) ~= kind then
    arguments.fail(position, name, kind, value)
  end
end

--- Raises unless the argument is a whole number of at least `least`.
function arguments.check_whole(value, least, position, name)
  if type(value) ~= "number" or value < least or value % 1 ~= 0 then
    arguments.raise("bad argument #%d to '%s' (whole number of %d or more expected, got %s)", position, name, least,
      tostring(value))
  end
end

--- How many arguments a function is passed at most: no more fit on Lua's stack, which has 8000 places for them.
arguments.MOST = 7000

--- How many elements a list has, which may have their number in field `n`. `position` is that of the list among the arguments of `name`.
---@return integer length
function arguments.length(list, position, name)
  local n = list.n
  if n == nil then
    return #list
  elseif type(n) ~= "number" or not (n >= 0) or n % 1 ~= 0 then
    arguments.raise("bad argument #%d to '%s' (field `n`, the length of the list, must be a whole number of 0 or more, not %s)", position,
      name, arguments.shown(n))
  end
  return n
end

-- So many elements at the end of a list are looked at.
local END = 16

-- Whether the last elements are the last of what `next` gives, in their order. Then there is nothing else behind them: keys that are not in
-- Lua's array for the elements come behind it, and in no order.
local function ends_in_order(list, n)
  local first = n > END and n - END or 1
  for i = first, n do
    local following = i < n and i + 1 or nil
    if rawget(list, i) == nil or next(list, i) ~= following then
      return false
    end
  end
  return first > 1 or n > 0 and next(list) == 1
end

--- Raises if elements of a list, whose length without field `n` is `n`, are beyond a nil, or if a table has keys but no elements.
function arguments.check_border(list, n, position, name)
  if ends_in_order(list, n) then
    return
  end
  for key in next, list do
    if type(key) == "number" and key > n and key % 1 == 0 and n > 0 then
      arguments.raise("bad argument #%d to '%s' (list expected, got one whose element %d is nil, but which has an element %s)", position,
        name, n + 1, arguments.shown(key))
    elseif n == 0 and key ~= "n" then
      arguments.raise("bad argument #%d to '%s' (list expected, got a table whose keys are not 1, 2, …, such as %s)", position, name,
        arguments.shown(key))
    end
  end
end

-- The function `__iter` of a table's metatable.
local function iter_of(object)
  local meta = type(object) == "table" and getmetatable(object)
  local iter = type(meta) == "table" and rawget(meta, "__iter")
  return type(iter) == "function" and iter or nil
end

--- Whether a table's metatable has `__iter`.
function arguments.is_iterable(object)
  return iter_of(object) ~= nil
end

--- What a generic `for` goes through if the table's metatable has `__iter`, as `lithops.map` asks for it; nothing otherwise.
---@return function? next, any invariant, any control
function arguments.iteration(object, position, name)
  local iter = iter_of(object)
  if not iter then
    return nil
  end
  local next_values, invariant, control = iter(object)
  if type(next_values) ~= "function" then
    arguments.raise("bad argument #%d to '%s' (its `__iter` must give an iterator function, and gave %s)", position, name,
      type(next_values))
  end
  return next_values, invariant, control
end

--- What an option may be: words for messages, and a test.

local function whole(least)
  return function(value) return type(value) == "number" and value >= least and value % 1 == 0 end
end

local function of_type(kind)
  return function(value) return type(value) == kind end
end

arguments.ANY = { "a value", function() return true end }
arguments.BOOLEAN = { "true or false", of_type("boolean") }
arguments.STRING = { "a string", of_type("string") }
arguments.TABLE = { "a table", of_type("table") }
arguments.FUNCTION = { "a function", of_type("function") }
arguments.COUNT = { "a whole number of 0 or more", whole(0) }
arguments.POSITIVE = { "a whole number of 1 or more", whole(1) }
arguments.SECONDS = { "a number of seconds, 0 or more", function(value) return type(value) == "number" and value >= 0 end }
arguments.EXECUTOR = {
  "an executor, as lithops.FunctionExecutor gives it",
  function(value)
    local ok, id = pcall(function() return value.executor_id end)
    return ok and type(id) == "string"
  end,
}

--- Options of jobs of one call.
arguments.CALL = {
  extra_env = arguments.TABLE,
  runtime_memory = arguments.POSITIVE,
  timeout = arguments.SECONDS,
  retries = arguments.COUNT,
  include_modules = {
    "a list of module names, or false",
    function(value) return value == false or type(value) == "table" end,
  },
  exclude_modules = { "a list of module names", of_type("table") },
  stream_logs = arguments.BOOLEAN,
}

--- Options of jobs of many calls.
arguments.MAP = { chunksize = arguments.POSITIVE, max_workers = arguments.POSITIVE }
for name, kind in pairs(arguments.CALL) do
  arguments.MAP[name] = kind
end

--- Several tables of options as one.
function arguments.joined(...)
  local all = {}
  for _, kinds in ipairs({ ... }) do
    for name, kind in pairs(kinds) do
      all[name] = kind
    end
  end
  return all
end

local function names_of(kinds)
  local names = {}
  for name in pairs(kinds) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- Raises unless `options` is nil, or a table whose options are all known and are what they may be. Gives a table.
---@param options table?
---@param kinds table<string, table> What each option may be.
---@param name string What messages begin with.
---@return table<string, any> options
function arguments.options(options, kinds, name)
  if options == nil then
    return {}
  elseif type(options) ~= "table" then
    arguments.raise("%s: table of options expected, got %s", name, type(options))
  end
  for option, value in pairs(options) do
    local kind = kinds[option]
    if type(option) ~= "string" then
      arguments.raise("%s: options have names, not %s", name, arguments.shown(option))
    elseif not kind then
      arguments.raise("%s: unknown option `%s`%s", name, option, nearest.hint(option, names_of(kinds)))
    elseif not kind[2](value) then
      arguments.raise("%s: option `%s` must be %s, not %s", name, option, kind[1], arguments.shown(value))
    end
  end
  return options
end

--- Those of the options whose names are in `kinds`.
function arguments.only(options, kinds)
  local some = {}
  for name in pairs(kinds) do
    some[name] = options[name]
  end
  return some
end

--- The text of an error without the position in front of it, which is one in this library.
function arguments.without_position(text)
  return (text:gsub("^[^\n]-:%d+: ", ""))
end

local function finish(ok, ...)
  if ok then
    return ...
  end
  local err = ...
  if type(err) == "string" then
    arguments.raise(arguments.without_position(err))
  end
  error(err, 0)
end

--- Calls a function of the API with what a caller passed, and raises what it finds wrong with it.
function arguments.pass_on(f, ...)
  return finish(pcall(f, ...))
end

return arguments
