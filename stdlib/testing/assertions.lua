--- The assertions: what each tests, and what it says.
---
--- `least` is how many arguments it needs, `most` how many it takes; one more is the user's own message. `check` gives what is wrong
--- with the arguments, if anything is. `test` tells whether it holds, and what it found, which `says` and `denies`, the messages of
--- an assertion and of its negation, get before the arguments; `gives` makes of it what is returned.
local compare = require "testing.compare"
local show = require "testing.show"

local assertions = {}

local function but(expectation, value)
  return ("expected %s, got %s"):format(expectation, show.value(value))
end

--- What is wrong with the argument at `position`, unless it is of the kind that is needed.
function assertions.must_be(kind, value, position, name)
  if type(value) ~= kind then
    return ("bad argument #%d to 'assert.%s' (%s expected, got %s)"):format(position, name, kind, type(value))
  end
end

--- What is wrong with the argument at `position`, unless it is a pattern, or a plain text.
function assertions.must_be_pattern(pattern, position, name, text, plain)
  local wrong = assertions.must_be("string", pattern, position, name)
  if wrong or plain == true then
    return wrong
  end
  local ok, err = pcall(string.find, type(text) == "string" and text or "", pattern)
  if not ok then
    return ("bad argument #%d to 'assert.%s' (valid pattern expected, got %s: %s)"):format(position, name, show.value(pattern), err)
  end
end

local must_be = assertions.must_be
assertions.known = {}
local known = assertions.known

-- Of one value, which must be `what`.
local function value_is(name, what, test)
  known[name] = {
    least = 1,
    test = test,
    says = function(_, value) return but(what, value) end,
    denies = function(_, value) return but("anything but " .. what, value) end,
  }
end

value_is("true", "true", function(value) return value == true end)
value_is("false", "false", function(value) return value == false end)
value_is("nil", "nil", function(value) return value == nil end)
value_is("truthy", "a value that is true as a condition", function(value) return value ~= nil and value ~= false end)
value_is("falsy", "nil or false", function(value) return value == nil or value == false end)
value_is("nan", "nan", function(value) return type(value) == "number" and value ~= value end)
value_is("callable", "something that can be called", function(value)
  local meta = debug.getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and rawget(meta, "__call") ~= nil
end)
for _, kind in ipairs({ "boolean", "number", "string", "table", "function", "userdata", "thread", "cdata" }) do
  value_is(kind, "a " .. kind, function(value) return type(value) == kind end)
end

known.equal = {
  least = 2,
  test = compare.equal,
  says = function(_, expected, actual)
    local text = "expected values to be equal\n" .. show.difference(expected, actual)
    if type(expected) == "table" and compare.same(expected, actual) then
      text = text .. "\n  they are two tables of the same content; `assert.same` compares contents"
    end
    return text
  end,
  denies = function(_, expected) return "expected values that differ, but both are " .. show.value(expected) end,
}

known.same = {
  least = 2,
  test = compare.same,
  says = function(_, expected, actual) return "expected values to be the same\n" .. show.difference(expected, actual) end,
  denies = function(_, expected) return "expected values that differ, but both are " .. show.value(expected) end,
}

known.near = {
  least = 3,
  check = function(expected, _, tolerance)
    return must_be("number", expected, 1, "near") or must_be("number", tolerance, 3, "near")
  end,
  test = function(expected, actual, tolerance)
    return type(actual) == "number" and (expected == actual or math.abs(expected - actual) <= tolerance)
  end,
  says = function(_, expected, actual, tolerance)
    local off = type(actual) == "number" and (", which is off by %s"):format(show.value(math.abs(expected - actual))) or ""
    return ("expected a number within %s of %s, got %s%s"):format(
      show.value(tolerance), show.value(expected), show.value(actual), off)
  end,
  denies = function(_, expected, actual, tolerance)
    return ("expected a number farther than %s from %s, got %s"):format(
      show.value(tolerance), show.value(expected), show.value(actual))
  end,
}

known.matches = {
  least = 2,
  most = 4,
  check = function(pattern, text, _, plain) return assertions.must_be_pattern(pattern, 1, "matches", text, plain) end,
  test = function(pattern, text, init, plain)
    if type(text) == "number" then
      text = tostring(text)
    end
    return type(text) == "string" and text:find(pattern, tonumber(init) --[[@as integer?]], plain == true) ~= nil
  end,
  says = function(_, pattern, text) return but("a text that matches " .. show.value(pattern), text) end,
  denies = function(_, pattern, text) return but("a text that does not match " .. show.value(pattern), text) end,
}

known.unique = {
  least = 1,
  most = 2,
  check = function(list) return must_be("table", list, 1, "unique") end,
  test = function(list, deep)
    for i = 1, #list do
      for j = i + 1, #list do
        local alike = deep == true and compare.same(list[i], list[j]) or compare.equal(list[i], list[j])
        if alike then
          return false, ("elements %d and %d are %s"):format(i, j, show.value(list[i]))
        end
      end
    end
    return true
  end,
  says = function(found) return "expected a list of different elements, but " .. found end,
  denies = function(_, list) return but("a list with an element that is there twice", list) end,
}

return assertions
