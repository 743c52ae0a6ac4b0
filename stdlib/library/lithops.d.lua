---@meta lithops

---Runs Lua functions in parallel. A global of every script, in workers too; `require "lithops"` gives the same table.
---@class lithops
---@field version string The version of the program.
---@field is_worker boolean Whether this code runs in a worker.
---@field config table<string, table<string, any>> A copy of the configuration in effect: sections with keys, secrets hidden. In a worker, that of the executor whose job runs.
---@field call lithops.Call The call that runs; in a driver all its fields are nil.
---@field ALL_COMPLETED "ALL_COMPLETED" For `return_when`: wait for all calls.
---@field ANY_COMPLETED "ANY_COMPLETED" For `return_when`: wait for one call more.
---@field ALWAYS "ALWAYS" For `return_when`: do not wait, say what is done.
lithops = {}

---What a function asks about its own call.
---
---```lua
---local function who()
---  return lithops.call.id, lithops.call.attempt, lithops.is_worker
---end
---print(lithops.call_async(who):result())
---```
---
---prints
---
---```text
---00000	1	true
---```
---@class lithops.Call
---@field id? string The number of the call in its job, from "00000".
---@field job_id? string The id of the job.
---@field executor_id? string The id of the executor.
---@field attempt? integer 1 for the first.
local Call = {}

---Milliseconds until the call's `timeout`; `math.huge` where it has none.
---@return number milliseconds
function Call.remaining_ms() end

---The input of a job: a list, an iterator function, a range, or a list of futures, on whose results the calls then work. A table whose metatable
---has a function `__iter` is what that gives: an iterator function, and perhaps what a generic `for` takes behind it.
---@alias lithops.Iterdata any[]|(fun(state: any, control: any): any)|lithops.Range|lithops.Futures|lithops.Objects|lithops.Address

---Numbers that are made as they are needed. Made by `lithops.range`. `#` works on it.
---@class lithops.Range: userdata
---@field n integer How many they are.
---@field [integer] number The numbers.

---Several arguments as one element. Made by `lithops.args`.
---@class lithops.Args
---@field n integer How many values there are, nils too.
---@field [integer] any The values.

---What went wrong. `tostring` gives the message, the call, and the worker's traceback.
---
---```lua
---local ok, err = pcall(function()
---  return lithops.call_async(function() error("no") end):result()
---end)
---print(ok, err.kind, err.call_id)
---```
---
---prints
---
---```text
---false	lua_error	00000
---```
---@class lithops.Error
---@field kind lithops.ErrorKind What went wrong, in a word, for programs to compare.
---@field message string What went wrong, in a sentence, with the line of the script.
---@field hint? string What was probably meant, where that can be guessed; `tostring` gives it behind the message.
---@field traceback string The worker's, with the script's own lines; empty where there is none.
---@field value? any What the function gave to `error`, unless it was a text.
---@field call_id? string The call that failed; nil of an error that belongs to none.
---@field job_id? string Its job.
---@field executor_id? string Its executor.
local Error = {}

---What can go wrong with a call.
---@alias lithops.ErrorKind
---| "lua_error" # The function raised an error.
---| "timeout" # The call ran past its `timeout`; or the time for waiting was over, and the call goes on.
---| "out_of_memory" # The call needed more than `runtime_memory`.
---| "worker_lost" # The worker ended while it ran the call.
---| "start_failed" # No worker could be started.
---| "unsendable" # The result cannot be sent.
---| "cancelled" # The call was cancelled.
---| "storage" # The store failed with a value of the job.
---| "connection_cut" # The connection to AWS Lambda broke off while the answer came, again and again.
---| "throttled" # The account's limit of functions at a time was reached for too long.
---| lithops.StorageErrorKind # An object that was named as input, or that the function read.
---| "protocol" # Driver and worker did not understand each other.

