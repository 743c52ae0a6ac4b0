-- The last whole-number key of a list from its `border` on, and how many elements it has up to there.
local list, border = ...
local last, count = border, border
for key in next, list, border > 0 and border or nil do
  if type(key) == "number" and key > border and key % 1 == 0 then
    last, count = math.max(last, key), count + 1
  end
end
return last, count
