--- The assertions about what a function raises.
local assertions = require "testing.assertions"
local compare = require "testing.compare"
local failure = require "testing.failure"
local show = require "testing.show"

local function check_function(value, name)
  local meta = debug.getmetatable(value)
  if type(value) ~= "function" and not (type(meta) == "table" and rawget(meta, "__call")) then
    return ("bad argument #1 to 'assert.%s' (function expected, got %s)"):format(name, type(value))
  end
end

-- What is raised, as text: of error objects their message.
local function text_of(raised)
  if type(raised) == "string" then
    return raised
  elseif type(raised) == "table" then
    local ok, message = pcall(function() return raised.message end)
    if ok and type(message) == "string" then
      return message
    end
    local meta = getmetatable(raised)
    if type(meta) == "table" and rawget(meta, "__tostring") then
      local made, text = pcall(tostring, raised)
      return made and text or nil
    end
    return nil
  elseif type(raised) == "number" then
    return tostring(raised)
  end
  local made, text = pcall(tostring, raised)
  return made and type(raised) == "userdata" and text or nil
end

local function without_position(text)
  return (text:gsub("^[^\n]-:%d+: ", "", 1))
end

-- Whether something was raised that is the same as what is expected: of texts, with their position or without.
local function is_expected(expected, raised)
  if compare.same(expected, raised) then
    return true
  end
  local text = type(expected) == "string" and text_of(raised)
  return text and (text == expected or without_position(text) == expected) or false
end

local function call(fn)
  local ok, raised = pcall(fn)
  return not ok, raised
end

local function shown(raised)
  return show.value(text_of(raised) or raised)
end

assertions.known.error = {
  least = 1,
  most = 2,
  check = function(fn) return check_function(fn, "has_error") end,
  test = function(fn, expected)
    local failed, raised = call(fn)
    return failed and (expected == nil or is_expected(expected, raised)), { failed = failed, raised = raised }
  end,
  says = function(found, _, expected)
    if not found.failed then
      return "expected an error" .. (expected == nil and "" or ": " .. show.value(expected)) .. "; none was raised"
    end
    local raised = found.raised
    if type(expected) == "string" and text_of(raised) then
      raised = without_position(text_of(raised))
    end
    return "expected another error\n" .. show.difference(expected, raised)
  end,
  denies = function(found) return "expected no error, got " .. (text_of(found.raised) or show.value(found.raised)) end,
  gives = function(found) return found.raised end,
}

assertions.known.error_matches = {
  least = 2,
  most = 4,
  check = function(fn, pattern)
    return check_function(fn, "error_matches") or assertions.must_be("string", pattern, 2, "error_matches")
  end,
  test = function(fn, pattern, init, plain)
    local failed, raised = call(fn)
    local text = failed and text_of(raised)
    local wrong = assertions.must_be_pattern(pattern, 2, "error_matches", text, plain)
    if wrong then
      failure.misuse(wrong)
    end
    return text and text:find(pattern, tonumber(init), plain == true) ~= nil or false, { failed = failed, raised = raised }
  end,
  says = function(found, _, pattern)
    if not found.failed then
      return ("expected an error that matches %s; none was raised"):format(show.value(pattern))
    end
    return ("expected an error that matches %s, got %s"):format(show.value(pattern), shown(found.raised))
  end,
  denies = function(found, _, pattern)
    return ("expected no error that matches %s, got %s"):format(show.value(pattern), shown(found.raised))
  end,
  gives = function(found) return found.raised end,
}

return assertions
