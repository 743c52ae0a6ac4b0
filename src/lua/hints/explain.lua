-- Says in half a sentence what was probably meant by an expression that is nil, or is not what it should be.
--
-- `host` is what Rust knows: `near(name, names)`; `kind(value)` and `members(value)` of the API's objects; `is_module(name)`; `is_worker`;
-- and `results` and `sent`, weak tables of lists that `get_result` gave and of tables that functions of jobs change.
local code, known, host = ...

local explain = {}

local function names_of(list, into)
  for name in next, list do
    if type(name) == "string" then
      into[#into + 1] = name
    end
  end
  return into
end

-- Names of the fields that a value has, those of its metatable's `__index` too.
local function fields_of(value)
  local names = host.members(value)
  for _ = 1, 8 do
    if type(value) == "string" then
      return names_of(string, names)
    elseif type(value) ~= "table" then
      break
    end
    names_of(value, names)
    local meta = getmetatable(value)
    value = type(meta) == "table" and rawget(meta, "__index") or nil
  end
  return names
end

-- The library of the standard ones, or `lithops`, with a field of that name.
local function library_with(name)
  for _, library in ipairs({ "lithops", "math", "string", "table", "os", "io" }) do
    local fields = rawget(_G, library)
    if type(fields) == "table" and rawget(fields, name) ~= nil then
      return library
    end
  end
end

-- A local variable of the functions that called this one: seen by whoever reads the script, not by the function.
local function hidden_local(frames, name)
  for _, frame in ipairs(frames) do
    if frame.names[name] then
      return true
    end
  end
end

function explain.missing_global(name, frame, frames)
  if hidden_local(frames, name) then
    return ("the local `%s` is not visible there: it has to be defined before the function that uses it"):format(name)
  end
  if known.words[name] then
    return known.words[name]
  end
  if host.is_module(name) then
    return ("`%s` is a module: `local %s = require \"%s\"`"):format(name, name, name)
  end
  local library = library_with(name)
  if library then
    return ("did you mean `%s.%s`?"):format(library, name)
  end
  local names = {}
  if frame then
    names_of(frame.names, names)
    for index = 1, 250 do
      local upvalue = debug.getupvalue(frame.func, index)
      if not upvalue then
        break
      end
      names[#names + 1] = upvalue
    end
    names_of(getfenv(frame.func), names)
  end
  names_of(_G, names)
  for _, other in ipairs(frames) do
    names_of(other.names, names)
  end
  local near = host.near(name, names)
  return near and ("did you mean `%s`?"):format(near)
end

-- What a value is called whose own names people mistake for those of its result.
local results_of = { future = "%s:result()", futures = "%s:get_result()" }

-- A place where a list of futures has none.
function explain.is_no_future(found)
  local base = found.base
  return base and base.known and type(found.key) == "number" and host.kind(base.value) == "futures" and base.value[found.key] == nil
end

local function missing_field(found, base)
  local kind = base.known and host.kind(base.value)
  local key = found.key
  if explain.is_no_future(found) then
    local n = #base.value
    if key == 0 and n > 0 then
      return ("the first future is `%s[1]`"):format(base.text)
    end
    return ("the list has %d future%s"):format(n, n == 1 and "" or "s")
  end
  if type(key) == "string" and base.known then
    local near = host.near(key, fields_of(base.value))
    if near then
      return ("did you mean `%s%s%s`?"):format(base.text, found.is_method and ":" or ".", near)
    end
    if results_of[kind] then
      return ("`%s` is %s: `%s` gives what its function returned"):format(
        base.text, kind == "future" and "a future" or "a list of futures", results_of[kind]:format(base.text))
    elseif kind then
      local names = host.members(base.value)
      table.sort(names)
      return ("%s has %s"):format(kind == "storage" and "a store" or "an " .. kind, "`" .. table.concat(names, "`, `") .. "`")
    end
  end
  if base.kind == "call" and known.starts[base.called.key] then
    return ("`%s` gives %s"):format(base.text, known.starts[base.called.key])
  end
  if known.fields[key] and not (base.known and base.value == nil) then
    return known.fields[key]
  end
  if base.known and host.results[base.value] and type(key) == "number" then
    local n = rawget(base.value, "n") or 0
    if key >= 1 and key <= n then
      return ("call %05d returned nothing there; does its function lack `return`?"):format(key - 1)
    elseif key == 0 and n > 0 then
      return ("the first element is `%s[1]`"):format(base.text)
    end
    return ("the list has %d elements"):format(n)
  end
  if base.known and type(base.value) == "table" and host.sent[base.value] then
    return ("a function that ran in a worker changed a copy of `%s`: what it returns comes back"):format(base.text)
  end
  if key == 0 and base.known and type(base.value) == "table" and rawget(base.value, 1) ~= nil then
    return ("the first element is `%s[1]`"):format(base.text)
  end
end

-- The name of a function in a call: `io.open`, or `get_object` of whatever store.
local function name_of_call(called)
  if called.kind == "field" and type(called.key) == "string" then
    local whole = called.base.text .. "." .. called.key
    if known.gives_nil[whole] or known.results[called.key] then
      return known.gives_nil[whole] and whole or called.key
    end
    return called.is_method and known.methods[called.key] or called.key
  end
  return called.name
end

local function missing_result(found)
  if found.number ~= 1 then
    return nil
  end
  local name = name_of_call(found.called)
  if known.gives_nil[name] then
    return ("`%s` gave nil: %s"):format(found.text, known.gives_nil[name])
  elseif known.results[name] then
    return ("`%s` gave nil: the function of the call returned nothing; does it lack `return`?"):format(found.text)
  end
end

-- A table came where several arguments were meant: Python spreads a tuple over the parameters of a function.
local function tuple_as_argument(frame)
  local first = frame.locals[0]
  local is_list = first and frame.params > 1 and type(first.value) == "table" and not host.kind(first.value)
  if is_list and (lithops.call.job_id or ""):sub(1, 1) == "R" then
    return "a function that reduces gets one list, of all results"
  end
  if is_list and rawget(first.value, 1) ~= nil and rawget(first.value, 2) ~= nil then
    return "an element that is a table comes as one argument; `lithops.args(a, b)` as an element brings several"
  end
end

-- Why an expression is nil.
function explain.missing(found, frame, frames, depth)
  depth = depth or 0
  if depth > 3 then
    return nil
  elseif found.kind == "global" then
    return explain.missing_global(found.name, frame, frames)
  elseif found.kind == "field" then
    return missing_field(found, found.base)
  elseif found.kind == "call" then
    return missing_result(found)
  elseif found.kind == "local" and found.is_param and frame.is_outermost then
    return known.parameters[found.name] or tuple_as_argument(frame)
  elseif found.kind == "local" and not found.is_param then
    local origin = code.origin(frame, found.slot)
    return origin and explain.missing(origin, frame, frames, depth + 1)
  elseif found.kind == "upvalue" and host.is_worker then
    return ("`%s` was nil when the function was sent: set it before"):format(found.name)
  end
end

-- Why an expression is not of the type that it should be.
function explain.unfit(found, frame, frames, typename)
  local kind = found.known and host.kind(found.value)
  if results_of[kind] then
    return ("`%s` is %s: `%s` gives what its function returned"):format(
      found.text, kind == "future" and "a future" or "a list of futures", results_of[kind]:format(found.text))
  elseif typename == "nil" or typename == "no value" then
    return explain.missing(found, frame, frames)
  elseif found.kind == "call" and known.starts[found.called.key] then
    return ("`%s` gives %s"):format(found.text, known.starts[found.called.key])
  elseif typename == "function" then
    return ("`%s` is a function: `%s(…)` calls it"):format(found.text, found.text)
  elseif typename == "table" and found.kind == "local" and found.is_param and found.slot == 0 and frame.is_outermost then
    return tuple_as_argument(frame)
  end
end

return explain
