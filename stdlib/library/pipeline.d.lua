---@meta pipeline

---Graphs of named steps, which run in parallel as soon as what they need is there.
---
---```lua
---local pipeline = require "pipeline"
---local function list_words(text) local words = {} for word in text:gmatch("%S+") do words[#words + 1] = word end return words end
---local function length(word) return #word end
---local function add_up(list) local sum = 0 for _, n in ipairs(list) do sum = sum + n end return sum end
---
---local p = pipeline.new("report")
---p:step("words", list_words, { pipeline.value("to be or not") })   -- list_words("to be or not")
---p:map("lengths", length, "words")                                -- a call for each element of what list_words returned
---p:reduce("total", add_up, "lengths")                             -- one call with the list of what they returned
---print(p:run().total)
---```
---
---prints
---
---```text
---9
---```
---
---**Inputs** are the arguments of a step's function, in order: the name of a step stands for its result, all else for itself. A text would
---be a name, so that as a constant it is `pipeline.value(text)`. One name may stand without braces.
---
---**Results** are the first value that a function returned; of a `map` the list of them, with their number in `n`.
---
---**Where results go.** A step that needs the result of one call gets it without a round through the driver, and so do the calls of
---a `map` over those of a `map`, and a `reduce` of a `map`, which are one `lithops.map_reduce` unless their options differ. A step that
---needs more than one is started by the driver as soon as all are there.
---
---**Failures.** Steps that need a step that failed are skipped, all others run to their end, the other calls of a `map` too. Then `run`
---raises an error that says which failed, why, and what was skipped.
---@class pipeline
local pipeline = {}

---Options for all steps that do not say otherwise.
---@class pipeline.Options: pipeline.MapOptions
---@field executor? lithops.Executor Where steps run. Default: the default executor.

---@class pipeline.StepOptions
---@field timeout? number Seconds for one call.
---@field retries? integer Further attempts of a call.
---@field runtime_memory? integer Megabytes.
---@field extra_env? table<string, string|number|boolean> Environment variables of the workers while they run the job.
---@field include_modules? string[]|false nil: modules are found by themselves. A list: these, too. false: none.
---@field exclude_modules? string[] Modules that are not sent, although functions need them: workers have them.
---@field stream_logs? boolean Whether what functions print is shown as they print it. Default: true.

---@class pipeline.MapOptions: pipeline.StepOptions
---@field chunksize? integer Calls that go to a worker at once.
---@field max_workers? integer For this step.

---@class pipeline.RunOptions
---@field upto? string|string[] Run these steps and what they need, no others. Default: all.
---@field given? table<string, any> Results of steps, by name, which then need not run: those of a run before, or made up for a test.
---@field results? string|string[] The steps whose results are wanted. Others are not fetched. Default: all that run.
---@field executor? lithops.Executor Where steps run. Default: that of the pipeline.
---@field on_step? fun(name: string, state: pipeline.State, step: pipeline.Record) Is called whenever the state of a step changes.
---@field throw_except? boolean Whether an error is raised if steps failed; else it is the second value. Default: true.

---How far a step is.
---@alias pipeline.State
---| "waiting" # It has not run, or not yet.
---| "running"
---| "done"
---| "failed" # One of its calls failed, or it could not be started.
---| "skipped" # It needs a step that failed.
---| "given" # Its result was passed in.

---What became of a step.
---@class pipeline.Record
---@field state pipeline.State How far it is.
---@field calls? integer How many calls it had.
---@field failed? integer How many of them failed.
---@field seconds? number From the beginning of its first call to the end of its last.
---@field error? any Why it failed: the error object of its first call that did, or a text.

---A step, and what became of it.
---@class pipeline.Description: pipeline.Record
---@field name string The name of the step.
---@field kind "step"|"map"|"reduce" Which method made it.
---@field needs string[] The names of the steps whose results are its inputs.
---@field options pipeline.MapOptions Those that it was made with.

---What `run` raises if steps failed. `tostring` gives the message and the worker's traceback.
---@class pipeline.Failure
---@field kind string That of the first error, as in `lithops.Error`.
---@field message string Which steps failed, why the first did, and which were skipped.
---@field traceback string The worker's.
---@field step string The first step that failed.
---@field error any Its error.
---@field errors table<string, any> The errors of all steps that failed, by name.
---@field failed string[] Their names.
---@field skipped string[] The names of the steps that were skipped.
---@field results table<string, any> The results of those that did well.

---A constant among the inputs of a step.
---@class pipeline.Value
---@field value any The constant.

---Makes a pipeline without steps.
---@param name? string What messages and trees call it. Default: "pipeline".
---@param options? pipeline.Options
---@return pipeline.Pipeline
function pipeline.new(name, options) end

---Any value as an input, a text too.
---@param value any
---@return pipeline.Value
function pipeline.value(value) end

---A graph of steps.
---@class pipeline.Pipeline
---@field name string What messages and trees call it.
local Pipeline = {}

---Adds a step of one call. Steps may be named before they are there. A name that there is already raises an error.
---@param name string
---@param fn function
---@param inputs? any[]|string Its arguments, 7000 at most: names of steps, and constants. With their number in `n` if the last ones may be nil.
---@param options? pipeline.StepOptions
---@return pipeline.Pipeline self
function Pipeline:step(name, fn, inputs, options) end

---Adds a step of one call for each element of its first input, a step or a list. All other inputs are further arguments of each.
---@param name string
---@param fn function
---@param inputs any[]|string
---@param options? pipeline.MapOptions
---@return pipeline.Pipeline self
function Pipeline:map(name, fn, inputs, options) end

---Adds a step of one call with a list, its first input; mostly the results of a `map`.
---@param name string
---@param fn fun(results: any[], ...: any): any
---@param inputs any[]|string
---@param options? pipeline.StepOptions
---@return pipeline.Pipeline self
function Pipeline:reduce(name, fn, inputs, options) end

---Runs the steps. Inputs that are no steps, with the nearest name, and steps that need each other, raise an error before anything runs.
---@param options? pipeline.RunOptions
---@return table<string, any> results By the names of the steps.
---@return pipeline.Failure? err With `throw_except = false`, if steps failed.
function Pipeline:run(options) end

---The graph as a tree: each step above those that it needs, and `(*)` behind one that stands above already. After a run, with
---states and times. `tostring` gives the same.
---@return string
function Pipeline:tree() end

---All steps, each behind those that it needs, and what became of them in the last run.
---@return pipeline.Description[]
function Pipeline:describe() end

return pipeline
