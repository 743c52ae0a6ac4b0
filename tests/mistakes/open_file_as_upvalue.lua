local log = io.open("log.txt", "w")
local function work(x)
  log:write(x, "\n")
  return x
end
lithops.get_result(lithops.map(work, { 1, 2 }))
