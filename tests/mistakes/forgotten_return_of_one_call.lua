local future = lithops.call_async(function(name)
  local greeting = "hello, " .. name
end, "you")
print("it said: " .. future:result())
