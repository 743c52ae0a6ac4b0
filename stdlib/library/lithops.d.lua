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
---@class lithops.Call
---@field id? string The number of the call in its job, from "00000".
---@field job_id? string
---@field executor_id? string
---@field attempt? integer 1 for the first.
local Call = {}

---Milliseconds until the call's `timeout`; `math.huge` where it has none.
---@return number
function Call.remaining_ms() end

---The input of a job: a list, an iterator function, a range, or a list of futures, on whose results the calls then work.
---@alias lithops.Iterdata any[]|(fun(state: any, control: any): any)|lithops.Range|lithops.Futures|lithops.Objects|lithops.Address

---Numbers that are made as they are needed. Made by `lithops.range`.
---@class lithops.Range: userdata

---Several arguments as one element. Made by `lithops.args`.
---@class lithops.Args
---@field n integer
---@field [integer] any

---What went wrong. `tostring` gives the message, the call, and the worker's traceback.
---@class lithops.Error
---@field kind lithops.ErrorKind
---@field message string
---@field traceback string The worker's, with the script's own lines; empty where there is none.
---@field value? any What the function gave to `error`, unless it was a text.
---@field call_id? string
---@field job_id? string
---@field executor_id? string
local Error = {}

---@alias lithops.ErrorKind
---| "lua_error" # The function raised an error.
---| "timeout" # The call ran past its `timeout`; or the time for waiting was over, and the call goes on.
---| "out_of_memory" # The call needed more than `runtime_memory`.
---| "worker_lost" # The worker ended while it ran the call.
---| "start_failed" # No worker could be started.
---| "unsendable" # The result cannot be sent.
---| "cancelled" # The call was cancelled.
---| "storage" # The store failed with a value of the job.
---| "throttled" # The account's limit of functions at a time was reached for too long.
---| lithops.StorageErrorKind # An object that was named as input, or that the function read.
---| "protocol" # Driver and worker did not understand each other.

---When and where things happened: seconds since 1970 (`…_tstamp`), or seconds (`…_time`). What has not happened yet is nil.
---@class lithops.Stats
---@field host_job_create_tstamp? number
---@field host_submit_tstamp? number
---@field worker_start_tstamp? number
---@field worker_func_start_tstamp? number
---@field worker_func_end_tstamp? number
---@field worker_end_tstamp? number
---@field host_status_done_tstamp? number
---@field host_result_done_tstamp? number
---@field worker_func_exec_time? number
---@field worker_exec_time? number
---@field attempts? integer
---@field worker? string
---@field logs? string The last 4 KiB of what the function printed.

---One call.
---@class lithops.Future
---@field state "new"|"invoked"|"running"|"done"|"failed"|"cancelled"
---@field done boolean Whether the call has ended, well or not.
---@field ready boolean The same.
---@field success boolean Whether it has ended well.
---@field running boolean
---@field error? lithops.Error Why it failed.
---@field call_id string
---@field job_id string
---@field executor_id string
---@field stats lithops.Stats
local Future = {}

---Waits for the call. Gives all that its function returned; raises its error object if it failed.
---@param opts? lithops.ResultOptions
---@return any ...
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
---@field [integer] lithops.Future
local Futures = {}

---Waits for all. Gives the first value of each, in order.
---@param opts? lithops.ResultOptions
---@return any
function Futures:get_result(opts) end

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
---@field config_file? string
---@field backend? string
---@field storage? string
---@field monitoring? "stream"|"storage"
---@field runtime? string The executable of local workers; or the container image of functions on AWS Lambda.
---@field runtime_memory? integer Megabytes that one worker may use.
---@field max_workers? integer
---@field worker_processes? integer Calls at a time in one function instance; locally the name that Lithops gives to `max_workers`.
---@field remote_invoker? boolean Whether one function starts all others; means nothing locally.
---@field log_level? "error"|"warn"|"info"|"debug"|"trace" Of the whole program, unless `-v`, `-q` or LITHOPS_LOG say otherwise.
---@field progress? boolean Whether there is a progress bar on a terminal.

---Options of all kinds of jobs.
---@class lithops.CallOptions
---@field extra_args? any[] Arguments behind the element.
---@field extra_env? table<string, string|number|boolean> Environment variables of the workers while they run the job.
---@field runtime_memory? integer Megabytes.
---@field timeout? number Seconds for one call.
---@field retries? integer Further attempts after the function raised, or ran past its `timeout`.
---@field include_modules? string[]|false nil: modules are found by themselves; a list: these too; false: none.
---@field exclude_modules? string[]
---@field stream_logs? boolean Whether what functions print is shown as they print it.

---@class lithops.MapOptions: lithops.CallOptions
---@field chunksize? integer Calls that go to a worker at once; without it, found by measuring.
---@field max_workers? integer For this job.
---@field obj_chunk_size? integer|string Stored objects are cut into pieces of so many bytes; or of a size such as "64MiB" or "1GB".
---@field obj_chunk_number? integer Each object is cut into so many pieces.
---@field obj_newline? string|false The byte that ends a line, "\n" by default: pieces are whole lines. false: exact ranges of bytes.

---@class lithops.MapReduceOptions: lithops.MapOptions
---@field extra_args_reduce? any[]
---@field map_runtime_memory? integer Megabytes.
---@field reduce_runtime_memory? integer Megabytes.
---@field spawn_reducer? number Percentage of maps done before a reducer starts, 20 by default; not before a worker is free that no map waits for.
---@field obj_reduce_by_key? boolean One reducer for each stored object, in order; one for all by default.

