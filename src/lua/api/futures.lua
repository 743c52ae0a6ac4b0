-- The metatable of lists of futures. The functions come from Rust.
local at, length, summary, get_result, wait, cancel = ...

local methods = { get_result = get_result, wait = wait, cancel = cancel }
local meta = { __name = "lithops.futures", __len = length, __tostring = summary }

function meta.__index(list, key)
  if type(key) == "number" then
    return at(list, key)
  end
  return methods[key]
end

-- A lazy list has no elements of its own to walk over.
function meta.__ipairs(list)
  local function next_future(_, i)
    i = i + 1
    local future = list[i]
    if future ~= nil then
      return i, future
    end
  end
  return next_future, list, 0
end

function meta.__pairs(list)
  return meta.__ipairs(list)
end

return meta, methods
