--- Runs a function of a test, and tells how that went.
local failure = require "testing.failure"
local show = require "testing.show"
local suite = require "testing.suite"

-- A test may take globals away.
local debug, getmetatable, pcall, rawequal, rawget = debug, getmetatable, pcall, rawequal, rawget
local tostring, type, xpcall = tostring, type, xpcall

local outcome = {}

-- An error object of `lithops`: what a call in a worker raised.
local function is_remote(raised)
  local meta = type(raised) == "table" and getmetatable(raised)
  return type(meta) == "table" and meta.__name == "lithops.error"
end

local function text_of(raised)
  if type(raised) == "string" then
    return raised
  end
  local meta = debug.getmetatable(raised)
  if type(meta) == "table" and rawget(meta, "__tostring") then
    local ok, text = pcall(tostring, raised)
    if ok and type(text) == "string" then
      return text
    end
  end
  return ("an error of type %s: %s"):format(type(raised), show.value(raised))
end

-- The lines of a worker's traceback that are the script's own.
local function remote_lines(traceback)
  local lines = {}
  for line in (traceback or ""):gmatch("[^\n]+") do
    line = line:gsub("^%s+", "")
    if line ~= "stack traceback:" and not failure.is_own("@" .. (line:match("^(.-%.lua):") or "")) then
      lines[#lines + 1] = line .. " (in the worker)"
    end
  end
  return lines
end

local function of_remote(raised, stack)
  local lines = remote_lines(raised.traceback)
  for _, line in ipairs(stack.lines) do
    lines[#lines + 1] = line
  end
  local call = raised.call_id and ("call %s: "):format(raised.call_id) or ""
  local inner = raised.value
  if failure.is(inner) then
    return { status = "failure", message = call .. inner.message, where = inner.where or stack.where, traceback = lines }
  end
  local message = ("%s%s (%s)"):format(call, tostring(raised.message), tostring(raised.kind))
  return { status = "error", message = message, where = stack.where, traceback = lines }
end

-- Whether it is what `assert(v, message)` raised last: the message has a position in front.
local function is_asserted(raised)
  local message = failure.last_raised
  if type(raised) ~= "string" or type(message) ~= "string" and type(message) ~= "number" then
    return message ~= nil and rawequal(raised, message)
  end
  local ending = ": " .. message
  return raised == tostring(message) or raised:sub(-#ending) == ending
end

local function of(raised, stack)
  if type(raised) == "table" and getmetatable(raised) == suite.Pending then
    return { status = "pending", message = raised.reason }
  elseif failure.is(raised) then
    return { status = "failure", message = raised.message, where = raised.where or stack.where, traceback = stack.lines }
  elseif is_remote(raised) then
    return of_remote(raised, stack)
  end
  local where, message = stack.where, text_of(raised)
  if where and message:sub(1, #where + 2) == where .. ": " then
    message = message:sub(#where + 3)
  end
  return { status = is_asserted(raised) and "failure" or "error", message = message, where = where, traceback = stack.lines }
end

--- Calls `fn`. Nil if it returned; else what came of it: `status`, `message`, `where` it was, and the `traceback`, a list of lines.
function outcome.of_call(fn, ...)
  failure.last_raised = nil
  local stack = { lines = {} }
  local ok, raised = xpcall(fn, function(value)
    local lines, where = failure.stack(2, fn)
    stack.lines, stack.where = lines, where
    return value
  end, ...)
  return not ok and of(raised, stack) or nil
end

return outcome
