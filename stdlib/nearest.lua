--- The name that somebody meant: what messages about unknown names propose.
local nearest = {}

--- Longer names are cut, so that a message never takes long to make.
local MAX_LENGTH = 60
--- A name that is part of another one is near to it if it has so many letters, and so much of the other one.
local PART_LETTERS, PART_SHARE = 4, 0.4

-- How many letters have to be changed, left out, added or swapped with their neighbour to make one name of another.
local function distance(a, b)
  local before, last, row = {}, {}, {}
  for j = 0, #b do
    last[j] = j
  end
  for i = 1, #a do
    row[0] = i
    for j = 1, #b do
      local x, y = a:byte(i), b:byte(j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x == y and 0 or 1))
      if i > 1 and j > 1 and x == b:byte(j - 1) and y == a:byte(i - 1) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before, last, row = last, row, before
  end
  return last[#b]
end

local function plain(name)
  return (name:sub(1, MAX_LENGTH):lower():gsub("[_%-]", ""))
end

-- Whether one of two names is a good part of the other: a frequent mistake that a count of changes misses.
local function is_part(a, b)
  local shorter, longer = a, b
  if #a > #b then
    shorter, longer = b, a
  end
  return #shorter >= PART_LETTERS and #shorter >= PART_SHARE * #longer and longer:find(shorter, 1, true) ~= nil
end

--- The known name that is nearest to `typed`; nil if none is near enough to be worth proposing.
---@param typed string
---@param known string[]
---@return string?
function nearest.name(typed, known)
  local meant = plain(typed)
  local best, least
  for _, name in ipairs(known) do
    local other = plain(name)
    local changes = distance(meant, other)
    if is_part(meant, other) then
      changes = math.min(changes, 1)
    end
    if not least or changes < least then
      best, least = name, changes
    end
  end
  if least and least <= #meant / 3 and least < #meant then
    return best
  end
  return nil
end

--- The end of a message about an unknown name: `; did you mean ``x```?`, or all that are known; empty if none are.
---@param typed string
---@param known string[]
---@return string
function nearest.hint(typed, known)
  local name = nearest.name(typed, known)
  if name then
    return ("; did you mean `%s`?"):format(name)
  elseif #known == 0 then
    return ""
  end
  local sorted = { unpack(known) }
  table.sort(sorted)
  return ("; known are `%s`"):format(table.concat(sorted, "`, `"))
end

return nearest
