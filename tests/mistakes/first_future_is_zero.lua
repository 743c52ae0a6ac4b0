local fs = lithops.map(function(x) return x end, { 1, 2 })
for i = 0, 1 do
  print(fs[i]:result())
end
