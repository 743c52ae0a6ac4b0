---@meta shard

---Splits work into parts, to give each call of a job its share, and puts what came of it together.
---
---```lua
---local shard = require "shard"
---local files = { { size = 5 }, { size = 1 }, { size = 4 } }
---local parts = shard.by_weight(files, 2, function(file) return file.size end)
---local function sizes(part)
---  local list = {}
---  for i, file in ipairs(part) do list[i] = file.size end
---  return list
---end
---print(table.concat(shard.concat(lithops.map(sizes, parts):get_result()), " "))
---```
---
---prints
---
---```text
---5 1 4
---```
---
---Lists with holes raise an error. They are not changed; parts are new lists with the same elements.
---@class shard
local shard = {}

---`n` parts whose lengths differ by one at most, the longer ones first. A list of fewer than `n` elements gives as many parts
---as it has elements.
---
---```lua
---for _, part in ipairs(require("shard").parts({ 1, 2, 3, 4, 5 }, 2)) do
---  print(table.concat(part, " "))
---end
---```
---
---prints
---
---```text
---1 2 3
---4 5
---```
---@generic T
---@param list T[]
---@param n integer How many parts.
---@return T[][] parts In the order of the list.
function shard.parts(list, n) end

---Parts of `size` elements; the last one holds what is left.
---@generic T
---@param list T[]
---@param size integer How many elements a part has.
---@return T[][] parts In the order of the list.
function shard.chunks(list, size) end

---The parts of the numbers from 1 to `count`, as `parts` would make them, by their first and last numbers, without a list of them.
---
---```lua
---for _, range in ipairs(require("shard").range(10, 3)) do print(range[1], range[2]) end
---```
---
---prints
---
---```text
---1	4
---5	7
---8	10
---```
---@param count integer
---@param n integer How many parts.
---@return integer[][] ranges A first and a last number each.
function shard.range(count, n) end

---`n` parts to which the elements are dealt in turn, as cards are. A list of fewer than `n` elements gives as many parts as it has
---elements.
---@generic T
---@param list T[]
---@param n integer How many parts.
---@return T[][] parts
function shard.round_robin(list, n) end

---`n` parts that cost about the same: the dearest element is given away first, each to the part that costs least so far, which costs at
---most a third more than the best split would. Within a part, elements stay in their order. A list of fewer than `n` elements gives
---as many parts as it has elements.
---@generic T
---@param list T[]
---@param n integer How many parts.
---@param cost fun(element: T): number What an element costs, 0 or more, in any unit.
---@return T[][] parts
---@return number[] costs What each part costs.
function shard.by_weight(list, n, cost) end

---Exactly `n` parts, empty ones too: elements with equal keys are in the same part, which is `shard.of_key(key, n)`.
---@generic T
---@param list T[]
---@param n integer How many parts.
---@param key_of? fun(element: T): string|number|boolean The key of an element. Default: elements are keys.
---@return T[][] parts
function shard.by_key(list, n, key_of) end

---The number of the part that a key belongs to. It depends on nothing else: it is the same in all processes, on all machines, at all
---times. The text "1" and the number 1 are different keys.
---@param key string|number|boolean
---@param n integer How many parts.
---@return integer part From 1 to `n`.
function shard.of_key(key, n) end

---One list of all elements of lists, one behind the other: what calls returned for their parts.
---@generic T
---@param parts T[][] Lists, which may have their lengths in field `n`; then the result has one, too.
---@return T[] list
function shard.concat(parts) end

return shard