---When and where things happened: seconds since 1970 (`…_tstamp`), or seconds (`…_time`). What has not happened yet is nil.
---@class lithops.Stats
---@field host_job_create_tstamp? number When the job was made.
---@field host_submit_tstamp? number When the call was sent to the backend.
---@field worker_start_tstamp? number When the worker began with what it was sent.
---@field worker_func_start_tstamp? number When the function was called.
---@field worker_func_end_tstamp? number When the function returned or failed.
---@field worker_end_tstamp? number When the worker was done with all that it was sent.
---@field host_status_done_tstamp? number When it was known here what came of the call.
---@field host_result_done_tstamp? number When the result was here.
---@field worker_func_exec_time? number How long the function ran.
---@field worker_billed_ms? integer Milliseconds that AWS Lambda charges for what the worker was sent; nil elsewhere.
---@field worker_peak_memory_mb? integer Megabytes that the worker needed at most, on AWS Lambda; nil elsewhere.
---@field worker_init_ms? integer Milliseconds that the worker took to start, on AWS Lambda, if it was started for this; nil elsewhere.
---@field worker_exec_time? number How long the worker was busy with all that it was sent.
---@field attempts? integer How often the call was begun.
---@field worker? string Which worker ran it.
---@field logs? string The last 4 KiB of what the function printed.

---One call.
---@class lithops.Future
---@field state "new"|"invoked"|"running"|"done"|"failed"|"cancelled" How far the call is.
---@field done boolean Whether the call has ended, well or not.
---@field ready boolean The same.
---@field success boolean Whether it has ended well.
---@field running boolean Whether a worker runs it now.
---@field error? lithops.Error Why it failed.
---@field call_id string The number of the call in its job, from "00000".
---@field job_id string The id of its job.
---@field executor_id string The id of its executor.
---@field stats lithops.Stats When and where things happened.
local Future = {}

---Waits for the call. Gives all that its function returned; raises its error object if it failed.
---@param opts? lithops.ResultOptions
---@return any ... All that the function returned.
function Future:result(opts) end

---Waits for the call.
---@param opts? lithops.WaitOptions
---@return lithops.Futures done
---@return lithops.Futures not_done
function Future:wait(opts) end

---Ends the call if it has not ended; one that runs with its worker, which whoever waits for the call waits for.
---@return boolean cancelled
function Future:cancel() end

---A list of futures. `#`, `ipairs` and `tostring` work on it. It may be sent to workers, except that of an iterator, a range or
---stored objects, whose futures are made as they are looked at: send a list of these.
---@class lithops.Futures
---@field [integer] lithops.Future The futures, in the order of the input.
local Futures = {}

---Waits for all. Gives the first value of each, in order.
---@param opts? lithops.ResultOptions
---@return any result What the calls returned.
function Futures:get_result(opts) end

---Waits for all, or as many as `return_when` says.
---@param opts? lithops.WaitOptions
---@return lithops.Futures done
---@return lithops.Futures not_done
function Futures:wait(opts) end

---Ends the calls that have not ended.
---@return integer cancelled How many it ended.
function Futures:cancel() end

---Options of an executor. They win over the configuration and over the command line.
---@class lithops.ExecutorOptions
---@field config? table<string, table<string, any>> The configuration itself: sections with keys. `-o` and its like win over it.
---@field config_file? string The configuration file. Default: the one that is found.
---@field backend? string Where functions run: "localhost" or "aws_lambda". Default: that of the configuration.
---@field storage? string Where objects are stored: "localhost" or "aws_s3". Default: that of the configuration.
---@field monitoring? "stream"|"storage" How results come back: streamed, or through the storage. Default: "stream".
---@field runtime? string The executable of local workers; or the container image of functions on AWS Lambda. Default: this program.
---@field runtime_memory? integer Megabytes that one worker may use. Default: that of the configuration; on this machine no limit.
---@field max_workers? integer Workers at a time. Default: that of the configuration; on this machine the number of cores.
---@field worker_processes? integer Calls at a time in one function instance; locally the name that Lithops gives to `max_workers`. Default: 1.
---@field remote_invoker? boolean Whether one function starts all others; means nothing locally. Default: false.
---@field log_level? "error"|"warn"|"info"|"debug"|"trace" Of the whole program, unless `-v`, `-q` or LITHOPS_LOG say otherwise. Default: "warn".
---@field progress? boolean Whether there is a progress bar on a terminal. Default: true.

---Options of all kinds of jobs.
---@class lithops.CallOptions
---@field extra_args? any[] Arguments behind the element. Default: none.
---@field extra_env? table<string, string|number|boolean> Environment variables of the workers while they run the job. Default: none.
---@field runtime_memory? integer Megabytes that a worker may use for it. Default: that of the executor.
---@field timeout? number Seconds for one call. Default: `lithops.execution_timeout` of the configuration, 1800.
---@field retries? integer Further attempts after the function raised, or ran past its `timeout`. Default: `lithops.retries` of the configuration, 0.
---@field include_modules? string[]|false A list: these modules are sent, too; false: none. Default: those that functions need are found by themselves.
---@field exclude_modules? string[] Modules that are not sent, although functions need them: workers have them.
---@field stream_logs? boolean Whether what functions print is shown as they print it. Default: true.

