-- A text as a dataset: which words go together, and a report in files: datasets.lua [FILE]

local dataset = require "dataset"

local here = (arg[0] or ""):match("^(.*)/") or "."
local lines = dataset.read_text("file://" .. (arg[1] or here .. "/data/persuasion.txt"), { obj_chunk_number = 4 })
local words = lines:words({ pattern = "%a+", lower = true })

-- Nothing has been read yet. Actions read it, each in parallel.
local counts = words:count_by_value():cache()
print(("%d lines, %d words, %d different ones"):format(lines:count(), words:count(), counts:count()))

-- The words of each length, and of these the most frequent one.
local by_length = counts
  :map(function(pair) return { key = #pair.key, value = pair } end)
  :reduce_by_key(function(a, b)
    return (a.value > b.value or a.value == b.value and a.key < b.key) and a or b
  end)
  :sort_by(function(pair) return pair.key end)
for _, pair in ipairs(by_length:take(10)) do
  print(("%2d letters: %-10s %5d times"):format(pair.key, pair.value.key, pair.value.value))
end

-- Pairs of neighbours within a line, each with how often its first word is there at all: how sure is what follows?
local neighbours = lines
  :flat_map(function(line)
    local found = {}
    local before ---@type string?
    for word in line:lower():gmatch("%a+") do
      if before then
        found[#found + 1] = before .. " " .. word
      end
      before = word
    end
    return found
  end)
  :count_by_value()
  :filter(function(pair) return pair.value >= 20 end)

local likely = neighbours
  :map(function(pair)
    local first, second = pair.key:match("(%a+) (%a+)")
    return { key = first, value = { second = second, times = pair.value } }
  end)
  :join(counts)
  :map(function(row)
    return { pair = row.key .. " " .. row.left.second, times = row.left.times, share = row.left.times / row.right }
  end)

print("what follows almost always:")
for _, row in ipairs(likely:top(5, function(row) return row.share end):collect()) do
  print(("  %-16s %3d times, %3.0f %%"):format(row.pair, row.times, row.share * 100))
end

-- The same as files, and read again.
local at = ("local://%s/datasets/"):format(lithops.storage.bucket)
local parts = likely:sort_by(function(row) return row.pair end):write_csv(at, { header = { "pair", "times", "share" }, overwrite = true })
local again = dataset.read_csv(parts, { header = true, numbers = { "times", "share" } })
print(("written and read again: %d rows in %d parts"):format(again:count(), #parts))
assert(again:map(function(row) return row.times end):sum() == likely:map(function(row) return row.times end):sum())
lithops.storage:delete_objects(nil, lithops.storage:list_keys(nil, "datasets/part-"))

-- One process must count the same.
local alone = {}
for line in io.lines(arg[1] or here .. "/data/persuasion.txt") do
  for word in line:lower():gmatch("%a+") do
    alone[word] = (alone[word] or 0) + 1
  end
end
for _, pair in ipairs(counts:collect()) do
  assert(alone[pair.key] == pair.value, pair.key)
  alone[pair.key] = nil
end
assert(next(alone) == nil)
print("checked: the same as in one process")
