--- Tells what is really there: the fields of modules and objects, the options that functions take, the parameters of functions in Lua.
--- Gets a description as JSON, and prints an answer as JSON; tests/types/live.rs makes the one and reads the other.
local json = require "json"
local fs = require "fs"

local described = assert(json.decode(assert(fs.read(arg[1]))))
local recipes = assert(loadfile(arg[2]))(arg[3])

-- The public names of a value: what can be listed, and every word of the sources that gives something. What an object in Lua keeps in
-- itself is its own business, unless it is described.
local function members(value, class)
  local names = {}
  if class.is_open then
    for name in pairs(class.described) do names[name] = value[name] ~= nil or nil end
    return names
  end
  local is_object = class.is_object and type(value) == "table"
  local function add(name)
    local is_state = is_object and rawget(value, name) ~= nil and not class.described[name]
    if type(name) == "string" and name:sub(1, 1) ~= "_" and not is_state then
      names[name] = true
    end
  end
  if type(value) == "table" then
    for name in next, value do add(name) end
  end
  for _, word in ipairs(described.words) do
    local ok, field = pcall(function() return value[word] end)
    if ok and field ~= nil then add(word) end
  end
  return names
end

local classes, functions, aliases, samples, failures = {}, {}, {}, {}, {}
for _, class in ipairs(described.classes) do classes[class.name] = class end
for _, alias in ipairs(described.aliases) do aliases[alias.name] = alias end
for _, fn in ipairs(described.functions) do functions[fn.name] = fn end

local modules = { lithops = lithops }
for _, name in ipairs(described.modules) do
  modules[name] = modules[name] or require(name)
  samples[name] = { modules[name] }
end
for name, make in pairs(recipes.samples) do
  local ok, err = xpcall(function() samples[name] = { make() } end, debug.traceback)
  if not ok then failures[#failures + 1] = ("sample of %s: %s"):format(name, tostring(err)) end
end

local sample_of

-- A value of a type, for an argument.
local function value_of(kind)
  kind = kind:gsub("%?$", "")
  if kind:match("%[%]$") then return {} end
  if kind:match("^fun%(") or kind == "function" then return function(x) return x end end
  if kind:match("^table") or kind:match("^{") then return {} end
  if kind:match('^"') then return (assert(loadstring("return " .. kind))()) end
  if kind == "string" then return "x" end
  if kind == "integer" or kind == "number" then return 1 end
  if kind == "boolean" then return true end
  if kind == "any" then return 1 end
  if kind == "file*" then return io.stderr end
  if aliases[kind] then return value_of(aliases[kind].first) end
  return sample_of(kind)
end

local function arguments(fn, last)
  local args = { n = last }
  local given = recipes.arguments[fn.name] or {}
  for i = 1, last do
    local param = fn.params[i]
    if given[i] ~= nil then
      args[i] = given[i]
    elseif not param.optional and param.name ~= "..." then
      args[i] = value_of(param.first)
    end
  end
  return args
end

local function callee(fn)
  if fn.itself then return modules[fn.name] or sample_of(fn.name) end
  local owner = modules[fn.owner] or sample_of(fn.owner)
  return owner and owner[fn.last], owner
end

-- An object of a class, or nil: that of a recipe, or what a function gives that is described to give one.
function sample_of(name)
  if samples[name] == nil then
    samples[name] = {}
    -- A table in a module: `fun.operator`.
    local owner, last = name:match("^(.*)%.([%w_]+)$")
    local table_there = modules[owner] and modules[owner][last]
    if type(table_there) == "table" then
      samples[name] = { table_there }
      return table_there
    end
    for _, fn in ipairs(described.functions) do
      local is_list = fn.gives == name .. "[]"
      if (fn.gives == name or is_list) and not recipes.never[fn.name] then
        local ok, value = pcall(function()
          local f, owner = callee(fn)
          local last = 0
          for i, param in ipairs(fn.params) do
            if not param.optional and param.name ~= "..." then last = i end
          end
          local args = arguments(fn, last)
          if fn.method then return f(owner, unpack(args, 1, args.n)) end
          return f(unpack(args, 1, args.n))
        end)
        if ok and value ~= nil then
          samples[name] = { is_list and value[1] or value }
          break
        end
      end
    end
  end
  return samples[name][1]
end

local answer = { members = {}, options = {}, parameters = {}, failures = failures, values = {} }

for _, class in ipairs(described.classes) do
  if class.wanted then
    local names, all = {}, {}
    sample_of(class.name)
    for _, sample in ipairs(samples[class.name]) do
      -- Names that a recipe has found where the object is.
      local found = type(sample) == "table" and rawget(sample, recipes.names) or members(sample, class)
      for name in pairs(found) do names[name] = true end
    end
    for name in pairs(names) do all[#all + 1] = name end
    table.sort(all)
    answer.members[class.name] = samples[class.name][1] ~= nil and json.array(all) or nil
  end
end

-- The names of the parameters of a function in Lua; of one around another one, which it hands all that it gets, those of that one.
local function parameters(f, is_method)
  local info = debug.getinfo(f, "u")
  local names = {}
  for i = is_method and 2 or 1, info.nparams do names[#names + 1] = debug.getlocal(f, i) end
  if info.isvararg then names[#names + 1] = "..." end
  for i = 1, names[1] == "..." and info.nups or 0 do
    local name, inner = debug.getupvalue(f, i)
    if name == "method" then return parameters(inner, is_method) end
  end
  return names
end

-- A name that is like no option, so that the message lists all of them.
local UNKNOWN = "zzqqzz"

for _, fn in ipairs(described.functions) do
  local ok, f, owner = pcall(callee, fn)
  local metatable = fn.itself and debug.getmetatable(f)
  if metatable and metatable.__call then
    -- What is around the call gets the table in front.
    local called = f
    f = function(...) return called(...) end
  elseif type(owner) == "table" and rawget(owner, recipes.names) then
    -- It was seen where it is.
  elseif not ok or type(f) ~= "function" then
    failures[#failures + 1] = ("%s is no function: %s"):format(fn.name, tostring(f))
  elseif not fn.itself and debug.getinfo(f, "S").what ~= "C" then
    answer.parameters[fn.name] = json.array(parameters(f, fn.method))
  end
  if fn.options ~= json.null and type(f) == "function" then
    local given = recipes.arguments[fn.name] or {}
    local at = fn.options
    if fn.params[at].name == "..." then at = #given + 1 end
    local args = arguments(fn, math.min(at, fn.options))
    for i = fn.options, at - 1 do args[i] = given[i] end
    args[at], args.n = { [UNKNOWN] = 1 }, at
    local called, err
    if fn.method then
      called, err = pcall(f, owner, unpack(args, 1, args.n))
    else
      called, err = pcall(f, unpack(args, 1, args.n))
    end
    local names, seen = {}, {}
    local listed = not called and tostring(err):match("unknown %a+ `" .. UNKNOWN .. "`; known are ([^\n]*)")
    for name in (listed or ""):gmatch("`([%w_]+)`") do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
    table.sort(names)
    if listed then
      answer.options[fn.name] = json.array(names)
    else
      failures[#failures + 1] = ("%s does not check its options: %s"):format(fn.name, called and "no error" or tostring(err))
    end
  end
end

for _, class in ipairs(described.classes) do
  for _, constant in ipairs(class.constants) do
    local live = modules[class.name] and modules[class.name][constant.name]
    answer.values[class.name .. "." .. constant.name] = ("%q"):format(tostring(live))
  end
end

json.array(failures)
io.write(json.encode(answer))