---@class lithops.MapOptions: lithops.CallOptions
---@field chunksize? integer Calls that go to a worker at once. Default: found by measuring.
---@field max_workers? integer Workers at a time for this job. Default: all of the executor.
---@field obj_chunk_size? integer|string Stored objects are cut into pieces of so many bytes; or of a size such as "64MiB" or "1GB". Default: they are not cut.
---@field obj_chunk_number? integer Each object is cut into so many pieces. Default: 1.
---@field obj_newline? string|false The byte that ends a line: pieces are whole lines. false: exact ranges of bytes. Default: "\n".

---@class lithops.MapReduceOptions: lithops.MapOptions
---@field extra_args_reduce? any[] Arguments of the reducer behind the list. Default: none.
---@field map_runtime_memory? integer Megabytes that a worker may use for a map. Default: `runtime_memory`.
---@field reduce_runtime_memory? integer Megabytes that a worker may use for a reducer. Default: `runtime_memory`.
---@field spawn_reducer? number Percentage of maps that have ended before a reducer starts, 0 to 100; not before a worker is free that no map waits for. Default: 20.
---@field obj_reduce_by_key? boolean Whether there is one reducer for each stored object, in order. Default: false, one for all.

---@class lithops.WaitOptions
---@field return_when? "ALL_COMPLETED"|"ANY_COMPLETED"|"ALWAYS"|number How much has to be done; a number is a percentage of the calls. Default: "ALL_COMPLETED".
---@field timeout? number Seconds to wait at most; then what is done is given all the same. Default: as long as it takes.
---@field throw_except? boolean Whether a failed call raises its error. Default: true.
---@field download_results? boolean Results are fetched in any case: an option for programs that come from Lithops. Default: false.

---@class lithops.ResultOptions
---@field timeout? number Seconds to wait at most; then an error of kind "timeout" is raised, and the calls go on. Default: as long as it takes.
---@field throw_except? boolean Whether a failed call raises its error; else its error object is in place of its value. Default: true.

---@class lithops.CleanOptions
---@field fs? lithops.Future|lithops.Futures|lithops.Future[] What to forget. What a job stored is removed if all of its calls are named. Default: all jobs whose results nobody asked for.
---@field cs? lithops.CloudObject|lithops.CloudObject[] Cloud objects of the default store, which are deleted. Default: none.
---@field clean_cloudobjects? boolean Whether to delete the cloud objects that were stored without a key by calls of this executor, and for the default executor those that the script itself stored. Nothing of jobs that still run, and nothing if what to clean is named by the options above. Default: true.
---@field clean_fn? boolean Whether to remove stored functions, too. Default: false.
---@field force? boolean Whether to end what still runs. Default: false.

---Counts of calls, and seconds.
---@class lithops.Summary
---@field calls integer How many calls there are.
---@field done integer How many ended well.
---@field failed integer How many failed or were cancelled.
---@field exec_time number Seconds that all calls took, added up.
---@field exec_time_max number Seconds that the longest call took.
---@field exec_time_mean number Seconds that a call took on average.
---@field wall_time number Seconds from the making of the first job to the end of the last call.

---Where jobs are started from. Each has its own workers' settings, and remembers its own jobs.
---@class lithops.Executor
---@field executor_id string Its id.
---@field config table The configuration in effect, secrets hidden.
local Executor = {}

---Starts one call of `fn` with `data`, which may be a future: then with its result. Returns at once.
---@param fn function What runs in a worker. It is sent with all that it captures.
---@param data? any The first argument of the function.
---@param opts? lithops.CallOptions
---@return lithops.Future
function Executor:call_async(fn, data, opts) end

---Starts a call of `fn` for each element of `iterdata`. Returns at once.
---@param fn function What runs in workers. It is sent with all that it captures.
---@param iterdata lithops.Iterdata Its elements are the first arguments; `lithops.args` gives several.
---@param opts? lithops.MapOptions
---@return lithops.Futures
function Executor:map(fn, iterdata, opts) end

---Starts a call of `map_fn` for each element, and one of `reduce_fn` with the list of all results. Its future is the last.
---@param map_fn function What runs for each element.
---@param iterdata lithops.Iterdata Its elements are the first arguments.
---@param reduce_fn fun(results: any[], ...: any): any What runs once, with the list of what the maps returned, in order.
---@param opts? lithops.MapReduceOptions
---@return lithops.Futures
function Executor:map_reduce(map_fn, iterdata, reduce_fn, opts) end

