---@meta log

---Levelled logs of scripts and workers.
---
---```lua
---local log = require "log"
---log.sink = print      -- in place of standard error
---log.level = "info"
---log.format = "json"   -- in place of text: 2026-01-31T12:00:00.250Z INFO  pipeline.lua:12: read 3 rows file=a.csv
---log.debug("not written")
---log.sink = function(line, record) print(record.level, record.message, record.fields.file) end
---log.info("read %d rows", 3, { file = "a.csv" })
---```
---
---prints
---
---```text
---info	read 3 rows	a.csv
---```
---
---A log function takes a text; or a format and its arguments, as `string.format`; behind them values, which follow the text; and last
---a table of fields. A function in place of the text is called only if the line is written: `log.debug(function() return dump(x) end)`.
---What cannot be formatted is written as it is: logging raises no error, but for those of a `sink` of your own. Lines that are not written cost next to nothing.
---
---A driver writes to standard error. A worker prints, so that its lines come with what its call prints (`stream_logs`, `stats.logs`),
---and have the number of the call.
---
---The level is that of `lithops.log_level` in the configuration, which is read when it is first needed, or "info". What a script
---sets here holds for its own process; a logger that `log.with` made takes its settings along to workers.
---@class log: log.Logger
local log = {}

---From the least severe to the most.
---@alias log.Level
---| "trace"
---| "debug"
---| "info"
---| "warn"
---| "error"
---| "fatal"
---| "off" # Nothing is written.

---A line, before it is written.
---@class log.Record
---@field time string UTC, in ISO 8601 with milliseconds.
---@field level log.Level How severe it is.
---@field message string The text.
---@field source? string The file and line of the caller.
---@field call_id? string In workers.
---@field job_id? string In workers.
---@field fields table<string, any> Those of the logger and of the line.

---A logger: the module itself, and what `with` makes. Its functions are called with a dot.
---@class log.Logger
---@field level log.Level The least severe level that is written.
---@field format? "text"|"json" How lines are written: as text, which is the default, or as an object of JSON each.
---@field sink? fun(line: string, record: log.Record) What lines are given to, without a newline, in place of standard error, or print.
local Logger = {}

---Writes a line about every detail.
---@param message any A text, a format, or a function that gives one.
---@param ... any
function Logger.trace(message, ...) end

---Writes a line for those who look for a mistake.
---@param message any A text, a format, or a function that gives one.
---@param ... any
function Logger.debug(message, ...) end

---Writes a line about what goes on.
---@param message any A text, a format, or a function that gives one.
---@param ... any
function Logger.info(message, ...) end

---Writes a line about what may go wrong.
---@param message any A text, a format, or a function that gives one.
---@param ... any
function Logger.warn(message, ...) end

---Raises nothing.
---@param message any A text, a format, or a function that gives one.
---@param ... any
function Logger.error(message, ...) end

---Ends nothing.
---@param message any A text, a format, or a function that gives one.
---@param ... any
function Logger.fatal(message, ...) end

---Whether lines of this level are written.
---@param level log.Level
---@return boolean
function Logger.enabled(level) end

---A logger whose lines have these fields, besides those of this one. It has the same settings: a change in one is one in the other.
---@param fields table<string, any>
---@return log.Logger
function Logger.with(fields) end

return log
