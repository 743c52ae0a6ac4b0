---@meta inspect

---Prints values as Lua would write them, for people. The interface, and the form of the text, are those of inspect.lua.
---
---```lua
---local inspect = require "inspect"
---print(inspect({ 1, 2, name = "x" }))
---```
---
---prints
---
---```text
---{ 1, 2,
---  name = "x"
---}
---```
---
---Lists are in a line; other keys have a line each, in order. A table that is met again is `<table 1>`, and `<1>` is in front of
---it where it is first. Functions and threads are `<function 1>`. Numbers have as many digits as it takes to read them back.
---Bytes that are not UTF-8, and control characters, are escaped.
---
---No metamethod of a table is called. Userdata that have a `__tostring` are what it gives.
---@class inspect
---@field KEY table At the end of a path: the item is a key.
---@field METATABLE table At the end of a path: the item is a metatable.
---@overload fun(value: any, options?: inspect.Options): string
local inspect = {}

---@class inspect.Options
---@field depth? integer Tables that are deeper are `{...}`. Default: 300.
---@field max_items? integer So many elements and keys of a table are shown, and how many more there are. A larger table is then not gone through, and its first keys are those among some that were looked at. Default: all.
---@field max_length? integer From about so many bytes on, it is only said how much is left. Default: none.
---@field newline? string Between the lines. Default: a newline.
---@field indent? string For each level. Default: two spaces.
---@field metatables? boolean Whether they are shown, as `<metatable>`. Default: true.
---@field process? fun(item: any, path: any[]): any What is shown instead of an item: a value, a key (the path ends with `inspect.KEY`) or a metatable (`inspect.METATABLE`). Nil leaves it out.

---The text of a value: what a call of the module does.
---@param value any
---@param options? inspect.Options Unknown ones raise an error.
---@return string text
function inspect.inspect(value, options) end

return inspect