---Waits for futures; without them, for all that were not yet waited for. A job whose failure was raised then counts as waited
---for.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[] One future or several. Default: see above.
---@param opts? lithops.WaitOptions
---@return lithops.Futures done
---@return lithops.Futures not_done
function Executor:wait(fs, opts) end

---Waits, and gives what the calls returned: one value for a `call_async` or a `map_reduce`, else a list in order, with their number in `n`.
---Without futures: what nobody has read yet. Raises the error object of the first call that failed; without futures, its job then
---counts as read.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[] One future or several. Default: see above.
---@param opts? lithops.ResultOptions
---@return any result What the calls returned.
function Executor:get_result(fs, opts) end

---Counts and times of the futures; without them, of what nobody has read yet.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[] One future or several. Default: see above.
---@return lithops.Summary
function Executor:job_summary(fs) end

---Writes pictures (SVG) of the futures' calls that have ended: a timeline, with a bar for each call from its beginning to its end,
---and a histogram, how many ran at a time. Of very many calls several share a line.
---
---Raises if none has ended, or a file cannot be written. In a call, the files are where the worker is.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[] Without it: what was not yet waited for; if there is nothing, the latest job.
---@param dst? string A folder, or the beginning of the files' names: "run" makes "run_timeline.svg" and "run_histogram.svg" (the current folder, files named after the job).
---@return string timeline The file.
---@return string histogram The file.
function Executor:plot(fs, dst) end

---Forgets jobs that have ended and whose results nobody asked for, and removes what they stored.
---@param opts? lithops.CleanOptions
function Executor:clean(opts) end

---Starts one call of `fn` with `data`, which may be a future: then with its result. Returns at once. On the default executor.
---
---```lua
---local future = lithops.call_async(function(name) return "hello", name end, "you")
---print(future:result())
---```
---
---prints
---
---```text
---hello	you
---```
---@param fn function What runs in a worker. It is sent with all that it captures.
---@param data? any The first argument of the function.
---@param opts? lithops.CallOptions
---@return lithops.Future
function lithops.call_async(fn, data, opts) end

---Starts a call of `fn` for each element of `iterdata`. Returns at once. On the default executor.
---
---```lua
---local futures = lithops.map(function(x, y) return x * y end, { 1, 2, 3 }, { extra_args = { 10 } })
---print(table.concat(futures:get_result(), " "))
---```
---
---prints
---
---```text
---10 20 30
---```
---@param fn function What runs in workers. It is sent with all that it captures.
---@param iterdata lithops.Iterdata Its elements are the first arguments; `lithops.args` gives several.
---@param opts? lithops.MapOptions
---@return lithops.Futures
function lithops.map(fn, iterdata, opts) end

---Starts a call of `map_fn` for each element, and one of `reduce_fn` with the list of all results. Its future is the last. On the default executor.
---
---```lua
---local function add(list)
---  local sum = 0
---  for _, x in ipairs(list) do sum = sum + x end
---  return sum
---end
---local futures = lithops.map_reduce(function(x) return x * x end, lithops.range(10), add)
---print(lithops.get_result(futures))
---```
---
---prints
---
---```text
---385
---```
---@param map_fn function What runs for each element.
---@param iterdata lithops.Iterdata Its elements are the first arguments.
---@param reduce_fn fun(results: any[], ...: any): any What runs once, with the list of what the maps returned, in order.
---@param opts? lithops.MapReduceOptions
---@return lithops.Futures
function lithops.map_reduce(map_fn, iterdata, reduce_fn, opts) end

---Waits for futures; without them, for all that were not yet waited for. A job whose failure was raised then counts as waited
---for. On the default executor.
---
---```lua
---local futures = lithops.map(function(x) return x end, { 1, 2, 3, 4 })
---local done, not_done = lithops.wait(futures, { return_when = lithops.ANY_COMPLETED })
---print(#done >= 1, #done + #not_done)
---```
---
---prints
---
---```text
---true	4
---```
---@param fs? lithops.Future|lithops.Futures|lithops.Future[] One future or several. Default: see above.
---@param opts? lithops.WaitOptions
---@return lithops.Futures done
---@return lithops.Futures not_done
function lithops.wait(fs, opts) end

