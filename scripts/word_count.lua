-- Counts the words of a text, one part of it a worker: word_count.lua [FILE] [PARTS]

local here = (arg[0] or ""):match("^(.*)/") or "."
local path = arg[1] or here .. "/data/persuasion.txt"
local parts = tonumber(arg[2] or 24)

local file = assert(io.open(path, "rb"))
local text = file:read("*a")
file:close()
assert(parts and parts >= 1, "PARTS must be 1 or more")

-- Cuts `s` into about `count` pieces at line ends, as an iterator: pieces are cut as workers want them.
local function pieces(s, count)
  local size, first = math.ceil(#s / count), 1
  return function()
    if first > #s then
      return nil
    end
    local last = s:find("\n", first + size - 1, true) or #s
    local piece = s:sub(first, last)
    first = last + 1
    return piece
  end
end

-- Words too common to say much. The set travels to the workers with the function that uses it.
local common = {}
local list = [[
  a about after all am an and any are as at be been before but by can could did do every for from good had has have he
  her hers herself him himself his how i if in into is it its little may me might more most much must my never no not
  nothing now of on one only or other our out own said say she should so some such than that the their them then there
  these they think this those though time to too two up us very was well were what when which who will with would you
  your
]]
for word in list:gmatch("%a+") do
  common[word] = true
end

-- Letters, and bytes of UTF-8 beyond ASCII, which keep their case; an apostrophe inside a word belongs to it.
local function count_words(piece)
  local counts, lines, words = {}, 0, 0
  for line in piece:gmatch("[^\n]*\n?") do
    lines = lines + (line == "" and 0 or 1)
    for word in line:lower():gmatch("[%a\128-\255][%a\128-\255']*") do
      word = word:gsub("'+$", "")
      words = words + 1
      counts[word] = (counts[word] or 0) + 1
    end
  end
  return { counts = counts, lines = lines, words = words }
end

local function add_up(partial)
  local sum = { counts = {}, lines = 0, words = 0, parts = #partial }
  for _, part in ipairs(partial) do
    sum.lines, sum.words = sum.lines + part.lines, sum.words + part.words
    for word, count in pairs(part.counts) do
      sum.counts[word] = (sum.counts[word] or 0) + count
    end
  end
  local ranking = {}
  for word in pairs(sum.counts) do
    ranking[#ranking + 1] = word
  end
  table.sort(ranking, function(a, b)
    local m, n = sum.counts[a], sum.counts[b]
    return m > n or m == n and a < b
  end)
  sum.different, sum.top = #ranking, {}
  for _, word in ipairs(ranking) do
    if #sum.top < 10 and not common[word] then
      sum.top[#sum.top + 1] = word
    end
  end
  return sum
end

local sum = lithops.get_result(lithops.map_reduce(count_words, pieces(text, parts), add_up))

print(("%s: %d lines, %d words, %d different ones"):format(path:match("[^/]*$"), sum.lines, sum.words, sum.different))
for place, word in ipairs(sum.top) do
  print(("%2d. %-12s %5d"):format(place, word, sum.counts[word]))
end

-- The same in this process must give the same.
local alone = add_up({ count_words(text) })
assert(alone.words == sum.words and alone.lines == sum.lines and alone.different == sum.different)
for word, count in pairs(alone.counts) do
  assert(sum.counts[word] == count, word)
end
print(("checked: the same from %d parts and from one"):format(sum.parts))
