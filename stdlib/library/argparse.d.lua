---@meta argparse

---Command lines of scripts. The interface is that of argparse for Lua. Left out are shell completion, and options whose names begin
---with anything but `-`; two elements with the same name raise an error; and help has its own form.
---
---```lua
---local argparse = require "argparse"
---local parser = argparse("count", "Counts words.")
---parser:argument("files", "Files to read."):args("+")
---parser:option("-n --top", "How many words to print.", 10, tonumber)
---parser:flag("-v --verbose", "Say more."):count("*")
---local args = parser:parse({ "a.txt", "b.txt", "-n", "3", "-vv" })   -- without an argument: those of the script
---print(table.concat(args.files, " "), args.top, args.verbose)
---```
---
---prints
---
---```text
---a.txt b.txt	3	2
---```
---
---Each property can be set by a method, which gives the object back, or in a table: `parser:option({ "-n", default = 10 })`. A further
---name is an alias: `parser:option "-n" "--top"`.
---@class argparse
---@overload fun(name?: string|argparse.ParserProperties, description?: string, epilog?: string): argparse.Parser
local argparse = {}

---How many: a number, `"2-3"`, `"2+"`, `"?"` (0 or 1), `"*"` (any), `"+"` (1 or more).
---@alias argparse.Range integer|string

---What an argument can be told; options have more.
---@class argparse.ElementProperties
---@field [1]? string The name, of an option with its aliases: `"-o --output"`.
---@field name? string The same.
---@field description? string What help says of it.
---@field default? any The value where there is none. Text is converted.
---@field defmode? "u"|"a"|"ua"|"unused"|"arg" Whether the default is for an option that is not used, for one that is used without a value, or both. Default: `"u"`.
---@field convert? fun(text: string): any, string?|table What values become: a function, whose nil and message refuse them; a table by their text; or a list of functions, one for each of several values.
---@field args? argparse.Range How many values. Default: 1.
---@field choices? string[] The values that are allowed.
---@field target? string The key in the result. Default: the name; of an option, its first long one with `_` for `-`.
---@field action? "store"|"store_true"|"store_false"|"count"|"append"|"concat"|fun(result: table, target: string, value: any, overwrite: boolean) What is done with values.
---@field init? any What the target is before anything else.
---@field argname? string|string[] How values are called in help. Default: `<name>`.
---@field show_default? boolean Whether help tells the default. Default: true.
---@field hidden? boolean Left out of help. Default: false.

---What an option or a flag can be told.
---@class argparse.OptionProperties: argparse.ElementProperties
---@field count? argparse.Range How often it can be used. Default: `"0-1"`.
---@field required? boolean Whether it has to be used. Default: false.
---@field overwrite? boolean Whether the last of too many uses counts, rather than being refused. Default: true.

---What a parser can be told.
---@class argparse.ParserProperties
---@field [1]? string The name.
---@field name? string The same. Default: the script's.
---@field description? string What help says of the script.
---@field epilog? string The end of the help.
---@field usage? string Instead of what is generated.
---@field help? string Instead of what is generated.
---@field add_help? boolean|string|argparse.OptionProperties Whether there is an option `-h --help`, or its names and properties. Default: true.
---@field require_command? boolean Whether one of the commands has to be there. Default: true.
---@field command_target? string The key in the result that has the command's name.
---@field handle_options? boolean Whether there are options at all. Default: true.
---@field action? fun(result: table, name: string) Called once all is read, that of a command before that of its parser.
---@field usage_max_width? integer Characters in a line of usage. Default: 70.
---@field usage_margin? integer Characters in front of its further lines. Default: 7.
---@field help_usage_margin? integer Characters in front of names in help. Default: 3.
---@field help_description_margin? integer Characters in front of descriptions. Default: 25.
---@field help_max_width? integer Characters in a line of help: longer lines of descriptions are broken between words. Default: they are not.
---@field help_vertical_space? integer Empty lines in front of each element in help. Default: 0.

---What a command can be told.
---@class argparse.CommandProperties: argparse.ParserProperties
---@field target? string The key in the result that is true. Default: its name.
---@field summary? string What the help of the parser says of it. Default: its description.
---@field hidden? boolean Left out of help. Default: false.

---A positional argument. Its properties are its methods, each of which gives it back.
---@class argparse.Argument
---@overload fun(properties: argparse.ElementProperties): self
---@field name fun(self: self, name: string): self Sets the name.
---@field description fun(self: self, text: string): self Sets what help says of it.
---@field default fun(self: self, value: any): self Sets the value where there is none.
---@field defmode fun(self: self, mode: "u"|"a"|"ua"|"unused"|"arg"): self Sets when the default counts.
---@field convert fun(self: self, convert: function|table): self Sets what values become.
---@field args fun(self: self, count: argparse.Range): self Sets how many values there are.
---@field choices fun(self: self, choices: string[]): self Sets the values that are allowed.
---@field target fun(self: self, key: string): self Sets the key in the result.
---@field action fun(self: self, action: string|function): self Sets what is done with values.
---@field init fun(self: self, value: any): self Sets what the target is before anything else.
---@field argname fun(self: self, name: string|string[]): self Sets how values are called in help.
---@field show_default fun(self: self, whether: boolean): self Sets whether help tells the default.
---@field hidden fun(self: self, whether: boolean): self Leaves it out of help.
local Argument = {}

