--- What a failed assertion raises. This module's table is its metatable too: as a module's value it is the same one in a worker
--- and in the script, so that a failure is known as such wherever it comes from.

-- A test may take globals away.
local debug, error, getmetatable, setmetatable, tostring, type = debug, error, getmetatable, setmetatable, tostring, type

---@class testing.FailureClass
---@field [string] any
local failure = { __name = "testing.failure" }

--- Where the files of `testing` are, as the debugger names them.
local OWN = debug.getinfo(1, "S").source:match("^(.*)failure%.lua$") or "@stdlib/testing/"

--- Whether a chunk is part of `testing` itself, and not of the tests.
---@param source string
function failure.is_own(source)
  if source:sub(1, #OWN) ~= OWN then
    return source == OWN:sub(1, -2) .. ".lua"
  end
  local name = source:sub(#OWN + 1)
  return name:find("^%a+%.lua$") ~= nil
end

function failure.__tostring(self)
  if self.where then
    return self.where .. ": " .. self.message
  end
  return self.message
end

-- `err .. "text"` is what people write.
function failure.__concat(a, b)
  return tostring(a) .. tostring(b)
end

function failure.__eq(a, b)
  return rawequal(a, b)
end

-- The file as it was named, without what marks a chunk's name as one.
local function name_of(source)
  return (source:gsub("^[@=]", ""))
end

--- `file:line` of the first frame above that is not of `testing`.
local function caller()
  local level = 3
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then
      return nil
    elseif info.what ~= "C" and not failure.is_own(info.source) and info.currentline > 0 then
      return name_of(info.source) .. ":" .. info.currentline
    end
    level = level + 1
  end
end

--- Raises a failure. `message` is what was expected and what there was.
function failure.raise(message)
  error(setmetatable({ message = message, where = caller() }, failure), 0)
end

--- Raises an error about a call of an assertion, at the place of the call: the test is wrong, whatever it tests.
function failure.misuse(message)
  local where = caller()
  error((where and where .. ": " or "") .. message, 0)
end

--- Whether an error is a failure.
function failure.is(value)
  return type(value) == "table" and getmetatable(value) == failure
end

-- How a frame is called in a traceback.
local function described(info)
  if info.what == "main" then
    return "in main chunk"
  elseif info.name then
    return ("in function '%s'"):format(info.name)
  end
  return ("in function <%s:%d>"):format(name_of(info.source), info.linedefined)
end

--- The lines of the tests' own code on the stack, from `level` up; `first` is the function at which it ends. The second result is
--- `file:line` of the first one.
function failure.stack(level, first)
  local lines, where = {}, nil
  level = level + 1
  while #lines < 20 do
    local info = debug.getinfo(level, "nSlf")
    if not info then
      break
    end
    if info.what ~= "C" and not failure.is_own(info.source) and info.source ~= "=[lithops]" and info.source ~= "=lithops" then
      local place = name_of(info.source) .. ":" .. info.currentline
      where = where or place
      lines[#lines + 1] = place .. ": " .. (info.func == first and "in the test" or described(info))
    end
    if info.func == first then
      break
    end
    level = level + 1
  end
  return lines, where
end

return failure
