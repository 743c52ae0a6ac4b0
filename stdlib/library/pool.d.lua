---@meta pool

---Pools of workers, in the manner of Python's `multiprocessing.Pool`.
---
---```lua
---local pool = require "pool"
---local p = pool.new({ processes = 2 })
---print(table.concat(p:map(function(x) return x * x end, { 1, 2, 3 }), " "))
---for length, i in p:imap(function(text) return #text end, { "a", "bc" }) do print(i, length) end
---p:close()
---p:join()
---```
---
---prints
---
---```text
---1 4 9
---1	1
---2	2
---```
---
---`pool.map` and its like, with a dot, are those of a pool on the default executor, which is always open. `pool(4)` is `pool.new(4)`.
---
---What differs from Python:
---
---- Functions are sent by value, so that any function will do, and nothing is picklable or not; changes that they make to what they
---  captured stay in their worker.
---- Arguments are lists: `p:apply(f, { 1, 2 })`. There are no keyword arguments; the last argument is a table of options: those of
---  `lithops.map` (`timeout`, `retries`, `runtime_memory`, …), and `callback`, `error_callback` where Python has them. A chunk size may
---  stand by itself: `p:map(f, list, 100)`. Without one it is found by measuring, also for `imap`.
---- `apply` and `get` give all that the function returned, the others its first value for each element.
---- `imap` and `imap_unordered` read their input only a little ahead of the results that were taken, and give the number of the element
---  behind its result. A nil would end the loop, so that it is an error.
---- Callbacks are called by the thread of the script, while it waits in a function of the pool.
---- `get` raises the error object of the call that failed, as soon as it has failed.
---- A pool has no processes of its own to be freed, so that `close` and `join` may be left out: a script that ends waits for its calls.
---- There is no `maxtasksperchild`, and no `with`.
---@class pool
---@overload fun(options?: pool.Options|integer): pool.Pool
local pool = {}

---Options of a pool; those behind `initargs` are those of `lithops.FunctionExecutor`.
---@class pool.Options
---@field processes? integer How many calls run at a time. Default: that of the configuration, which is the number of cores on this machine.
---@field executor? lithops.Executor Where the calls run, in place of an executor of the pool's own.
---@field initializer? fun(...: any) What each worker calls before its first call of the pool. An error in it is that of the call.
---@field initargs? any[] Its arguments.
---@field config? table<string, table<string, any>> The configuration itself: sections with keys. Default: that of the program.
---@field config_file? string The configuration file. Default: the one that is found.
---@field backend? string Where functions run: "localhost" or "aws_lambda". Default: that of the configuration.
---@field storage? string Where objects are stored: "localhost" or "aws_s3". Default: that of the configuration.
---@field monitoring? "stream"|"storage" How results come back: streamed, or through the storage. Default: "stream".
---@field runtime? string The executable of local workers; or the container image of functions on AWS Lambda. Default: this program.
---@field runtime_memory? integer Megabytes.
---@field worker_processes? integer Calls at a time in one function instance. Default: 1.
---@field remote_invoker? boolean Whether one function starts all others; means nothing locally. Default: false.
---@field log_level? "error"|"warn"|"info"|"debug"|"trace" Of the whole program, unless `-v`, `-q` or LITHOPS_LOG say otherwise. Default: "warn".
---@field progress? boolean Whether there is a progress bar on a terminal. Default: true.

---@class pool.CallOptions
---@field extra_env? table<string, string|number|boolean> Environment variables of the workers while they run the job.
---@field runtime_memory? integer Megabytes.
---@field timeout? number Seconds for one call.
---@field retries? integer Further attempts after the function raised, or ran past its `timeout`. Default: 0.
---@field include_modules? string[]|false nil: modules are found by themselves. A list: these, too. false: none.
---@field exclude_modules? string[] Modules that are not sent, although functions need them: workers have them.
---@field stream_logs? boolean Whether what functions print is shown as they print it. Default: true.

---@class pool.CallAsyncOptions: pool.CallOptions
---@field callback? fun(...: any) Gets what the function returned.
---@field error_callback? fun(err: lithops.Error) Gets the error object of a call that failed.

---@class pool.MapOptions: pool.CallOptions
---@field chunksize? integer Calls that go to a worker at once. Default: found by measuring.
---@field max_workers? integer For these calls.

---@class pool.MapAsyncOptions: pool.MapOptions
---@field callback? fun(results: any[]) Gets the list of results.
---@field error_callback? fun(err: lithops.Error) Gets the error object of the first call that failed.

---@class pool.ImapOptions: pool.CallOptions
---@field chunksize? integer Elements that go to a worker at once. Default: one at first, more and more while the calls are quick, 256 at most.
---@field buffer? integer How many elements are read ahead of the results that were taken. Default: two chunks for each worker.

---A list, an iterator function, a `lithops.range`, or a table whose metatable has `__iter`, such as an iterator of `fun`.
---@alias pool.Input any[]|(fun(state: any, control: any): any)|lithops.Range

---Makes a pool. A number is the option `processes`.
---@param options? pool.Options|integer Default: the settings of the configuration.
---@return pool.Pool
function pool.new(options) end

---Calls `fn` in a worker and waits. Gives all that it returned; raises its error object if it failed.
---@param fn function
---@param args? any[] With its length in `n` if it may hold nils. The first one may be a future.
---@param options? pool.CallOptions
---@return any ...
function pool.apply(fn, args, options) end

---Starts a call of `fn`.
---@param fn function
---@param args? any[] Its arguments. With their length in `n` if it may hold nils.
---@param options? pool.CallAsyncOptions
---@return pool.AsyncResult
function pool.apply_async(fn, args, options) end

