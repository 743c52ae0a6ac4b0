---@meta search

---Searches for the parameters with which a function gives the least number, or the greatest, on workers.
---
---```lua
---local search = require "search"
---local function loss(p)
---  return (math.log10(p.rate) + 2) ^ 2 + p.depth
---end
---local space = { rate = search.log_uniform(1e-4, 1), depth = search.int(1, 3), data = "a.csv" }
---local found = search.grid(loss, space, { steps = 3 })
---print(found.best.score, found.best.params.rate)
---print(found)
---```
---
---prints
---
---```text
---1	0.01
---best of 9 trials: score 1 with data = a.csv, depth = 1, rate = 0.01
---  score  data   depth  rate
---  1      a.csv  1      0.01
---  2      a.csv  2      0.01
---  3      a.csv  3      0.01
---  5      a.csv  1      0.0001
---  5      a.csv  1      1
---  6      a.csv  2      0.0001
---  6      a.csv  2      1
---  7      a.csv  3      0.0001
---  7      a.csv  3      1
---```
---
---A *space* says by name what values a parameter may have: a list is one of choices, `uniform`, `log_uniform` and `int` are any numbers between
---two, and everything else is that value. The function gets a table of parameters and gives a number, its score, and perhaps a second value, which the trial
---keeps as `info`. It is called once for each trial, on workers, so `math.random` in it is not part of the seed.
---
---Trials that raise an error, run out of time or give no number (NaN is none) have failed: they are in the result, with the reason. Where
---all have failed, the search raises an error that says why the first one did.
---@class search
local search = {}

---Options of searches. Those that are not described here are those of `lithops.map`, for each trial.
---@class search.Options
---@field minimize? boolean The least score is the best. Default: true.
---@field maximize? boolean The greatest score is the best. Default: false.
---@field executor? lithops.Executor Where trials run. Default: the default executor.
---@field max_workers? integer How many trials run at a time.
---@field chunksize? integer How many trials an invocation carries.
---@field runtime_memory? integer Megabytes.
---@field timeout? number Seconds for one trial.
---@field retries? integer Further attempts of a trial that failed.
---@field extra_env? table<string, string|number|boolean> Environment variables of the trials.
---@field stream_logs? boolean Whether what the function prints appears as it happens.
---@field include_modules? string[]|false Modules that are sent though nothing names them; false: none are sent.
---@field exclude_modules? string[] Modules that are not sent.

---Options of `search.grid`.
---@class search.GridOptions: search.Options
---@field steps? integer How many points `uniform` and `log_uniform` have, which need it, and `int` at most: both ends, and those between at equal distances, or at equal ratios. Default: all whole numbers of `int`.

---Options of `search.random`.
---@class search.RandomOptions: search.Options
---@field n? integer How many trials there are, up to 1,000,000. Default: 20; of `halving`, as many as leave one for the last round.
---@field seed? integer Default: another one each time; the result says which.

---Options of `search.halving`.
---@class search.HalvingOptions: search.RandomOptions
---@field max_budget number What a trial of the last round may spend: epochs, samples, seconds, whatever the function makes of it.
---@field min_budget? number What a trial of the first round may spend at least. Default: 1. If both are whole numbers, all budgets are.
---@field eta? number How many times as much a round spends on a trial as the one before, and how many times as few trials it has. Default: 3.

---Any number of at least `low`, and below `high`.
---@param low number The lower bound.
---@param high number The upper bound.
---@return search.Dimension
function search.uniform(low, high) end

---Any number between two, as often from 0.01 to 0.1 as from 0.1 to 1.
---@param low number The lower bound, greater than 0.
---@param high number The upper bound.
---@return search.Dimension
function search.log_uniform(low, high) end

---Any whole number between two, both included.
---@param low integer The lower bound.
---@param high integer The upper bound.
---@return search.Dimension
function search.int(low, high) end

---One value, which may be a table.
---@param value any The value.
---@return search.Dimension
function search.fixed(value) end

---What a space has for a parameter. Made by `search.uniform`, `log_uniform`, `int` and `fixed`.
---@class search.Dimension

---Tries all combinations of parameters, up to 1,000,000.
---@param fn fun(params: table<string, any>): number, any
---@param space table<string, search.Dimension|any[]|any> What values each parameter may have.
---@param options? search.GridOptions
---@return search.Result
function search.grid(fn, space, options) end

---Tries random parameters.
---@param fn fun(params: table<string, any>): number, any
---@param space table<string, search.Dimension|any[]|any> What values each parameter may have.
---@param options? search.RandomOptions
---@return search.Result
function search.random(fn, space, options) end

---Successive halving: tries many random parameters with a small budget, the best of them with `eta` times as much, and so on up to
---`max_budget`. With `max_budget = 27`, 27 trials spend 1, 9 spend 3, 3 spend 9, and 1 spends 27.
---@param fn fun(params: table<string, any>, budget: number): number, any
---@param space table<string, search.Dimension|any[]|any> What values each parameter may have.
---@param options search.HalvingOptions
---@return search.Result
function search.halving(fn, space, options) end

---A trial: it has a `score`, or an `error`.
---@class search.Trial
---@field params table<string, any> Values by the names of the space.
---@field number integer Which one it is, from 1. Of `halving`, the same parameters have the same number in all rounds.
---@field score? number What the function gave.
---@field info? any What the function gave behind the score.
---@field error? string Why it failed.
---@field kind? string The kind of that error: `lua_error`, `timeout`, …
---@field budget? number Of `halving`: what it might spend.
---@field round? integer Of `halving`: in which round it was, from 1.

---What a search found. It prints as a table of the first trials.
---@class search.Result
---@field kind "search" What it is.
---@field best search.Trial Of `halving`, of the last round.
---@field trials search.Trial[] All of them, the best first; those of later rounds in front of those of earlier ones, and those that failed at the end.
---@field failed integer How many failed.
---@field is_maximized boolean Whether the greatest score is the best.
---@field seed? integer With it, the same parameters are tried again; of `random` and `halving`.

return search
