--- Results of calls in memory, with a limit to their number and age.
local arguments = require "lithops.arguments"

local methods = {}
---@class memo.CacheClass
---@field [string] any
local Cache = { __name = "memo.Cache", __index = methods }

---@param max integer? How many results are kept: those that were asked for last.
---@param ttl number? For how many seconds a result holds.
function Cache.new(max, ttl)
  local cache = setmetatable({ max = max, ttl = ttl }, Cache)
  methods.clear(cache)
  return cache
end

--- Forgets all results.
function methods:clear()
  if getmetatable(self) ~= Cache then
    arguments.raise("bad argument to 'clear' (memo.Cache expected; call it with a colon, `cache:clear()`)")
  end
  -- Entries by key, linked from the one that was asked for last, `newest.older`, to the one to be forgotten, `newest.newer`.
  local ring = {}
  ring.older, ring.newer = ring, ring
  self.ring, self.entries = ring, {}
  self.size, self.hits, self.misses = 0, 0, 0
end

local function unlink(entry)
  entry.newer.older, entry.older.newer = entry.older, entry.newer
end

local function link(self, entry)
  local ring = self.ring
  entry.newer, entry.older = ring, ring.older
  ring.older.newer, ring.older = entry, entry
end

local function remove(self, key)
  local entry = self.entries[key]
  if entry then
    unlink(entry)
    self.entries[key] = nil
    self.size = self.size - 1
  end
end

--- The results that are known for a key, with their number in `n`.
---@return table? results
function Cache.find(self, key)
  local entry = self.entries[key]
  if entry and entry.expires and lithops.time() >= entry.expires then
    remove(self, key)
    entry = nil
  end
  if not entry then
    self.misses = self.misses + 1
    return nil
  end
  self.hits = self.hits + 1
  if self.max then
    unlink(entry)
    link(self, entry)
  end
  return entry.results
end

function Cache.add(self, key, results)
  remove(self, key)
  local entry = { key = key, results = results, expires = self.ttl and lithops.time() + self.ttl }
  self.entries[key] = entry
  link(self, entry)
  self.size = self.size + 1
  if self.max and self.size > self.max then
    remove(self, self.ring.newer.key)
  end
end

function Cache:__tostring()
  return ("memo cache: size %d, hits %d, misses %d"):format(self.size, self.hits, self.misses)
end

return Cache
