-- The text of a value as the prompt shows it. `load` gives the chunk of an embedded module.
local load, bounds = ...
local type, tostring, getinfo, getlocal, concat, sub = type, tostring, debug.getinfo, debug.getlocal, table.concat, string.sub
local getmetatable, rawget, pcall, setfenv, setmetatable = debug.getmetatable, rawget, pcall, setfenv, setmetatable
local environment_of_modules = { __index = _G }

local modules = {}
local function require_embedded(name)
  if not modules[name] then
    modules[name] = setfenv(load(name), setmetatable({ require = require_embedded }, environment_of_modules))()
  end
  return modules[name]
end
local print_value = require_embedded("inspect.printer").print

local function cut(text)
  if #text <= bounds.max_length then
    return text
  end
  return sub(text, 1, bounds.max_length) .. "… " .. #text - bounds.max_length .. " more bytes"
end

-- What `__tostring` makes of a value, if it has that and it does not fail.
local function own_text(value)
  local meta = getmetatable(value)
  if type(meta) == "table" and rawget(meta, "__tostring") ~= nil then
    local ok, text = pcall(tostring, value)
    return ok and type(text) == "string" and cut(text) or nil
  end
end

local function parameters(fn, info)
  local names = {}
  for index = 1, info.nparams or 0 do
    names[index] = getlocal(fn, index) or "?"
  end
  if info.isvararg then
    names[#names + 1] = "..."
  end
  return concat(names, ", ")
end

local function function_text(fn, name)
  local info = getinfo(fn, "Su")
  if info.what ~= "C" then
    return ("function(%s) at %s:%d"):format(parameters(fn, info), info.short_src, info.linedefined)
  end
  return name and "function " .. name or "function (native)"
end

return function(value, name)
  local kind = type(value)
  if kind == "function" then
    return function_text(value, name)
  elseif kind == "table" or kind == "userdata" then
    local text = own_text(value)
    if text then
      return text
    end
  end
  return (print_value(value, bounds))
end
