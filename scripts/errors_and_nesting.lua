-- Shows how failures come back, and how jobs start jobs: errors as objects, retries, time limits, chains, map_reduce.

local quick = { stream_logs = false }

print("1. A failed call raises its error where the result is asked for.")
local function root(x)
  if x < 0 then
    error("no real root of " .. x)
  end
  return math.sqrt(x)
end
local ok, err = pcall(function()
  return lithops.get_result(lithops.map(root, { 4, -1, 9 }))
end)
---@cast err lithops.Error
assert(not ok and err.kind == "lua_error" and err.call_id == "00001")
assert(err.message:find("errors_and_nesting.lua:8: no real root of -1", 1, true))
assert(err.traceback:find("errors_and_nesting.lua", 1, true))
print("   " .. err.message)

print("2. With throw_except = false it is a value like the others, in its place.")
local roots = lithops.get_result(lithops.map(root, { 4, -1, 9 }), { throw_except = false })
assert(roots[1] == 2 and roots[2].kind == "lua_error" and roots[3] == 3)
print(("   %g, %s, %g"):format(roots[1], roots[2].kind, roots[3]))

print("3. error() takes any value that can be sent, and it comes back as err.value.")
local refused = lithops.call_async(function()
  error({ code = 404, what = "page" })
end):result({ throw_except = false })
assert(refused.value.code == 404 and refused.value.what == "page")
print("   code " .. refused.value.code)

print("4. retries repeats a call that failed. lithops.call.attempt counts from 1.")
local lucky = lithops.call_async(function()
  assert(lithops.call.attempt >= 3, "not yet")
  return lithops.call.attempt
end, nil, { retries = 5 })
assert(lucky:result() == 3)
print("   it worked at attempt " .. lucky:result())

print("5. timeout ends a call that does not come to its end, even one that never looks up.")
local stuck = lithops.call_async(function()
  while true do
  end
end, nil, { timeout = 0.5 })
local late = stuck:result({ throw_except = false })
assert(late.kind == "timeout" and stuck.state == "failed")
print("   " .. late.message)

print("6. os.exit in a call ends its worker, and only that call.")
local survivors = lithops.get_result(
  lithops.map(function(x)
    if x == 2 then
      os.exit(3)
    end
    return x
  end, { 1, 2, 3 }),
  { throw_except = false }
)
assert(survivors[1] == 1 and survivors[3] == 3 and survivors[2].kind)
print("   " .. survivors[2].kind)

print("7. A function that cannot be sent is refused before anything runs, with the way to what is wrong.")
local log = { file = io.tmpfile() }
local sent, why = pcall(lithops.map, function(x)
  log.file:write(x)
end, { 1 })
assert(not sent and tostring(why):find("`log`.file", 1, true))
print("   " .. tostring(why))

print("8. Jobs start jobs. What a function returns may be futures: their results are its result.")
local function tree(depth)
  if depth == 0 then
    return 1
  end
  return lithops.map(tree, { depth - 1, depth - 1 })
end
local function leaves(node)
  return type(node) == "number" and node or leaves(node[1]) + leaves(node[2])
end
local grown = lithops.call_async(tree, 4):result()
assert(leaves(grown) == 16)
print("   a tree with " .. leaves(grown) .. " leaves")

print("9. A list of futures is input too: each call starts when its own input is there.")
local squares = lithops.map(function(x)
  return x * x
end, lithops.range(5))
local halves = lithops.map(function(x)
  return x / 2
end, squares)
local chained = lithops.get_result(halves)
assert(table.concat(chained, " ") == "0.5 2 4.5 8 12.5")
print("   " .. table.concat(chained, " "))

print("10. map_reduce hands all results to one more call.")
local sum = lithops.get_result(lithops.map_reduce(function(x)
  return x * x
end, lithops.range(100), function(squared)
  local total = 0
  for _, value in ipairs(squared) do
    total = total + value
  end
  return total
end))
assert(sum == 338350)
print("   1² + 2² + … + 100² = " .. sum)

print("11. wait says what is done; prints of the functions are in the statistics of each call.")
local futures = lithops.map(function(x)
  print("working on " .. x)
  return x
end, { 1, 2, 3 }, quick)
local done, not_done = lithops.wait(futures, { return_when = lithops.ALL_COMPLETED })
assert(#done == 3 and #not_done == 0 and futures[2].stats.logs == "working on 2\n")
print("   " .. tostring(futures) .. "; the second printed: " .. futures[2].stats.logs:gsub("\n", ""))
