-- `string.gmatch` for patterns of one class, such as `%a+` or `[^,%s]+`, whose matches are the longest runs of its bytes. They are cut
-- out some at a time, and a compiled loop takes them from a table. `standard` does all other patterns.
local standard, runs = ...
local find, match, char, concat = string.find, string.match, string.char, table.concat
local min, pcall, type = math.min, pcall, type

-- How many patterns are remembered, how many matches are cut out first, and how many at most. A line has few; who wants only the first
-- match of a long text should not pay for many.
local MOST_PATTERNS, FIRST, MOST = 64, 16, 256

-- Which bytes the class of a pattern takes: a string of 256 bytes, each 0 or 1; false if the pattern is another one. What a class means
-- is asked of the standard library.
local function class_of(pattern)
  -- A capture around all of it gives the same.
  local class = match(match(pattern, "^%((.*)%)$") or pattern, "^(.*)%+$")
  if not class or not (match(class, "^%%[^bf%d]$") or match(class, "^%[[^%[%]]+%]$")) then
    return false
  end
  local taken = {}
  for byte = 0, 255 do
    local valid, first = pcall(find, char(byte), class)
    if not valid then
      return false
    end
    taken[byte + 1] = first and "\1" or "\0"
  end
  return concat(taken)
end

local classes, known = {}, 0

local function learn(pattern)
  if type(pattern) ~= "string" or known == MOST_PATTERNS then
    return false
  end
  known = known + 1
  classes[pattern] = class_of(pattern)
  return classes[pattern]
end

-- The matches of an iterator that has ended are the room for those of the next one: a loop over lines makes no garbage but the iterators.
-- At 0 is which of them was given last.
local spare
local ENDED = { [0] = 0 }

-- The first of the next matches, which replace those in `words`; nothing at the end.
local function more(words)
  local rest = words.rest
  if rest then
    local offset, large = runs(rest.text, rest.class, rest.offset, rest.count, words)
    rest.offset, rest.count = offset, min(rest.count * 4, MOST)
    words.large = words.large or large
    words[0] = 1
    words.rest = rest.offset and rest
    return words[1]
  end
end

return function(text, pattern)
  local class = classes[pattern]
  if class == nil then
    class = learn(pattern)
  end
  if not class or type(text) ~= "string" then
    return standard(text, pattern)
  end
  local words = spare or {}
  spare = nil
  local offset, large = runs(text, class, 0, FIRST, words)
  words[0] = 0
  if large then
    words.large = true
  end
  if offset then
    words.rest = { text = text, class = class, offset = offset, count = FIRST * 4 }
  end
  return function()
    local at = words[0] + 1
    words[0] = at
    local word = words[at] or more(words)
    if word then
      return word
    end
    if words ~= ENDED then
      words.rest = nil
      -- Long matches would be kept alive.
      spare = not words.large and words or spare
      words = ENDED
    end
  end
end
