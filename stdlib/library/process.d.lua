---@meta process

---Other programs, and this process. There is never a shell between: a program gets its arguments as they are. Programs end when
---the script's process does, however that ends.
---@class process
local process = {}

---@class process.Options
---@field stdin? string|number What it reads from its standard input. Default: nothing.
---@field cwd? string The folder that it starts in.
---@field env? table<string, string|number|false> Variables beside those of this process; false takes one away.

---@class process.RunOptions: process.Options
---@field timeout? number Seconds; then it is killed, with all that it started. In a worker, what a program that has ended left running ends with the worker.
---@field check? boolean Raise if it cannot be started or does not end with status 0 in time. Default: false.

---How a program ended.
---@class process.Result
---@field ok boolean Whether it ended with status 0, and in time.
---@field code? integer Its status; nil if a signal ended it.
---@field signal? integer The number of the signal that ended it.

---How a program ended, and what it wrote.
---@class process.Output: process.Result
---@field stdout string What it wrote to its standard output.
---@field stderr string What it wrote to its standard error.
---@field timed_out? true true if it was killed since the time was over; else nil.

---Runs a program to its end, and reads what it writes.
---
---```lua
---local process = require "process"
---local result = process.run({ "tr", "a-z", "A-Z" }, { stdin = "hello" })
---print(result.ok, result.stdout)
---```
---
---prints
---
---```text
---true	HELLO
---```
---@param argv (string|number)[] The program, a path or a name that is looked for in `PATH`, and its arguments.
---@param options? process.RunOptions
---@return process.Output? result Nil if it cannot be started.
---@return string? err
---@return integer? number The system's.
function process.run(argv, options) end

---Starts a program beside the script. What it writes to its standard output can be read; its standard error is the script's.
---A program that writes more than a pipe holds waits until it is read: read all before `:wait()`, or `:close()` what is not wanted.
---
---```lua
---local handle = assert(require("process").spawn({ "echo", "hello" }))
---print(handle:read(), handle:wait().code)
---```
---
---prints
---
---```text
---hello	0
---```
---@param argv (string|number)[]
---@param options? process.Options
---@return process.Handle? handle Nil if it cannot be started.
---@return string? err
---@return integer? number The system's.
function process.spawn(argv, options) end

---A variable of the environment, or all of them.
---@param name? string The variable. Default: all of them, in a table.
---@return string|table<string, string>|nil
function process.env(name) end

---The number of this process.
---@return integer
function process.pid() end

---The cores that this process may use.
---@return integer
function process.cpu_count() end

---A program that runs, and a stream of what it writes to its standard output: `:read(…)`, `:lines(…)` and `:close()` as all streams have.
---@class process.Handle: lithops.Stream
---@field pid integer The number of its process.
local handle = {}

---Waits for its end.
---@param timeout? number Seconds. Default: for ever.
---@return process.Result? result Nil if it runs still.
---@return string? err "timeout"
function handle:wait(timeout) end

---Sends a signal to it, and to what it started. One that has ended takes none.
---@param signal? "KILL"|"TERM"|"INT"|"HUP"|"USR1"|"USR2" Default: KILL.
---@return true
function handle:kill(signal) end

return process