---@class lithops.WaitOptions
---@field return_when? "ALL_COMPLETED"|"ANY_COMPLETED"|"ALWAYS"|number A number is a percentage.
---@field timeout? number Seconds.
---@field throw_except? boolean Whether a failed call raises its error; true by default.
---@field download_results? boolean

---@class lithops.ResultOptions
---@field timeout? number Seconds.
---@field throw_except? boolean false: a failed call gives its error object in place of its value.

---@class lithops.CleanOptions
---@field fs? lithops.Future|lithops.Futures|lithops.Future[] What to forget. What a job stored is removed if all of its calls are named.
---@field cs? lithops.CloudObject|lithops.CloudObject[] Cloud objects of the default store, which are deleted.
---@field clean_cloudobjects? boolean Whether to delete the cloud objects that were stored without a key by calls of this
---executor, and for the default executor those that the script itself stored; true by default. Nothing of jobs that still
---run, and nothing if `fs` or `cs` name what to clean.
---@field clean_fn? boolean Removes functions, too.
---@field force? boolean Ends what still runs.

---Counts of calls, and seconds.
---@class lithops.Summary
---@field calls integer
---@field done integer
---@field failed integer
---@field exec_time number
---@field exec_time_max number
---@field exec_time_mean number
---@field wall_time number

---Where jobs are started from. Each has its own workers' settings, and remembers its own jobs.
---@class lithops.Executor
---@field executor_id string
---@field config table The configuration in effect, secrets hidden.
local Executor = {}

---Starts one call of `fn` with `data`, which may be a future: then with its result. Returns at once.
---@param fn function
---@param data? any
---@param opts? lithops.CallOptions
---@return lithops.Future
function Executor:call_async(fn, data, opts) end

---Starts a call of `fn` for each element of `iterdata`. Returns at once.
---@param fn function
---@param iterdata lithops.Iterdata
---@param opts? lithops.MapOptions
---@return lithops.Futures
function Executor:map(fn, iterdata, opts) end

---Starts a call of `map_fn` for each element, and one of `reduce_fn` with the list of all results. Its future is the last.
---@param map_fn function
---@param iterdata lithops.Iterdata
---@param reduce_fn fun(results: any[], ...: any): any
---@param opts? lithops.MapReduceOptions
---@return lithops.Futures
function Executor:map_reduce(map_fn, iterdata, reduce_fn, opts) end

---Waits for futures; without them, for all that were not yet waited for. A job whose failure was raised then counts as waited
---for.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[]
---@param opts? lithops.WaitOptions
---@return lithops.Futures done
---@return lithops.Futures not_done
function Executor:wait(fs, opts) end

---Waits, and gives what the calls returned: one value for a `call_async` or a `map_reduce`, else a list in order, with their number in `n`.
---Without `fs`: what nobody has read yet. Raises the error object of the first call that failed; without `fs`, its job then
---counts as read.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[]
---@param opts? lithops.ResultOptions
---@return any
function Executor:get_result(fs, opts) end

---Counts and times of the futures; without them, of what nobody has read yet.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[]
---@return lithops.Summary
function Executor:job_summary(fs) end

---Forgets jobs that have ended and whose results nobody asked for, and removes what they stored.
---@param opts? lithops.CleanOptions
function Executor:clean(opts) end

---Starts one call of `fn` with `data`, which may be a future: then with its result. Returns at once. On the default executor.
---@param fn function
---@param data? any
---@param opts? lithops.CallOptions
---@return lithops.Future
function lithops.call_async(fn, data, opts) end

---Starts a call of `fn` for each element of `iterdata`. Returns at once. On the default executor.
---@param fn function
---@param iterdata lithops.Iterdata
---@param opts? lithops.MapOptions
---@return lithops.Futures
function lithops.map(fn, iterdata, opts) end

---Starts a call of `map_fn` for each element, and one of `reduce_fn` with the list of all results. Its future is the last. On the default executor.
---@param map_fn function
---@param iterdata lithops.Iterdata
---@param reduce_fn fun(results: any[], ...: any): any
---@param opts? lithops.MapReduceOptions
---@return lithops.Futures
function lithops.map_reduce(map_fn, iterdata, reduce_fn, opts) end

---Waits for futures; without them, for all that were not yet waited for. A job whose failure was raised then counts as waited
---for. On the default executor.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[]
---@param opts? lithops.WaitOptions
---@return lithops.Futures done
---@return lithops.Futures not_done
function lithops.wait(fs, opts) end

---Waits, and gives what the calls returned: one value for a `call_async` or a `map_reduce`, else a list in order, with their number in `n`.
---Without `fs`: what nobody has read yet. Raises the error object of the first call that failed; without `fs`, its job then
---counts as read. On the default executor.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[]
---@param opts? lithops.ResultOptions
---@return any
function lithops.get_result(fs, opts) end

---Counts and times of the futures; without them, of what nobody has read yet. On the default executor.
---@param fs? lithops.Future|lithops.Futures|lithops.Future[]
---@return lithops.Summary
function lithops.job_summary(fs) end

---Forgets jobs that have ended and whose results nobody asked for, and removes what they stored. On the default executor.
---@param opts? lithops.CleanOptions
function lithops.clean(opts) end

---Makes an executor.
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
---@param ... any
---@return lithops.Args
function lithops.args(...) end

---Numbers as the input of a job, made as they are needed. Both ends belong to it, as in `for`.
---@param first number
---@param last number
---@param step? number
---@return lithops.Range
---@overload fun(last: number): lithops.Range
function lithops.range(first, last, step) end

---Does nothing for so many seconds.
---@param seconds number
function lithops.sleep(seconds) end

---Seconds since 1970.
---@return number
function lithops.time() end

return lithops
