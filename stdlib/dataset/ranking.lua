--- The largest elements of many, in order.
local keys = require "dataset.keys"

local ranking = {}

--- By default an element is ordered by itself, and a pair by its value.
local function default_key(value)
  if type(value) == "table" then
    return value.value
  end
  return value
end

-- Whether `a` comes before `b`: by key, of equal ones by the keys of pairs, those without one last, then as they came.
local function goes_before(a, b)
  if a.order ~= b.order then
    return a.order > b.order
  end
  local x, y = a.name, b.name
  if x ~= y then
    return y == nil or x ~= nil and keys.less(x, y)
  end
  return a.place < b.place
end

local function name_of(value)
  if type(value) ~= "table" then
    return nil
  end
  local name = value.key
  local kind = type(name)
  -- NaN has no place in an order.
  if kind == "string" or kind == "boolean" or kind == "number" and name == name then
    return name
  end
  return nil
end

--- Gathers the `n` elements with the largest keys: `add(value)`, and `list()` for the elements, largest first.
function ranking.new(n, key_f)
  local order_of = key_f or default_key
  local best, count, place, kind, last = {}, 0, 0, nil, nil
  local function cut()
    table.sort(best, goes_before)
    for i = count, n + 1, -1 do
      best[i] = nil
    end
    count = math.min(count, n)
    last = n > 0 and count == n and best[n].order or nil
  end
  ---@type number
  local most = math.max(2 * n, 64)
  return {
    add = function(value)
      local order = order_of(value)
      kind = keys.check_order(order, kind, "top", key_f)
      place = place + 1
      if last ~= nil and order < last then
        return
      end
      count = count + 1
      best[count] = { order = order, value = value, place = place, name = name_of(value) }
      if count >= most then
        cut()
      end
    end,
    list = function()
      cut()
      local list = {}
      for i = 1, count do
        list[i] = best[i].value
      end
      return list
    end,
  }
end

return ranking