---Calls `fn` with each element and waits. An iterator is read to its end first.
---@param fn function
---@param input pool.Input
---@param options? pool.MapOptions|integer A number is the option `chunksize`.
---@return any[] results In the order of the input, with their number in `n`.
function pool.map(fn, input, options) end

---Starts the calls of a `map`.
---@param fn function
---@param input pool.Input
---@param options? pool.MapAsyncOptions|integer A number is the option `chunksize`.
---@return pool.AsyncResult
function pool.map_async(fn, input, options) end

---As `map`, of lists of arguments: `p:starmap(f, { { 1, 2 }, { 3, 4 } })` calls `f(1, 2)` and `f(3, 4)`. Of an iterator that gives several
---values, these are the arguments: `pool.starmap(f, fun.zip({ 1, 3 }, { 2, 4 }))`. Behind a list, an iterator function may give something
---else, which is left out.
---@param fn function
---@param input pool.Input
---@param options? pool.MapOptions|integer A number is the option `chunksize`.
---@return any[] results
function pool.starmap(fn, input, options) end

---Starts the calls of a `starmap`.
---@param fn function
---@param input pool.Input
---@param options? pool.MapAsyncOptions|integer A number is the option `chunksize`.
---@return pool.AsyncResult
function pool.starmap_async(fn, input, options) end

---Calls `fn` with each element. Gives an iterator over the results in the order of the input, which waits for each.
---
---The input is read, and calls are started, only a little ahead of the results that were taken, so that neither has to fit in memory,
---or to end. What the function captures is sent with each chunk, so that large values are better read by an `initializer`. A call that failed raises its error object in place of its result; the iterator may be called again and goes on behind it.
---@param fn function
---@param input pool.Input
---@param options? pool.ImapOptions|integer A number is the option `chunksize`.
---@return fun(): any, integer? next Gives a result, which must not be nil, and the number of its element.
function pool.imap(fn, input, options) end

---As `imap`, in the order in which the calls end.
---@param fn function
---@param input pool.Input
---@param options? pool.ImapOptions|integer A number is the option `chunksize`.
---@return fun(): any, integer? next
function pool.imap_unordered(fn, input, options) end

---A pool. It may be sent to workers, where its calls are nested jobs.
---@class pool.Pool
---@field state "open"|"closed"|"terminated" Whether calls are allowed.
local Pool = {}

---Calls `fn` in a worker and waits. Gives all that it returned; raises its error object if it failed.
---@param fn function
---@param args? any[] With its length in `n` if it may hold nils. The first one may be a future.
---@param options? pool.CallOptions
---@return any ...
function Pool:apply(fn, args, options) end

---Starts a call of `fn`.
---@param fn function
---@param args? any[] Its arguments. With their length in `n` if it may hold nils.
---@param options? pool.CallAsyncOptions
---@return pool.AsyncResult
function Pool:apply_async(fn, args, options) end

---Calls `fn` with each element and waits. An iterator is read to its end first.
---@param fn function
---@param input pool.Input
---@param options? pool.MapOptions|integer A number is the option `chunksize`.
---@return any[] results In the order of the input, with their number in `n`.
function Pool:map(fn, input, options) end

---Starts the calls of a `map`.
---@param fn function
---@param input pool.Input
---@param options? pool.MapAsyncOptions|integer A number is the option `chunksize`.
---@return pool.AsyncResult
function Pool:map_async(fn, input, options) end

---As `map`, of lists of arguments.
---@param fn function
---@param input pool.Input
---@param options? pool.MapOptions|integer A number is the option `chunksize`.
---@return any[] results
function Pool:starmap(fn, input, options) end

---Starts the calls of a `starmap`.
---@param fn function
---@param input pool.Input
---@param options? pool.MapAsyncOptions|integer A number is the option `chunksize`.
---@return pool.AsyncResult
function Pool:starmap_async(fn, input, options) end

---Calls `fn` with each element. Gives an iterator over the results in the order of the input; see `pool.imap`.
---@param fn function
---@param input pool.Input
---@param options? pool.ImapOptions|integer A number is the option `chunksize`.
---@return fun(): any, integer? next
function Pool:imap(fn, input, options) end

---As `imap`, in the order in which the calls end.
---@param fn function
---@param input pool.Input
---@param options? pool.ImapOptions|integer A number is the option `chunksize`.
---@return fun(): any, integer? next
function Pool:imap_unordered(fn, input, options) end

---Allows no more calls; those that were started go on, and so does an `imap` that was begun. What is called afterwards raises an error.
function Pool:close() end

---Ends all calls, those of an `imap` too, whose results are errors of kind "cancelled" then, and allows no more.
function Pool:terminate() end

---Waits for all calls, and calls their callbacks. The pool must be closed or terminated. Raises no error of a call: those are raised
---by `get`.
function Pool:join() end

---What came of calls that were started.
---@class pool.AsyncResult
local AsyncResult = {}

---Waits for the calls. Gives all that the function returned, or the list of results. Raises the error object of a call that failed,
---and one of kind "timeout", without a `call_id`, if the time is over; the calls go on.
---@param timeout? number Seconds. Default: as long as it takes.
---@return any ...
function AsyncResult:get(timeout) end

---Waits for the calls.
---@param timeout? number Seconds. Default: as long as it takes.
---@return boolean ready
function AsyncResult:wait(timeout) end

---Whether all calls have ended, or one has failed.
---@return boolean
function AsyncResult:ready() end

---Whether all calls did well. Raises an error if they have not ended.
---@return boolean
function AsyncResult:successful() end

return pool
