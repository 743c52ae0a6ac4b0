--- `imap` and `imap_unordered`: results one by one, of an input that is read only a little ahead of them.
---
--- The input is sent in batches, each a job that one worker runs from its first call to its last. As many batches as keep the
--- workers busy are under way; another one is made when the results of one have been taken.
local inputs = require "pool.inputs"

---@class pool.Imap
---@field [string] any
local Imap = {}
Imap.__index = Imap

-- Batches for each worker: one that it runs, and one that waits for it.
local BATCHES_A_WORKER = 2
-- Batches whose calls take less time than this get larger, since sending one takes some of it; up to so many calls.
local QUICK_SECONDS = 0.01
local MAX_SIZE = 256
-- An input that takes longer than this for a batch is slow: what it gave is sent, and results do not wait for what it gives next.
local SLOW_SECONDS = 0.002
-- The first batches of an iterator have one element. They are written down before it goes on, so that one that gives the same
-- table again and again, with the next row in it, is found out.
local PROBES = 2

--- What is read from `input` and sent. What `job` has: `start(list, size)` starts the calls of a batch and gives their
--- futures; `wait(futures)` waits until one has ended; `name`, `is_ordered`, `workers`, and the options `chunksize` and `buffer`, which
--- may be nil.
function Imap.new(input, job)
  job.read, job.is_iterator = inputs.reader(input, 2, job.name)
  return setmetatable({
    job = job,
    size = job.chunksize or 1,
    probes = job.is_iterator and PROBES or 0,
    batches = {},
    -- Elements that were read, and those among them whose results were not taken.
    count = 0,
    ahead = 0,
    has_more = true,
  }, Imap)
end

function Imap:has_room()
  return self.has_more and #self.batches < BATCHES_A_WORKER * self.job.workers and self.ahead < (self.job.buffer or math.huge)
end

--- The elements of the next batch, with their number in `n`.
function Imap:read()
  local job = self.job
  local most = math.min(self.probes > 0 and 1 or self.size, (job.buffer or math.huge) - self.ahead)
  local began = lithops.time()
  self.is_slow = false
  local list = { n = 0 }
  while list.n < most do
    local ok, more, element = pcall(job.read)
    if not ok then
      -- It is raised behind the results of what was read before.
      self.failure, more = { more }, false
    end
    if not more then
      self.has_more = false
      break
    end
    if job.is_iterator and type(element) == "table" and rawequal(element, self.last) then
      self.size, self.probes = 1, math.huge
    end
    self.last = element
    list.n = list.n + 1
    list[list.n] = element
    if lithops.time() - began > SLOW_SECONDS then
      self.is_slow = true
      if not job.chunksize then
        break
      end
    end
  end
  self.probes = self.probes - 1
  return list
end

--- Sends another batch.
function Imap:send()
  local list = self:read()
  if list.n > 0 then
    self.batches[#self.batches + 1] = {
      futures = self.job.start(list, list.n),
      before = self.count,
      taken = 0,
      n = list.n,
    }
    self.count = self.count + list.n
    self.ahead = self.ahead + list.n
  end
end

--- The future of the next call of a batch, and whether it has ended.
local function head(batch)
  local future = batch.futures[batch.taken + 1]
  return future, future.done
end

--- The first batch with a result to take; those of a worker end in order, so that one call of each batch is looked at.
function Imap:find()
  for i, batch in ipairs(self.batches) do
    local _, is_done = head(batch)
    if is_done then
      return i
    elseif self.job.is_ordered then
      return nil
    end
  end
end

--- Waits for a batch with a result to take; nil at the end.
function Imap:await()
  while true do
    local found = self:find()
    local has_room = self:has_room()
    if has_room and not (found and self.is_slow) then
      -- One for each that is taken, so that no worker has to wait; and as many as there is room for as long as nothing is done.
      self:send()
    end
    if found then
      return found
    elseif #self.batches == 0 and not self.has_more then
      local failure = self.failure
      self.failure = nil
      if failure then
        error(failure[1], 0)
      end
      return nil
    elseif not has_room then
      local futures = {}
      for i, batch in ipairs(self.batches) do
        if i == 1 or not self.job.is_ordered then
          futures[i] = head(batch)
        end
      end
      self.job.wait(futures)
    end
  end
end

--- Makes the next batches larger if the calls of this one, which is done, took little time.
function Imap:learn(batch)
  if self.job.chunksize or self.probes > 0 or batch.n < self.size then
    return
  end
  local first, last = batch.futures[1].stats, batch.futures[batch.n].stats
  local seconds = (last.worker_func_end_tstamp or 0) - (first.worker_func_start_tstamp or 0)
  if seconds < QUICK_SECONDS then
    self.size = math.min(self.size * 2, MAX_SIZE)
  elseif seconds > 10 * QUICK_SECONDS then
    self.size = math.max(1, math.floor(self.size / 2))
  end
end

--- The next result, and the number of its element; nil at the end.
function Imap:next()
  local found = self:await()
  if not found then
    return nil
  end
  local batch = self.batches[found]
  local future = head(batch)
  batch.taken = batch.taken + 1
  self.ahead = self.ahead - 1
  if batch.taken == batch.n then
    self:learn(batch)
    table.remove(self.batches, found)
  end
  local result = future:result()
  local index = batch.before + batch.taken
  if result == nil then
    error(("%s: the function gave nil for element %d, which would end the loop: have it return a value")
      :format(self.job.name, index), 0)
  end
  return result, index
end

--- The futures of all calls that were begun and whose results were not taken.
function Imap:futures()
  local all = {}
  for _, batch in ipairs(self.batches) do
    for i = batch.taken + 1, batch.n do
      all[#all + 1] = batch.futures[i]
    end
  end
  return all
end

--- Ends all calls, and begins no more.
function Imap:cancel()
  self.has_more = false
  for _, batch in ipairs(self.batches) do
    batch.futures:cancel()
  end
end

--- A function that gives the next result. The input is read as far as results are taken.
function Imap:iterator()
  -- Workers begin before the first result is asked for.
  while self:has_room() and not self:find() do
    self:send()
  end
  return function() return self:next() end
end

return Imap
