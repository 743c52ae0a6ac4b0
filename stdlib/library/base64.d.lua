---@meta base64

---Bytes as text of 64 letters, and back.
---@class base64
local base64 = {}

---@class base64.Options
---@field url_safe? boolean The alphabet of RFC 4648, section 5, without padding: for URLs and file names. Default: false.

---The text for some bytes: a third longer than they are.
---@param bytes string
---@param options? base64.Options
---@return string text
function base64.encode(bytes, options) end

---The bytes of a text. White space in it is skipped; padding may be there or not.
---@param text string
---@param options? base64.Options
---@return string? bytes Nil if it is no such text.
---@return string? err What is wrong and where: `not base64: '*' at line 1 column 2`.
function base64.decode(text, options) end

return base64
