---@meta base64

---Bytes as text of 64 letters, and back.
---@class base64
local base64 = {}

---@class base64.Options
---@field url_safe? boolean The alphabet of RFC 4648, section 5, without padding: for URLs and file names. Default: false.

---The text for some bytes: a third longer than they are.
---
---```lua
---print(require("base64").encode("hello"))
---```
---
---prints
---
---```text
---aGVsbG8=
---```
---@param bytes string
---@param options? base64.Options
---@return string text
function base64.encode(bytes, options) end

---The bytes of a text. White space in it is skipped; padding may be there or not.
---
---```lua
---local base64 = require "base64"
---print(base64.decode("aGVsbG8"))
---print(base64.decode("*"))
---```
---
---prints
---
---```text
---hello	nil
---nil	not base64: '*' at line 1 column 1
---```
---@param text string
---@param options? base64.Options
---@return string? bytes Nil if it is no such text.
---@return string? err What is wrong and where: `not base64: '*' at line 1 column 2`.
function base64.decode(text, options) end

return base64
