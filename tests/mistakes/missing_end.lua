local function work(x)
  if x then
    return x
end
lithops.map(work, { 1 })
