---@meta shard

---Splits lists into parts, to give each call of a job its share of the work.
---@class shard
local shard = {}

---`n` parts whose lengths differ by one at most, the longer ones first. A list of fewer than `n` elements gives as many parts
---as it has elements.
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

return shard
