---@meta compress

---Compressed data: gzip, zstd and bzip2, whole strings or streams of any size.
---@class compress
local compress = {}

---A format, by its name.
---@alias compress.Format "gzip"|"zstd"|"bzip2"

---@class compress.Options
---@field level? integer How hard to try: 0 to 9 for gzip (default 6), 1 to 22 for zstd (3), 1 to 9 for bzip2 (9).

---@class compress.DecompressOptions
---@field format? compress.Format Default: what the first bytes say.

---@class compress.ReaderOptions
---@field format? compress.Format Default: what the first bytes say, then the name.
---@field name? string The name of the source: `.gz`, `.zst` and `.bz2` are known. Shown by `tostring`.

---@class compress.WriterOptions
---@field format? compress.Format Default: gzip.
---@field level? integer As for `compress.gzip` and its like.

---Compresses a string as gzip. The same bytes give the same bytes: no time is written down.
---
---```lua
---local compress = require "compress"
---print(compress.decompress(compress.gzip("hello")))
---```
---
---prints
---
---```text
---hello	nil
---```
---@param bytes string
---@param options? compress.Options
---@return string
function compress.gzip(bytes, options) end

---Compresses a string as zstd, with a checksum.
---@param bytes string
---@param options? compress.Options
---@return string
function compress.zstd(bytes, options) end

---Compresses a string as bzip2.
---@param bytes string
---@param options? compress.Options
---@return string
function compress.bzip2(bytes, options) end

---The original of compressed bytes. Members or frames that follow each other are all read; zeros may follow them.
---@param bytes string
---@param options? compress.DecompressOptions
---@return string? bytes Nil if the bytes are truncated, corrupt, or not compressed.
---@return string? err
function compress.decompress(bytes, options) end

---The format that the first bytes (ten are enough) or else the name say.
---@param name? string The name of a file; its extension counts.
---@param first_bytes? string The first bytes of what is in it.
---@return compress.Format? format Nil if it is none of the three.
function compress.detect(name, first_bytes) end

---A stream of the original of something compressed; what is not compressed passes through as it is. It holds one piece at a
---time, whatever the size. Truncated or corrupt data is an error of the read that comes upon it, after all that was good.
---The source stays open, and is the caller's to close.
---
---```lua
---local compress = require "compress"
---local stream = compress.reader(compress.zstd("one\ntwo\n"))
---for line in stream:lines() do print(line) end
---```
---
---prints
---
---```text
---one
---two
---```
---@param source string|file*|lithops.Stream|table A string, a stream, an open file, or anything with a method `read(n)`.
---@param options? compress.ReaderOptions
---@return lithops.Stream
function compress.reader(source, options) end

---Compresses what is written to it, and writes that to `out` piece by piece.
---
---```lua
---local compress = require "compress"
---local file = assert(io.open("numbers.txt.gz", "wb"))
---local writer = compress.writer(file)
---for i = 1, 1000 do writer:write(i, "\n") end
---writer:close()
---file:close()
---```
---@param out file*|table An open file, or anything with a method `write`. It stays open, and is the caller's to close.
---@param options? compress.WriterOptions
---@return compress.Writer
function compress.writer(out, options) end

---What compresses whatever is written to it.
---@class compress.Writer
local writer = {}

---Compresses strings and numbers, one after the other.
---@param ... string|number
---@return compress.Writer self
function writer:write(...) end

---Writes the end. Without it the data is truncated. To be called before `out` is closed.
---@return true
function writer:close() end

return compress
