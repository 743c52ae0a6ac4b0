--- Functions that remember how they were called, in front of others or in their place.
local assertions = require("testing.errors").known
local compare = require "testing.compare"
local show = require "testing.show"

local spy = {}
local Spy = {}
Spy.__index = Spy

local function packed(...)
  return { n = select("#", ...), ... }
end

-- A copy of a value, so that what is done to it later does not change how a function was called.
local function copied(value, copies)
  if type(value) ~= "table" then
    return value
  elseif copies[value] then
    return copies[value]
  end
  local copy = {}
  copies[value] = copy
  for key, field in next, value do
    rawset(copy, copied(key, copies), copied(field, copies))
  end
  local meta = getmetatable(value)
  return type(meta) == "table" and setmetatable(copy, meta) or copy
end

function Spy.__call(self, ...)
  local refs = packed(...)
  local call = { vals = copied(refs, {}), refs = refs }
  self.calls[#self.calls + 1] = call
  local results = packed(self.callback(...))
  call.returnvals = results
  return unpack(results, 1, results.n)
end

--- Puts back what was in the table before.
function Spy:revert()
  if self.table and not self.is_reverted then
    self.is_reverted = true
    self.table[self.key] = self.replaced
  end
  return self.replaced
end

--- Forgets all calls.
function Spy:clear()
  self.calls = {}
  return self
end

--- Whether a value is a spy.
function spy.is_spy(value)
  return type(value) == "table" and getmetatable(value) == Spy
end

--- The spies in tables, which are taken out again when the test ends.
spy.in_place = {}

--- A spy in front of a function.
function spy.new(fn)
  if fn ~= nil and type(fn) ~= "function" and not spy.is_spy(fn) then
    error(("bad argument #1 to 'spy.new' (function expected, got %s)"):format(type(fn)), 2)
  end
  return setmetatable({ calls = {}, callback = fn or function() end }, Spy)
end

local function is_callable(value)
  local meta = debug.getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and rawget(meta, "__call") ~= nil
end

local function put(name, table, key, callback)
  if type(table) ~= "table" then
    error(("bad argument #1 to '%s' (table expected, got %s)"):format(name, type(table)), 3)
  elseif table[key] == nil and not callback then
    error(("bad argument #2 to '%s' (there is no field `%s`)"):format(name, tostring(key)), 3)
  elseif table[key] ~= nil and not is_callable(table[key]) then
    error(("bad argument #2 to '%s' (field `%s` is a %s, not a function)"):format(name, tostring(key), type(table[key])), 3)
  end
  local made = setmetatable({ calls = {}, table = table, key = key, replaced = table[key] }, Spy)
  made.callback = callback or made.replaced
  table[key] = made
  spy.in_place[#spy.in_place + 1] = made
  return made
end

--- Puts a spy in front of a function in a table.
function spy.on(table, key)
  return put("spy.on", table, key)
end

--- Takes all spies out of their tables, the last one first.
function spy.revert_all()
  for i = #spy.in_place, 1, -1 do
    spy.in_place[i]:revert()
    spy.in_place[i] = nil
  end
end

-- A function that returns these values.
local function constant(...)
  local results = packed(...)
  return function() return unpack(results, 1, results.n) end
end

-- Methods of a stub are called with a dot in luassert; a colon does as well.
local function skip_self(self, first, ...)
  if rawequal(self, first) then
    return ...
  end
  return first, ...
end

local function new_stub(table, key, ...)
  local made = put("stub", table, key, constant(...))
  --- What it returns from now on.
  function made.returns(...)
    made.callback = constant(skip_self(made, ...))
    return made
  end
  --- The function that it calls from now on.
  function made.invokes(...)
    made.callback = skip_self(made, ...)
    return made
  end
  return made
end

--- `stub(table, key, ...)`: puts a function there that does nothing but return the values.
spy.stub = setmetatable({ new = new_stub }, { __call = function(_, table, key, ...) return (new_stub(table, key, ...)) end })

local function count_is(name, words, holds, may_lack)
  assertions[name] = {
    least = may_lack and 1 or 2,
    most = 2,
    check = function(_, times)
      if type(times) ~= "number" and not (times == nil and may_lack) then
        return ("bad argument #1 to 'assert.%s' (number of calls expected, got %s)"):format(name, show.value(times))
      end
    end,
    test = function(made, times) return holds(#made.calls, times) end,
    says = function(_, made, times) return ("expected %s, got %d"):format(words(times), #made.calls) end,
    denies = function(_, made, times) return ("expected anything but %s, got %d"):format(words(times), #made.calls) end,
  }
end

local function calls(times)
  return times == 1 and "1 call" or ("%s calls"):format(tostring(times))
end

count_is("called", function(times) return times and calls(times) or "a call" end, function(count, times)
  return times and count == times or not times and count > 0
end, true)
count_is("called_more_than", function(times) return "more than " .. calls(times) end, function(count, times) return count > times end)
count_is("called_less_than", function(times) return "less than " .. calls(times) end, function(count, times) return count < times end)
count_is("called_at_least", function(times) return "at least " .. calls(times) end, function(count, times) return count >= times end)
count_is("called_at_most", function(times) return "at most " .. calls(times) end, function(count, times) return count <= times end)

local function has_call(field, made, ...)
  local wanted = packed(...)
  for _, call in ipairs(made.calls) do
    local found = call[field] and compare.same(wanted, call[field]) or field == "vals" and compare.same(wanted, call.refs)
    if found then
      return true
    end
  end
  return false
end

local function list_of(values)
  local words = {}
  for i = 1, values.n do
    words[i] = show.value(values[i])
  end
  return "(" .. table.concat(words, ", ") .. ")"
end

local function has_with(name, field, what)
  assertions[name] = {
    least = 1,
    most = math.huge,
    test = function(made, ...) return has_call(field, made, ...) end,
    says = function(_, made, ...)
      local lines = { ("expected a call that %s %s; there were %d calls"):format(what, list_of(packed(...)), #made.calls) }
      for i = 1, math.min(5, #made.calls) do
        lines[i + 1] = "  " .. list_of(made.calls[i][field] or { n = 0 })
      end
      return table.concat(lines, "\n")
    end,
    denies = function(_, _, ...) return ("expected no call that %s %s"):format(what, list_of(packed(...))) end,
  }
end

has_with("called_with", "vals", "is passed")
has_with("returned_with", "returnvals", "returns")

return setmetatable(spy, { __call = function(_, fn) return spy.new(fn) end })
