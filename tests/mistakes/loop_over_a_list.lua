local results = lithops.get_result(lithops.map(function(x) return x end, { 1, 2 }))
for result in results do
  print(result)
end
