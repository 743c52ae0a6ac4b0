---@meta json

---JSON (RFC 8259) to values and back, without rounding a number or losing an empty array.
---
---| JSON | Lua |
---|---|---|
---| `null` | `json.null`, which is true as a condition and equal only to itself, on workers too |
---| whole numbers up to ±2^53, all others with a fraction or an exponent | numbers |
---| whole numbers beyond | `int64_t` of LuaJIT's `ffi` (`9007199254740993LL`), or `uint64_t` where that is too small |
---| arrays | lists; an empty one is marked by `json.array`, so that it is written as `[]` again |
---| objects | tables; of two equal names the last one counts |
---
---Arrays and objects nest 1000 deep at most, both ways. A byte order mark in front of a text is skipped.
---@class json
---@field null userdata The value of `null`. `tostring` gives `null`.
---@field array_metatable table The metatable of what `json.array` marks.
local json = {}

---@class json.DecodeOptions
---@field big_numbers? "string"|"double" What becomes of a number that fits neither 64 bits nor a double: its digits, or the nearest double, which may be infinite. Default: an error.

---@class json.EncodeOptions
---@field indent? integer Spaces for each level, each element in a line of its own. Default: all in one line.
---@field sort_keys? boolean Names of objects in order of their bytes, so that equal values give equal text. Default: false.

---@class json.LinesOptions
---@field sort_keys? boolean As for `json.encode`. Default: false.

---The value of a text.
---
---```lua
---local json = require "json"
---local value = json.decode('{"name": "Ada", "tags": [1, null]}')
---print(value.name, value.tags[1], value.tags[2] == json.null)
---print(json.decode("{"))
---```
---@param text string
---@param options? json.DecodeOptions
---@return any value Nil if the text is no JSON; `null` is `json.null`.
---@return string? err What is wrong and where: ``expected `,` or `}` at line 3 column 7``. Columns count characters.
function json.decode(text, options) end

---The text of a value.
---
---A table is an array if its keys are 1, 2, 3 … or if `json.array` marked it, and an object if they are strings; an empty one is an
---object. A list whose length is in field `n`, as in results of jobs, is an array with `null` for what is nil,
---which 1024 elements may be, and 8 for each that is not. Metamethods are not called.
---`int64_t` and `uint64_t` are written exactly, and numbers so that they are read as the same.
---
---What cannot be JSON raises an error with its path, in which lists count from 1: `a function cannot be JSON, at $.items[3].f`. Such
---are functions, userdata, NaN and infinite numbers, strings that are not UTF-8, other keys, a table within itself.
---
---```lua
---print(require("json").encode({ list = { 1, 2 }, name = "x" }, { sort_keys = true }))
---```
---
---prints
---
---```text
---{"list":[1,2],"name":"x"}
---```
---@param value any
---@param options? json.EncodeOptions
---@return string text
function json.encode(value, options) end

---Marks a table as an array and gives it back: if it is empty, it is written as `[]`.
---@param list? table Nil: a new one. It must have no metatable.
---@return table list
function json.array(list) end

---The values of lines of JSON (NDJSON, JSON Lines), one by one. Blank lines are skipped.
---
---```lua
---for record in require("json").lines('{"n": 1}\n{"n": 2}\n') do print(record.n) end
---```
---
---prints
---
---```text
---1
---2
---```
---
---A line that is no JSON raises an error with its number in all of the input. Of a file or a stream one line and a piece are in memory.
---@param source string|file*|table|userdata|fun(): string? The text; or something with a method `read(n)`, or else `lines()`, as files and streams have; or an iterator over lines, with their newlines or without.
---@param options? json.DecodeOptions
---@return fun(): any next
function json.lines(source, options) end

---The elements of a list as lines of JSON.
---@param list any[]
---@param options? json.LinesOptions
---@return string text Each line ends with a newline.
function json.encode_lines(list, options) end

return json
