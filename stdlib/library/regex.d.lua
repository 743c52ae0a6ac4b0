---@meta regex

---Regular expressions that need time in proportion to the string, whatever the pattern. Syntax: that of Perl, without look-around and
---back-references. A string may hold any bytes; `.` and classes match characters of UTF-8, and `(?-u:…)` matches bytes.
---Positions count bytes from 1, as Lua's. An empty match is never inside a character. A group that took no part in a match is
---`false`.
---@class regex
local regex = {}

---@class regex.Options
---@field ignore_case? boolean Letters match in both cases: `(?i)`.
---@field multi_line? boolean `^` and `$` match at the start and end of lines, too: `(?m)`.
---@field dot_all? boolean `.` matches a newline, too: `(?s)`.
---@field extended? boolean White space in the pattern means nothing, and `#` begins a comment: `(?x)`.

---What comes in place of a match: a text with `$1`, `${1}`, `$name`, `${name}`, `$0` (the whole match) and `$$` (a dollar sign);
---a function of the groups, or of the whole match if there are none; or a table, whose key is the first of these. Nil or false
---leaves the match as it is.
---@alias regex.Replacement string|number|table|fun(...: string|false): string|number|false|nil

---A compiled pattern. It may be captured by functions that run elsewhere.
---
---```lua
---local regex = require "regex"
---local date = regex.new("(?<year>\\d{4})-(?<month>\\d\\d)")
---print(date:match("on 2024-05-17"))
---print(date:captures("2024-05").year)
---print(regex.gsub("a1b22", "\\d+", "<$0>"))
---```
---
---prints
---
---```text
---2024	05
---2024
---a<1>b<22>	2
---```
---@param pattern string
---@param options? regex.Options
---@return regex.Regex
function regex.new(pattern, options) end

---A pattern that matches exactly this text, which may hold any bytes; also as a part of an extended pattern.
---@param text string
---@return string
function regex.escape(text) end

---The same as the method of a regex. Patterns are kept compiled, the last few dozen.
---@param s string
---@param pattern string|regex.Regex
---@return boolean
function regex.is_match(s, pattern) end

---The same as the method of a regex.
---@param s string
---@param pattern string|regex.Regex
---@param init? integer Where to begin. Default: 1.
---@return string|false|nil ...
function regex.match(s, pattern, init) end

---The same as the method of a regex.
---@param s string
---@param pattern string|regex.Regex
---@param init? integer Where to begin. Default: 1.
---@return integer? first
---@return integer? last
---@return string|false ...
function regex.find(s, pattern, init) end

---The same as the method of a regex.
---@param s string
---@param pattern string|regex.Regex
---@param init? integer Where to begin. Default: 1.
---@return table<integer|string, string|false>?
function regex.captures(s, pattern, init) end

---The same as the method of a regex.
---@param s string
---@param pattern string|regex.Regex
---@return fun(): string|false, ...
function regex.gmatch(s, pattern) end

---The same as the method of a regex.
---@param s string
---@param pattern string|regex.Regex
---@param replacement regex.Replacement
---@param n? integer At most so many. Default: all.
---@return string text
---@return integer count
function regex.gsub(s, pattern, replacement, n) end

---The same as the method of a regex.
---
---```lua
---print(table.concat(require("regex").split("a, b;c", "[,;] ?"), "|"))
---```
---
---prints
---
---```text
---a|b|c
---```
---@param s string
---@param pattern string|regex.Regex
---@param n? integer At most so many pieces. Default: all.
---@return string[]
function regex.split(s, pattern, n) end

---A compiled pattern.
---@class regex.Regex
local re = {}

---Whether the pattern matches somewhere.
---@param s string
---@return boolean
function re:is_match(s) end

---The groups of the first match, or the whole match if there are none.
---@param s string
---@param init? integer Where to begin, counted from the end if negative. `^` is the start of the string all the same.
---@return string|false|nil ... Nil if there is no match.
function re:match(s, init) end

---Where the first match is, and its groups.
---@param s string
---@param init? integer Where to begin. Default: 1.
---@return integer? first Nil if there is no match.
---@return integer? last
---@return string|false ...
function re:find(s, init) end

---The first match as a table: the whole match at 0, groups by number, and by name where they have one (`(?<name>…)`).
---@param s string
---@param init? integer Where to begin. Default: 1.
---@return table<integer|string, string|false>? captures Nil if there is no match.
function re:captures(s, init) end

---Iterates over all matches: their groups, or the whole match if there are none.
---@param s string
---@return fun(): string|false, ...
function re:gmatch(s) end

---Replaces matches.
---@param s string
---@param replacement regex.Replacement
---@param n? integer At most so many. Default: all.
---@return string text
---@return integer count How many were replaced.
function re:gsub(s, replacement, n) end

---The pieces between the matches.
---@param s string
---@param n? integer At most so many pieces; the last one is what is left. Default: all.
---@return string[]
function re:split(s, n) end

return regex
