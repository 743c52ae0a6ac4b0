---@meta hash

---Checksums, of strings and of streams.
---@class hash
local hash = {}

---A checksum, by its name.
---@alias hash.Name "sha256"|"sha1"|"md5"|"crc32"|"xxh3"

---A string, or anything with a method `read`, which is read to its end: a stream, an open file.
---@alias hash.Data string|number|file*|lithops.Stream|table

---@class hash.Options
---@field raw? boolean Give the bytes, not their hexadecimal digits. Default: false.

---@class hash.NumberOptions: hash.Options
---@field number? boolean Give a number, not digits. Default: false.

---SHA-256, 64 digits.
---
---```lua
---print(require("hash").sha256("hello"):sub(1, 16))
---```
---
---prints
---
---```text
---2cf24dba5fb0a30e
---```
---@param data hash.Data
---@param options? hash.Options
---@return string
function hash.sha256(data, options) end

---SHA-1, 40 digits. Broken: for checksums that others ask for.
---@param data hash.Data
---@param options? hash.Options
---@return string
function hash.sha1(data, options) end

---MD5, 32 digits. Broken: for checksums that others ask for.
---@param data hash.Data
---@param options? hash.Options
---@return string
function hash.md5(data, options) end

---CRC-32 as gzip and zip have it, 8 digits.
---@param data hash.Data
---@param options? hash.NumberOptions
---@return string|number
function hash.crc32(data, options) end

---XXH3 with 64 bits, 16 digits: the fastest. Its number is a `uint64_t` of the `ffi`, since a Lua number holds only 53 bits.
---@param data hash.Data
---@param options? hash.NumberOptions
---@return string|ffi.cdata*
function hash.xxh3(data, options) end

---A checksum made piece by piece.
---
---```lua
---local hash = require "hash"
---local state = hash.new("md5")
---state:update("hel"):update("lo")
---print(state:digest() == hash.md5("hello"))
---```
---
---prints
---
---```text
---true
---```
---@param name hash.Name
---@return hash.State
function hash.new(name) end

---A checksum of what was added so far.
---@class hash.State
local state = {}

---Adds data.
---@param ... hash.Data
---@return hash.State self
function state:update(...) end

---The checksum of all data so far; more may be added afterwards.
---@param options? hash.NumberOptions
---@return string|number|ffi.cdata*
function state:digest(options) end

return hash
