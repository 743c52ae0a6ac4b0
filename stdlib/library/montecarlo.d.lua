---@meta montecarlo

---Estimates by simulation on workers.
---
---```lua
---local montecarlo = require "montecarlo"
---local function double_six(rng)
---  return rng:random(6) + rng:random(6) == 12
---end
---local estimate = montecarlo.probability(double_six, { samples = 100000, seed = 1 })
---print(estimate)
---print(estimate.low < 1 / 36 and 1 / 36 < estimate.high)
---```
---
---prints
---
---```text
---0.0273 ± 0.0010 (95 % confidence, 100000 samples)
---true
---```
---
---A function is called for each sample, with a generator of random numbers: `math.random` is another in each worker. Samples are made in chunks, one
---call of a job each, and every chunk has a stream of random numbers of its own. What comes out depends on `seed`, `samples` and
---`chunks`, and not on how many workers there are.
---@class montecarlo
local montecarlo = {}

---Options of simulations. Those that are not described here are those of `lithops.map`.
---@class montecarlo.Options
---@field samples? integer How many samples there are. Default: 1,000,000. With `target_error`, how many the first round has. Default: 100,000.
---@field seed? integer Default: another one each time; the estimate says which.
---@field chunks? integer Into how many calls a round is cut. Default: 256.
---@field confidence? number In which part of all cases the true value is between the bounds, between 0 and 1. Default: 0.95.
---@field target_error? number Rounds of samples are made until half the distance between the bounds is as small as that. Where all samples are alike it is 0.
---@field max_samples? integer With `target_error`, the most samples that are made; `is_reached` then says that it was not enough. Default: 1,000,000,000.
---@field executor? lithops.Executor Where the calls run. Default: the default executor.
---@field max_workers? integer How many calls run at a time.
---@field chunksize? integer How many calls an invocation carries.
---@field runtime_memory? integer Megabytes.
---@field timeout? number Seconds for one call.
---@field retries? integer Further attempts of a call that raised an error.
---@field extra_env? table<string, string|number|boolean> Environment variables of the calls.
---@field stream_logs? boolean Whether what the function prints appears as it happens.
---@field include_modules? string[]|false Modules that are sent though nothing names them; false: none are sent.
---@field exclude_modules? string[] Modules that are not sent.

---The mean of what a function gives. What is no number, or NaN, raises an error.
---@param sample fun(rng: montecarlo.Rng): number
---@param options? montecarlo.Options
---@return montecarlo.Estimate
function montecarlo.run(sample, options) end

---How often a function gives true. Its bounds are Wilson's, which hold also for what has never happened.
---@param event fun(rng: montecarlo.Rng): any
---@param options? montecarlo.Options
---@return montecarlo.Estimate
function montecarlo.probability(event, options) end

---The integral of a function from `a` to `b`, or over a box of any number of dimensions: `montecarlo.integrate(f, { { 0, 1 }, { -1, 1 } })`. It is
---called with one number for each dimension, at random points.
---@param f fun(...: number): number
---@param a number Where it begins.
---@param b number Where it ends.
---@param options? montecarlo.Options
---@return montecarlo.Estimate
---@overload fun(f: (fun(...: number): number), box: number[][], options?: montecarlo.Options): montecarlo.Estimate
function montecarlo.integrate(f, a, b, options) end

---Pi, as an example.
---@param options? montecarlo.Options
---@return montecarlo.Estimate
function montecarlo.pi(options) end

---A generator of random numbers: xoshiro128++. Each stream of a seed has other numbers.
---@param seed integer The same seed gives the same numbers.
---@param stream? integer Which of the seed's streams. Default: 0.
---@return montecarlo.Rng
function montecarlo.rng(seed, stream) end

---What a simulation comes to. It is a plain table, and prints as `3.1425 ± 0.0032 (95 % confidence, 1000000 samples)`.
---@class montecarlo.Estimate
---@field kind "estimate" What it is.
---@field mean number The mean of all samples.
---@field standard_error number The standard deviation of the mean; NaN of one sample.
---@field low number The lower bound.
---@field high number The upper bound.
---@field error number Half of the distance between the bounds.
---@field confidence number In which part of all cases the true value is between the bounds.
---@field samples integer How many there were.
---@field seed integer With it, the same comes out again.
---@field seeds integer[] All of them, where estimates were merged.
---@field summary stats.Summary Of all samples.
---@field target_error? number What was wanted.
---@field is_probability boolean Whether it is one, whose bounds are Wilson's.
local Estimate = {}

---The bounds for another confidence. Except for probabilities, they are those of the normal distribution, which hold for a hundred samples and
---more.
---@param confidence number Between 0 and 1.
---@return number low
---@return number high
function Estimate:interval(confidence) end

---Whether the error is not greater than `target_error`; true where there was none.
---@return boolean
function Estimate:is_reached() end

---Adds the samples of another estimate of the same, which is not changed. The same seed in both raises an error.
---@param other montecarlo.Estimate
---@return montecarlo.Estimate self
function Estimate:merge(other) end

---A generator of random numbers. It can be sent to workers, and goes on there from where it was.
---@class montecarlo.Rng
local Rng = {}

---As `math.random`: without arguments, a number of at least 0 and below 1; with `m`, a whole one from 1 to `m`; with both, a whole one
---from `m` to `n`.
---@param m? integer The lower bound; if it is alone, the upper one.
---@param n? integer The upper bound.
---@return number number
function Rng:random(m, n) end

---A number of at least `low` and below `high`.
---@param low number The lower bound.
---@param high number The upper bound.
---@return number number
function Rng:uniform(low, high) end

---A number of a normal distribution.
---@param mean? number Around what. Default: 0.
---@param deviation? number The standard deviation. Default: 1.
---@return number number
function Rng:normal(mean, deviation) end

---A number of an exponential distribution, whose mean is `1 / rate`.
---@param rate? number How often in a unit of time. Default: 1.
---@return number number
function Rng:exponential(rate) end

---Puts the elements of a list into any order, in place.
---@generic T
---@param list T[] What to shuffle.
---@return T[] list
function Rng:shuffle(list) end

---Any element of a list. An empty one raises an error.
---@generic T
---@param list T[] What to choose from.
---@return T element
function Rng:choice(list) end

return montecarlo
