---@meta memo

---Functions that remember what they returned, in memory or in storage.
---
---```lua
---local memo = require "memo"
---local square, cache = memo(function(x) return x * x end, { max = 1000 })
---print(square(3), square(3), cache.hits)
---
---local length = memo.stored(function(text) return #text end, { name = "length" })
---print(length("hello"), length("hello"))   -- the second one comes from the storage
---```
---
---prints
---
---```text
---9	9	1
---5	5
---```
---
---What is remembered is all that the function returned, nils too; an error is not.
---
---**In memory**, `memo(fn, options)` gives the function and its cache. Calls are the same if their arguments are equal, one by one, nils
---too: strings, numbers, booleans and 64-bit integers by value, all else by identity, also tables: give `key` to compare what
---is in them. A function that is sent to workers takes the cache along as it is then, and each worker goes on with its own.
---
---**In storage**, `memo.stored(fn, options)` gives the function and its store. All processes share it, and later runs of the script,
---which compute only what is new. An entry is found by
---
---- the `name`,
---- the `version`; without one, a checksum of the function's own code, so that changing the function makes all anew,
---- and the arguments, tables by what is in them, without their metatables.
---
---*Not* part of it, and a reason to give another `version`: values that the function captures, functions that it calls, modules, and
---what it reads (files, objects, the time). With a `version`, nothing but that counts: the function may change and stays the same.
---
---An entry that was not written to its end, or is damaged, or was written by another version of this module, is computed anew. Two
---calls at the same time may both compute it.
---@class memo
---@overload fun(fn: function, options?: memo.Options): function, memo.Cache
local memo = {}

---@class memo.Options
---@field max? integer How many results are kept: those that were asked for last. Default: all.
---@field ttl? number For how many seconds a result holds. Default: for ever.
---@field key? fun(...: any): any What tells calls apart, made of the arguments; several values if that is more than one. Default: the arguments.

---@class memo.StoredOptions
---@field name string What results are stored under: letters, digits, `.`, `_` and `-`. No two functions may have the same.
---@field version? string|number Names the state of the function, of the same letters. Default: a checksum of its code.
---@field bucket? string Default: the default one.
---@field prefix? string What the keys of objects begin with. Default: "memo/".
---@field storage? lithops.Store Default: the default store.
---@field ttl? number For how many seconds an entry holds. Default: for ever.
---@field key? fun(...: any): any What tells calls apart, made of the arguments; needed where those are functions or objects.

---Remembers in storage what `fn` returned. Results may be strings, numbers, booleans, nil, 64-bit integers, `json.null`, and tables of
---them without metatables and cycles; others raise an error.
---@generic F: function
---@param fn F
---@param options memo.StoredOptions
---@return F remembering
---@return memo.Store store
function memo.stored(fn, options) end

---What is remembered in memory.
---@class memo.Cache
---@field size integer How many results there are.
---@field hits integer How many calls were answered by it.
---@field misses integer How many were not.
local Cache = {}

---Forgets all.
function Cache:clear() end

---What is remembered in storage.
---@class memo.Store
---@field name string What results are stored under.
---@field version string The state of the function that they belong to.
local Store = {}

---Deletes all entries of this name, of all versions.
function Store:clear() end

return memo