---An option or a flag.
---@class argparse.Option: argparse.Argument
---@field count fun(self: self, count: argparse.Range): self Sets how often it can be used.
---@field required fun(self: self, whether: boolean): self Sets whether it has to be used.
---@field overwrite fun(self: self, whether: boolean): self Sets whether the last of too many uses counts.
local Option = {}

---What reads a command line. Its properties are its methods, each of which gives it back.
---@class argparse.Parser
---@overload fun(properties: argparse.ParserProperties): self
---@field name fun(self: self, name: string): self Sets the name.
---@field description fun(self: self, text: string): self Sets what help says of the script.
---@field epilog fun(self: self, text: string): self Sets the end of the help.
---@field usage fun(self: self, text: string): self Sets the usage, instead of what is generated.
---@field help fun(self: self, text: string): self Sets the help, instead of what is generated.
---@field add_help fun(self: self, value: boolean|string|argparse.OptionProperties): self Sets the option for help, or that there is none.
---@field require_command fun(self: self, whether: boolean): self Sets whether one of the commands has to be there.
---@field command_target fun(self: self, key: string): self Sets the key in the result that has the command's name.
---@field handle_options fun(self: self, whether: boolean): self Sets whether there are options at all.
---@field action fun(self: self, action: fun(result: table, name: string)): self Sets what is called once all is read.
---@field usage_max_width fun(self: self, width: integer): self Sets how many characters a line of usage has.
---@field usage_margin fun(self: self, width: integer): self Sets how many characters are in front of further lines of usage.
---@field help_usage_margin fun(self: self, width: integer): self Sets how many characters are in front of names in help.
---@field help_description_margin fun(self: self, width: integer): self Sets how many characters are in front of descriptions.
---@field help_max_width fun(self: self, width: integer): self Sets how many characters a line of help has.
---@field help_vertical_space fun(self: self, lines: integer): self Sets how many empty lines are in front of each element in help.
local Parser = {}

---An argument by its position.
---@param name string|argparse.ElementProperties
---@param description? string What help says of it.
---@param default? any The value where there is none.
---@param convert? function|table What values become. Default: they stay text.
---@param args? argparse.Range How many values. Default: 1.
---@return argparse.Argument
function Parser:argument(name, description, default, convert, args) end

---An option with a value: `-o x`, `-ox`, `-o=x`, `--output x`, `--output=x`.
---@param name string|argparse.OptionProperties With its aliases: `"-o --output"`.
---@param description? string What help says of it.
---@param default? any The value where there is none.
---@param convert? function|table What values become. Default: they stay text.
---@param args? argparse.Range How many values. Default: 1.
---@param count? argparse.Range How often it can be used. Default: `"0-1"`.
---@return argparse.Option
function Parser:option(name, description, default, convert, args, count) end

---An option without a value: true in the result, or how often it was used. `-abc` is `-a -b -c`.
---@param name string|argparse.OptionProperties With its aliases: `"-v --verbose"`.
---@param description? string What help says of it.
---@param default? any The value where it is not used.
---@param count? argparse.Range How often it can be used. Default: `"0-1"`.
---@return argparse.Option
function Parser:flag(name, description, default, count) end

---A command with options and arguments of its own.
---@param name string|argparse.CommandProperties With its aliases: `"install i"`.
---@param description? string What help says of it.
---@param epilog? string The end of its help.
---@return argparse.Command
function Parser:command(name, description, epilog) end

---Of these options and arguments, one can be used at most.
---@param ... argparse.Option|argparse.Argument
---@return self
function Parser:mutex(...) end

---These elements have a title of their own in the help.
---@param name string The title.
---@param ... argparse.Argument|argparse.Option|argparse.Command The elements.
---@return self
function Parser:group(name, ...) end

---A command `help`, which prints the help of all, or of another command.
---@param properties? string|argparse.CommandProperties Its name or properties. Default: "help".
---@return self
function Parser:add_help_command(properties) end

---The values of a command line. A wrong one is told on standard error, with the usage, and ends the program with exit code 2, as
---`lithops-lua` itself does; help ends it with 0.
---@param args? string[] Default: `arg`.
---@return table<string, any> values
function Parser:parse(args) end

---The same, for programs that tell themselves what is wrong.
---@param args? string[] Default: `arg`.
---@return boolean ok
---@return table<string, any>|string values What is wrong, where `ok` is false.
function Parser:pparse(args) end

---What `parse` calls with what is wrong. A script may put its own function there.
---@param message string
function Parser:error(message) end

---The usage, as messages about mistakes begin with it.
---@return string text
function Parser:get_usage() end

---The help, as the option for help prints it.
---@return string text
function Parser:get_help() end

---A command: a parser of its own, below another one.
---@class argparse.Command: argparse.Parser
---@field target fun(self: self, key: string): self Sets the key in the result that is true.
---@field summary fun(self: self, text: string): self Sets what the help of the parser says of it.
---@field hidden fun(self: self, whether: boolean): self Leaves it out of help.
local Command = {}

return argparse
