---@meta _

---Addresses of stored objects, which jobs take as input:
---
---- `"s3://bucket/key"` one object; `"s3://bucket/prefix/"` all whose keys begin so; `"s3://bucket/a*.csv"` all that match. `*` and `?`
---  stop at slashes, `**` does not, `[a-z]` is one of these.
---- `"local://bucket/…"` the same in the storage of this machine.
---- `"file:///path"` files of this machine, with prefixes and patterns; `"file://path"` from the current folder.
---- `"https://host/path"` one object; it can be cut if its server gives ranges.
---@alias lithops.Address string

---How stored objects are cut.
---@class lithops.ObjectOptions
---@field obj_chunk_size? integer|string Pieces of so many bytes; or of a size such as "64MiB" or "1GB". Default: objects are not cut.
---@field obj_chunk_number? integer So many pieces an object. Default: 1.
---@field obj_newline? string|false The byte that ends a line: pieces are whole lines. false: exact ranges of bytes. Default: "\n".

---Stored objects as the input of a job. Without it, addresses are opened if the function's first parameter is called `obj`.
---@class lithops.Objects: userdata

---Stored objects as the input of `map` and `map_reduce`, whatever the function calls its parameter. An element may be
---`lithops.args(address, …)`: then the function gets the other values behind the object.
---
---```lua
---lithops.storage:put_object(nil, "logs/a.log", "one\ntwo\n")
---local logs = "local://" .. lithops.storage.bucket .. "/logs/"
---
---local function count(log)
---  local n = 0
---  for _ in log:lines() do n = n + 1 end
---  return n
---end
---print(lithops.map(count, lithops.objects(logs, { obj_chunk_size = "64MiB" })):get_result()[1])
---```
---
---prints
---
---```text
---2
---```
---@param addresses lithops.Address|lithops.CloudObject|lithops.Object|table One, or a list.
---@param opts? lithops.ObjectOptions They go before the options of the job.
---@return lithops.Objects
function lithops.objects(addresses, opts) end

---An object, or a piece of one, that a function reads. It is opened at the first read. If it was replaced since the job has found it, that
---read raises an error of kind `"object_changed"`; if it is gone, `"no_such_key"`.
---
---gzip, zstd and bzip2 are decompressed as they are read (not with `obj_newline = false`, which means the bytes as they are stored), and
---are not cut: an object that is to be cut and whose name ends with .gz, .zst or .bz2 is one piece, which a warning says.
---
---Cut at lines, every line is in exactly one piece: in the one in whose range it begins. A piece in which none begins is empty.
---@class lithops.Object: userdata
---@field bucket? string nil for files and URLs.
---@field key string Of a file: its path without the slash in front.
---@field url lithops.Address The address of the object.
---@field path? string The file, where the object is one of this machine.
---@field size? integer Bytes of the whole object; nil if its server does not tell it.
---@field etag? string What changes whenever the object is replaced; nil if its server does not tell it.
---@field part integer Which piece it is, from 1.
---@field total_parts integer How many pieces the object is cut into.
---@field chunk_size? integer Bytes that a piece should have, if the object is cut.
---@field data_byte_range? integer[] First and last byte of the piece's range, from 0; nil if it is empty.
---@field data_stream lithops.Stream The content of the piece.
local Object = {}

---Reads from the stream what the formats say. Without one: all that is left.
---@param ... lithops.ReadFormat
---@return string? ...
function Object:read(...) end

---An iterator over the lines that are left, without their newlines; or over what `format` says.
---@param format? lithops.ReadFormat What is read each time. Default: a line.
---@return fun(): string?
function Object:lines(format) end
