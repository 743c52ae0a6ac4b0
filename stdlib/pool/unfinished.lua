--- The calls of each pool whose end nobody has seen. A module, so that they stay here when a pool is sent to a worker.
local unfinished = {}

-- By pool: nodes with `calls` linked in the order of their beginning, from `head.next` on, and the node of each in `nodes`.
local queues = setmetatable({}, { __mode = "k" })

-- By pool: what `imap` reads and sends, as long as its iterator is there.
local imaps = setmetatable({}, { __mode = "k" })

-- So many are looked at, the oldest: calls end about in the order in which they began.
local WATCHED = 64

local function queue_of(pool)
  local queue = queues[pool]
  if not queue then
    local head = {}
    head.next, head.before = head, head
    queue = { head = head, nodes = {}, callbacks = 0 }
    queues[pool] = queue
  end
  return queue
end

--- Forgets calls that have ended, and calls their callback.
function unfinished.remove(pool, calls)
  local queue = queue_of(pool)
  local node = queue.nodes[calls]
  if not node then
    return
  end
  queue.nodes[calls] = nil
  node.before.next, node.next.before = node.next, node.before
  if calls:has_callbacks() then
    queue.callbacks = queue.callbacks - 1
    calls:call_back()
  end
end

-- How many of the oldest are looked at when others are added: what nobody asks for must not pile up.
local PRUNED = 2

function unfinished.add(pool, calls)
  local queue = queue_of(pool)
  local head = queue.head
  for _ = 1, PRUNED do
    local oldest = head.next.calls
    -- Callbacks wait until the script does.
    if oldest and not oldest:has_callbacks() and oldest:settle(0) then
      unfinished.remove(pool, oldest)
    end
  end
  local node = { calls = calls, before = head.before, next = head }
  head.before.next, head.before = node, node
  queue.nodes[calls] = node
  if calls:has_callbacks() then
    queue.callbacks = queue.callbacks + 1
  end
end

--- Whether a callback is still to be called.
function unfinished.has_callbacks(pool)
  return queue_of(pool).callbacks > 0
end

--- Calls the callbacks of calls that have ended.
function unfinished.look(pool)
  local head, come = queue_of(pool).head, {}
  local node = head.next
  for _ = 1, WATCHED do
    if node == head then
      break
    elseif node.calls:settle(0) then
      come[#come + 1] = node.calls
    end
    node = node.next
  end
  for _, calls in ipairs(come) do
    unfinished.remove(pool, calls)
  end
end

--- Calls `f` with each of them.
function unfinished.each(pool, f)
  local head = queue_of(pool).head
  local node = head.next
  while node ~= head do
    f(node.calls)
    node = node.next
  end
end

--- The oldest of them; nil if there are none.
function unfinished.oldest(pool)
  return queue_of(pool).head.next.calls
end

function unfinished.add_imap(pool, imap)
  imaps[pool] = imaps[pool] or setmetatable({}, { __mode = "k" })
  imaps[pool][imap] = true
end

--- Calls `f` with each `pool.Imap` whose iterator is there.
function unfinished.each_imap(pool, f)
  for imap in pairs(imaps[pool] or {}) do
    f(imap)
  end
end

return unfinished
