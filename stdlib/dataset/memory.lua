--- How much memory a task may take for what it gathers before it must put it elsewhere.
local memory = {}

local units = { KB = 1e3, MB = 1e6, GB = 1e9, KiB = 2 ^ 10, MiB = 2 ^ 20, GiB = 2 ^ 30 }

--- The bytes that an option says: a number, or a text like "64MiB". Nil if it says nothing of the kind.
---@param value any
---@return number?
function memory.bytes(value)
  if type(value) == "string" then
    local count, unit = value:match("^(%d+%.?%d*)%s*(%a+)$")
    value = count and units[unit] and math.floor(tonumber(count) * units[unit])
  end
  return type(value) == "number" and value >= 1 and value < math.huge and value or nil
end

local Budget = {}
Budget.__index = Budget

--- A budget for what a task holds beyond what is there now.
---@param bytes number
function memory.budget(bytes)
  local now = collectgarbage("count") * 1024
  return setmetatable({ bytes = bytes, limit = now + bytes, base = now, before = now, pause = 16 }, Budget)
end

--- Whether more than half of the budget is taken by what cannot be collected. The other half is for garbage, and for writing
--- out what was gathered.
function Budget:is_spent()
  local now = collectgarbage("count") * 1024
  -- The next look comes before a thirty-second of the budget is taken at the pace since the last one.
  local pace = (now - self.before) / self.pause
  local pause = pace > 0 and self.bytes / 32 / pace or self.pause * 4
  self.pause = math.max(1, math.min(math.floor(pause), self.pause * 4, 4096))
  self.before = now
  if now < self.limit then
    return false
  end
  collectgarbage()
  self.before = collectgarbage("count") * 1024
  local is_spent = self.before > self.base + self.bytes / 2
  if is_spent and not self.pause_before then
    -- From now on garbage is collected before it takes as much as what is held.
    self.pause_before = collectgarbage("setpause", 120)
  end
  return is_spent
end

--- The collector is again as it was.
function Budget:close()
  if self.pause_before then
    collectgarbage("setpause", self.pause_before)
  end
end

--- Begins anew after what was gathered has been put elsewhere. What is still there, such as buffers, does not count: else
--- little would be gathered each time.
function Budget:begin_again()
  collectgarbage()
  self.before = collectgarbage("count") * 1024
  self.base = math.max(self.base, self.before)
  self.limit = self.base + self.bytes
end

return memory
