---@meta csv

---Comma-separated values (RFC 4180) to rows and back: quoted fields with separators, line ends and doubled quotes; lines that end
---in `\n`, `\r\n` or `\r`; a byte order mark, which is skipped. An empty line is no row. A quote counts only at the very begin of a
---field: in `a, "b, c"`, behind a space, it is a character like others. Numbers of lines count `\n`: where lines end in `\r` alone, all
---is line 1.
---@class csv
local csv = {}

---What a cell may be.
---@alias csv.Cell string|number|boolean|nil

---@class csv.ReadOptions
---@field separator? string One character of ASCII between fields. Default: `,`.
---@field quote? string|false The character around fields that hold others. `false`: none, quotes are characters like others. Default: `"`.
---@field header? boolean|string[] `true`: the first row has the names of the columns; a list: these are the names. Rows are then tables by name. Default: `false`, rows are lists.
---@field numbers? boolean|(string|integer)[] Fields that are exact numbers become numbers: in all columns, or in those with these names or places, which must be the header's if there is one. A number is written as in JSON; with zeros in front (`007`), or whole and beyond ±2^53, a field stays a string, so that nothing is lost. Default: `false`.
---@field comment? string Lines that begin with this character are skipped.
---@field trim? boolean White space at both ends of fields and names is cut, also within quotes; a quote behind white space is still none. Default: `false`.

---@class csv.WriteOptions
---@field separator? string One character of ASCII between fields. Default: `,`.
---@field quote? string|false The character around fields that need it. `false`: such fields raise an error. Default: `"`.
---@field header? boolean|string[] A list: the first line has these names, no two of them equal, and rows by name give the cells that it names. `true`: the names of the first row, in order of their bytes; a row with another one raises an error. Default: `false`, rows are lists.
---@field newline? "\n"|"\r\n" What ends a line. Default: `\n`.

---All rows of a text.
---
---```lua
---local rows = require("csv").decode("name,age\nAda,36\n", { header = true, numbers = true })
---print(rows[1].name, rows[1].age + 1)
---```
---
---prints
---
---```text
---Ada	37
---```
---@param text string
---@param options? csv.ReadOptions
---@return string[][]|table<string, string|number>[]? rows Nil if a quote is never closed, a row has not as many fields as the header, or the header a name twice.
---@return string[]|string|nil names The names of the columns, if there are any; without rows, what is wrong and where: `a quote that is never closed at line 3 column 7`.
function csv.decode(text, options) end

---The rows of a text or stream, one by one, each with the number of the line on which it begins.
---
---```lua
---local csv = require "csv"
---for row, line in csv.rows("name,price\ntea,3\n", { header = true }) do
---  print(line, row.name, row.price)
---end
---```
---
---prints
---
---```text
---2	tea	3
---```
---
---What `csv.decode` gives as an error raises one here. Of a file or a stream one row and a piece are in memory.
---@param source string|file*|table|userdata|fun(): string? The text; or something with a method `read(n)`, or else `lines()`, as files and streams have; or an iterator over lines, with their newlines or without.
---@param options? csv.ReadOptions
---@return fun(): (row: any, line: integer?) next
function csv.rows(source, options) end

---The text of rows.
---
---A cell is a string; a number, written so that it is read as the same, but for `nan`, `inf` and `-inf`, which are read as strings; a
---64-bit number of `ffi`; `true` or `false`; or empty: nil or `json.null`. Anything else raises an error with its row and column. A
---list is as long as its last cell, or as its field `n` says; 1024 of its cells may be nil, and 8 for each that is not. A row without
---cells is written as one with an empty cell, `""`, since an empty line would be no row.
---
---```lua
---io.write(require("csv").encode({ { "a,b", 1 }, { "c", 2 } }))
---```
---
---prints
---
---```text
---"a,b",1
---c,2
---```
---@param rows table[] Lists, or tables by name if there is a `header`. As many as their field `n` says, if they have it, as results of jobs do; a row that is nil raises an error.
---@param options? csv.WriteOptions
---@return string text
function csv.encode(rows, options) end

---What writes rows, one by one.
---@class csv.Writer
local Writer = {}

---Writes a row at once. One that raises an error, or that `out` could not write, is not counted: if it was the first, the header is still to come.
---@param row table A list, or a table by name if there is a `header`.
---@return csv.Writer? self Nil if `out` could not write it.
---@return any err What `out` said.
function Writer:write(row) end

---Writes the header if no row did, and closes `out` if it has a method `close`.
---@return any result What `out:close()` gave, else true.
---@return any err
function Writer:close() end

---Writes rows to a file, or to anything that has a method `write`.
---
---```lua
---local csv = require "csv"
---local writer = csv.writer(assert(io.open("rows.csv", "w")), { header = { "x", "y" } })
---writer:write({ x = 1, y = 2 })
---writer:close()
---```
---@param out file*|table|userdata
---@param options? csv.WriteOptions
---@return csv.Writer
function csv.writer(out, options) end

return csv
