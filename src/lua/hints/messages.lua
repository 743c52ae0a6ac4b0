-- From a message of the VM to a hint: finds the expression that it speaks of in the function that runs at `level`.
local code, explain, host = ...
local op = code.op

-- The frames of Lua functions from `level` of the caller on.
local function frames_from(level)
  local list = {}
  for number = level + 1, level + 40 do
    if not debug.getinfo(number, "l") then
      break
    end
    local frame = code.frame(number)
    if frame then
      list[#list + 1] = frame
    end
  end
  return list
end

-- The expression that a message names: `global 'x'`, `field 'x'`, ….
local function named(frame, kind, name)
  if kind == "local" and frame.names[name] then
    return code.expression(frame, frame.names[name], 1)
  elseif kind == "global" then
    return { kind = "global", text = name, name = name, known = true, value = nil }
  end
  for _, ins in ipairs(code.on_line(frame)) do
    local found
    if kind == "upvalue" and ins.op == op.UGET then
      found = code.result(frame, ins, ins.a)
      found = found.name == name and found or nil
    elseif (kind == "field" or kind == "method") and ins.op == op.TGETS then
      found = code.result(frame, ins, ins.a)
      found = found.key == name and not (found.known and found.value ~= nil and kind == "method") and found or nil
    end
    if found then
      return found
    end
  end
end

-- The expressions of a line that have no name in messages: an element of that type, and results of calls.
local function nameless(frame, typename)
  local calls = {}
  for _, ins in ipairs(code.on_line(frame)) do
    if ins.op == op.TGETV or ins.op == op.TGETB then
      local found = code.result(frame, ins, ins.a)
      if found.known and type(found.value) == typename or typename == "nil" and explain.is_no_future(found) then
        return { found }
      end
    elseif ins.op == op.CALL or ins.op == op.CALLM then
      calls[#calls + 1] = code.result(frame, ins, ins.a)
    end
  end
  return calls
end

-- `for x in list do` asks for a function.
local function loop_over(frame, typename)
  for _, ins in ipairs(code.on_line(frame)) do
    if ins.op == op.ITERC or ins.op == op.ITERN then
      if typename == "table" then
        return "a loop over a list is `for i, x in ipairs(list) do`, and over names and values `for k, v in pairs(t) do`"
      end
      return "`for … in` needs an iterator, as `ipairs(list)` and `pairs(t)` give it"
    end
  end
end

local function adds(frame)
  for _, ins in ipairs(code.on_line(frame)) do
    if ins.op == op.ADDVV or ins.op == op.ADDVN or ins.op == op.ADDNV then
      return true
    end
  end
end

local function operation(what, kind, name, typename, frame, frames)
  if what == "perform arithmetic on" and typename == "string" and adds(frame) then
    return "`..` joins texts, and `tonumber(…)` makes a number of one"
  end
  local hint = what == "call" and not kind and loop_over(frame, typename)
  local expressions = kind and { named(frame, kind, name) } or nameless(frame, typename)
  for _, found in ipairs(expressions) do
    hint = hint or explain.unfit(found, frame, frames, typename)
  end
  if not hint and what == "concatenate" and typename == "table" then
    return "`table.concat(list, \", \")` joins the elements of a list"
  end
  return hint
end

-- A comparison whose operands' types do not fit.
local function comparison(first, second, frame, frames)
  if (first == "number" and second == "string") or (first == "string" and second == "number") then
    return "`tonumber(…)` makes a number of a text"
  end
  for _, ins in ipairs(code.on_line(frame)) do
    if ins.op >= op.ISLT and ins.op <= op.ISGT then
      for _, slot in ipairs({ ins.a, ins.d }) do
        local found = code.expression(frame, slot, ins.pc)
        local hint = found.kind ~= "constant"
          and explain.unfit(found, frame, frames, found.known and type(found.value) or "nil")
        if hint then
          return hint
        end
      end
    end
  end
end

-- An argument of a call to a function of the host or of Lua's, which is named `name`.
local function argument(number, name, given, frame, frames)
  local call
  for _, ins in ipairs(code.on_line(frame)) do
    if ins.op == op.CALL or ins.op == op.CALLM then
      local called = code.expression(frame, ins.a, ins.pc)
      if called.name == name or called.key == name then
        if call then
          return nil
        end
        call = ins
        number = called.is_method and number + 1 or number
      end
    end
  end
  if not call then
    return nil
  end
  -- The message says what to do already.
  if given:find("; ", 1, true) then
    return nil
  end
  local found = code.argument(frame, call, number)
  local expected_function = given:match("^function expected")
  if expected_function and found.kind == "call" then
    return ("`%s` calls the function here; `%s` without parentheses is the function itself"):format(found.text, found.called.text)
  elseif expected_function and found.known and type(found.value) == "string" then
    local value = rawget(_G, found.value)
    return type(value) == "function" and ("the function itself is `%s`, without quotes"):format(found.value) or nil
  end
  local hint = explain.unfit(found, frame, frames, given:match("got ([%a ]+)"))
  if found.known and found.value == nil and found.kind ~= "constant" then
    return ("`%s` is nil%s"):format(found.text, hint and "; " .. hint or "")
  end
  return hint
end

-- A function of a module that was called with a colon, as if the module were an object.
local function module_with_colon(frame, func)
  for _, ins in ipairs(code.on_line(frame)) do
    local called = (ins.op == op.CALL or ins.op == op.CALLM) and code.expression(frame, ins.a, ins.pc)
    if called and called.is_method and called.base.known and called.known and rawequal(called.value, func) then
      for _, module in next, package.loaded do
        if rawequal(module, called.base.value) then
          return ("it is called with a dot, as `%s.%s(…)`"):format(called.base.text, called.key)
        end
      end
    end
  end
end

-- The hint to `message`, which was raised at `level` of the caller of the caller, or nil.
local function of_message(message, level)
  level = level + 1
  local text = message:match("^.-:%d+: (.*)$") or message
  local frames = frames_from(level)
  local frame = table.remove(frames, 1)
  if not frame then
    return nil
  end
  frame.is_outermost = host.is_worker and #frames == 0
  local failed = debug.getinfo(level, "Sf")
  local is_lua = failed.what ~= "C"
  local is_told = text:find("' is called with a ", 1, true)
  local hint = not is_lua and not is_told and module_with_colon(frame, failed.func)
  if hint then
    return hint
  end
  local number, name, given = text:match("^bad argument #(%d+) to '([^']+)' %((.*)%)")
  if number then
    return not is_lua and argument(tonumber(number), name, given, frame, frames) or nil
  elseif text:find("^invalid value %(userdata%) at index %d+ in table for 'concat'") then
    return "a list of futures is no list of results: `futures:get_result()` gives that"
  elseif text:find("^missing declaration for symbol") and host.is_worker then
    return "what `ffi.cdef` declares is not sent: call it inside the function"
  elseif not is_lua then
    return nil
  end
  local first, second = text:match("^attempt to compare (%w+) with (%w+)$")
  if not first then
    first = text:match("^attempt to compare two (%w+) values$")
    second = first
  end
  if first then
    return comparison(first, second, frame, frames)
  end
  local what, kind, typename
  what, kind, name, typename = text:match("^attempt to (%l[%l ]-) (%l+) '(.-)' %(a (%w+) value%)$")
  if not what then
    what, typename = text:match("^attempt to (%l[%l ]-) a (%w+) value$")
  end
  return what and operation(what, kind, name, typename, frame, frames)
end

-- The same for an error of a worker, in a driver: whose variables may be what was meant. `has_hint`: a worker had one.
local function remote(message, level, has_hint)
  local name = message:match("attempt to %l[%l ]- global '(.-)' %(a nil value%)")
  if not name then
    return nil
  end
  local frames = frames_from(level + 1)
  for _, frame in ipairs(frames) do
    if frame.names[name] then
      return explain.missing_global(name, nil, frames)
    end
  end
  if rawget(_G, name) ~= nil then
    return ("`%s` was set only after the function was sent: set it before"):format(name)
  end
  return not has_hint and explain.missing_global(name, nil, frames) or nil
end

return of_message, remote
