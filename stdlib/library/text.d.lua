---@meta text

---Work on strings at the speed of the machine. Letters, capital and small, are those of ASCII, as in Lua's own functions.
---@class text
local text = {}

---@class text.WordOptions
---@field pattern? "%S+"|"%w+"|"%a+" What a word is, exactly as `gmatch` with this pattern gives it. Default: `%S+`, what is between white space.
---@field lower? boolean Capital letters become small ones. Default: false.

---The lines of a text, without their ends, `\n` or `\r\n`. A newline at the end begins no further line.
---@param s string
---@return string[]
function text.lines(s) end

---The words of a text.
---@param s string
---@param options? text.WordOptions
---@return string[]
function text.words(s, options) end

---The parts of a text between separators: one more than there are separators.
---@param s string
---@param separator string Not empty; a plain string.
---@return string[]
function text.split(s, separator) end

---How often each word is in a text.
---
---```lua
---local counts = require("text").count_words("To be or not to be", { lower = true })
---print(counts.to, counts.be, counts["not"])
---```
---
---prints
---
---```text
---2	2	1
---```
---@param s string
---@param options? text.WordOptions
---@return table<string, integer>
function text.count_words(s, options) end

---A text without white space at both ends.
---@param s string
---@return string
function text.trim(s) end

---Whether a text begins so.
---@param s string
---@param start string
---@return boolean
function text.starts_with(s, start) end

---Whether a text ends so.
---@param s string
---@param ending string
---@return boolean
function text.ends_with(s, ending) end

---Counts words without making a Lua string of each. It travels to workers and back as a copy, so that the functions of a map can
---return one, and a reducer merge them.
---@class text.Counter
---@operator len: integer How many different words there are.
local Counter = {}

---Counts a word once, or `n` times.
---@param word string
---@param n? integer 0 or more. Default: 1.
---@return text.Counter self
function Counter:add(word, n) end

---Counts the words of a text.
---@param s string
---@param options? text.WordOptions
---@return text.Counter self
function Counter:add_words(s, options) end

---Adds the counts of a table, as `counts` gives it.
---@param counts table<string, integer>
---@return text.Counter self
function Counter:add_counts(counts) end

---Adds the counts of another counter.
---@param other text.Counter
---@return text.Counter self
function Counter:merge(other) end

---All counts in a table.
---@return table<string, integer>
function Counter:counts() end

---The `n` most frequent words, each in a list with its count: `{ { "the", 93 }, … }`. Of equal counts, the word whose bytes are less
---comes first.
---@param n integer
---@return { [1]: string, [2]: integer }[]
function Counter:top(n) end

---How many different words there are.
---@return integer
function Counter:size() end

---An empty counter of words.
---
---```lua
---local text = require "text"
---local function count(line) return text.counter():add_words(line) end
---local counters = lithops.map(count, { "a b a", "b a" }):get_result()
---local all = text.counter()
---for _, counter in ipairs(counters) do all:merge(counter) end
---print(all:counts().a, all:top(1)[1][1])
---```
---
---prints
---
---```text
---3	a
---```
---@return text.Counter
function text.counter() end

return text
