--- `assert`: callable as Lua's, and a table of assertions, which are found by the words of their names: `is_not_nil`, `are.same`.
local assertions = require("testing.errors").known
local failure = require "testing.failure"

local native_assert = assert
local select = select

local ALIASES = {
  equals = "equal", match = "matches", errors = "error", error_match = "error_matches",
  matches_error = "error_matches", match_error = "error_matches",
}

--- Words that say nothing, and words that negate.
local PLAIN = { is = true, are = true, was = true, were = true, has = true, have = true, does = true, to = true, be = true }
local NEGATING = { ["not"] = true, no = true }

--- What has been read of `assert.are.not_same`: whether it is negated, the user's message, and the value that is meant, of a spy.
local Chain = {}

local module = setmetatable({ negated = false }, Chain)

-- The assertion of a key such as `is_not_nil`, and whether it is negated. False where a word is unknown, nil where all say nothing.
local function resolve(key)
  local rest, negated = key:lower(), false
  while rest ~= "" do
    local name = ALIASES[rest] or rest
    if assertions[name] then
      return name, negated
    end
    local word, more = rest:match("^(%a+)_?(.*)$")
    if NEGATING[word] then
      negated = not negated
    elseif not PLAIN[word] then
      return false
    end
    rest = more
  end
  return nil, negated
end

local function refuse(key)
  if type(key) ~= "string" then
    return failure.misuse(("an assertion has a name, not a %s"):format(type(key)))
  end
  local known = { "is_true", "is_false", "is_nil", "is_not_nil", "has_error", "has_no_error", "spy", "message" }
  for _, names in ipairs({ assertions, ALIASES }) do
    for name in pairs(names) do
      known[#known + 1] = name
    end
  end
  failure.misuse(("unknown assertion `assert.%s`%s"):format(key, require("nearest").hint(key, known)))
end

local function fail(spec, chain, negated, found, count, ...)
  local words = negated and spec.denies or spec.says
  local text = words(found, ...)
  local own = rawget(chain, "own_message")
  if own == nil and count > (spec.most or spec.least) then
    own = (select((spec.most or spec.least) + 1, ...))
  end
  failure.raise(own == nil and text or tostring(own) .. "\n" .. text)
end

local function verify(name, chain, negated, ...)
  local spec = assertions[name]
  local count = select("#", ...)
  if count < spec.least then
    failure.misuse(("bad argument #%d to 'assert.%s' (value expected, got none)"):format(count + 1, name))
  end
  local wrong = spec.check and spec.check(...)
  if wrong then
    failure.misuse(wrong)
  end
  local holds, found = spec.test(...) ---@type any, any
  if (holds and true or false) == negated then
    fail(spec, chain, negated, found, count, ...)
  elseif spec.gives then
    return spec.gives(found)
  end
  return ...
end

function Chain.__index(chain, key)
  local name, negated
  if type(key) == "string" then
    name, negated = resolve(key)
  end
  if name == false or type(key) ~= "string" then
    return refuse(key)
  end
  negated = negated ~= rawget(chain, "negated")
  if not name then
    return setmetatable({ negated = negated, own_message = rawget(chain, "own_message"), subject = rawget(chain, "subject") }, Chain)
  end
  local subject = rawget(chain, "subject")
  local check
  if subject ~= nil then
    check = function(...) return verify(name, chain, negated, subject, ...) end
  else
    check = function(...) return verify(name, chain, negated, ...) end
  end
  if chain == module then
    -- The same function each time.
    rawset(chain, key, check)
  end
  return check
end

function Chain.__call(chain, ...)
  if chain ~= module then
    failure.misuse("an assertion is missing: `assert.are.equal(…)`, `assert.is_not.nil(…)`")
  elseif (...) then
    return ...
  elseif select("#", ...) == 0 then
    failure.misuse("bad argument #1 to 'assert' (value expected)")
  end
  -- What it raises is what Lua's raises, since code that is tested may rely on it; but it counts as a failure.
  failure.last_raised = select("#", ...) > 1 and (select(2, ...)) or "assertion failed!"
  return native_assert(...)
end

--- Assertions of this have a message in front: `assert.message("of the first call").is_true(ok)`.
function module.message(text)
  return setmetatable({ negated = false, own_message = tostring(text) }, Chain)
end

--- Assertions about a spy: `assert.spy(s).was.called(2)`.
function module.spy(spy)
  local is_spy = require("testing.spy").is_spy
  if not is_spy(spy) then
    failure.misuse(("bad argument #1 to 'assert.spy' (spy expected, got %s)"):format(type(spy)))
  end
  return setmetatable({ negated = false, subject = spy }, Chain)
end

module.stub = module.spy

return module