---Waits, and gives what the calls returned: one value for a `call_async` or a `map_reduce`, else a list in order, with their number in `n`.
---Without futures: what nobody has read yet. Raises the error object of the first call that failed; without futures, its job then
---counts as read. On the default executor.
---
---```lua
---local futures = lithops.map(function(x)
---  return x < 2 and x or error("too much")
---end, { 1, 2 })
---local results = lithops.get_result(futures, { throw_except = false })
---print(results[1], results[2].kind, results.n)
---```
---
---prints
---
---```text
---1	lua_error	2
---```
---@param fs? lithops.Future|lithops.Futures|lithops.Future[] One future or several. Default: see above.
---@param opts? lithops.ResultOptions
---@return any result What the calls returned.
function lithops.get_result(fs, opts) end

---Counts and times of the futures; without them, of what nobody has read yet. On the default executor.
---
---```lua
---lithops.map(function(x) return x end, { 1, 2, 3 }):get_result()
---local futures = lithops.map(function(x) return x end, { 4, 5 })
---futures:wait()
---print(lithops.job_summary(futures).done)
---```
---
---prints
---
---```text
---2
---```
---@param fs? lithops.Future|lithops.Futures|lithops.Future[] One future or several. Default: see above.
---@return lithops.Summary
function lithops.job_summary(fs) end

---Writes pictures (SVG) of the futures' calls that have ended: a timeline, with a bar for each call from its beginning to its end,
---and a histogram, how many ran at a time. Of very many calls several share a line.
---
---Raises if none has ended, or a file cannot be written. In a call, the files are where the worker is. On the default executor.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[] Without it: what was not yet waited for; if there is nothing, the latest job.
---@param dst? string A folder, or the beginning of the files' names: "run" makes "run_timeline.svg" and "run_histogram.svg" (the current folder, files named after the job).
---@return string timeline The file.
---@return string histogram The file.
function lithops.plot(fs, dst) end

---Forgets jobs that have ended and whose results nobody asked for, and removes what they stored. On the default executor.
---
---```lua
---local futures = lithops.map(function(x) return x end, { 1, 2 })
---futures:wait()
---lithops.clean({ fs = futures })
---```
---@param opts? lithops.CleanOptions
function lithops.clean(opts) end

---Makes an executor.
---
---```lua
---local executor = lithops.FunctionExecutor({ max_workers = 2 })
---executor:map(function(x) return x + 1 end, { 1, 2 })
---print(table.concat(executor:get_result(), " "))
---```
---
---prints
---
---```text
---2 3
---```
---@param opts? lithops.ExecutorOptions
---@return lithops.Executor
function lithops.FunctionExecutor(opts) end

---Makes an executor on this machine.
---@param opts? lithops.ExecutorOptions
---@return lithops.Executor
function lithops.LocalhostExecutor(opts) end

---Makes an executor on AWS Lambda.
---@param opts? lithops.ExecutorOptions
---@return lithops.Executor
function lithops.ServerlessExecutor(opts) end

---Several values as one element of a list: the function gets each as an argument of its own, nils too.
---
---```lua
---local pairs_of_numbers = { lithops.args(1, 2), lithops.args(3, 4) }
---local sums = lithops.map(function(a, b) return a + b end, pairs_of_numbers):get_result()
---print(table.concat(sums, " "))
---```
---
---prints
---
---```text
---3 7
---```
---@param ... any The values.
---@return lithops.Args
function lithops.args(...) end

---Numbers as the input of a job, made as they are needed. Both ends belong to it, as in `for`.
---
---```lua
---print(#lithops.range(10), #lithops.range(0, 10, 5))
---print(table.concat(lithops.map(function(x) return x end, lithops.range(3)):get_result(), " "))
---```
---
---prints
---
---```text
---10	3
---1 2 3
---```
---@param first number The first number. Alone, it is the last one, and 1 is the first.
---@param last number The last number, if the steps come upon it.
---@param step? number From one number to the next. Default: 1.
---@return lithops.Range
---@overload fun(last: number): lithops.Range
function lithops.range(first, last, step) end

---Does nothing for so many seconds.
---@param seconds number How long, with a fraction; 0 or more.
function lithops.sleep(seconds) end

---Seconds since 1970.
---
---```lua
---local began = lithops.time()
---lithops.sleep(0.01)
---print(lithops.time() - began >= 0.01)
---```
---
---prints
---
---```text
---true
---```
---@return number seconds With a fraction.
function lithops.time() end

return lithops
