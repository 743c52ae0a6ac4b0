--- Command lines of scripts: arguments, options, commands, and their help. The interface is that of argparse for Lua.
---
---    local argparse = require "argparse"
---    local parser = argparse("count", "Counts words.")
---    parser:argument("files", "Files to read."):args("+")
---    parser:option("-n --top", "How many words to print.", 10, tonumber)
---    local args = parser:parse()
---
--- What is where: `parser` has parsers and commands, `element` arguments and options, `properties` how both are set, `state` reads a command
--- line, `help` writes the texts.
local parser = require "argparse.parser"

local argparse = {}

return setmetatable(argparse, { __call = function(_, ...) return parser.new(...) end })
