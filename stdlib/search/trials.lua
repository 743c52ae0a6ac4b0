--- Runs trials: a call of a job for each, of which some may fail.
local arguments = require "lithops.arguments"

local trials = {}

-- What a worker does with a trial.
local function runner(fn)
  return function(trial)
    local score, info = fn(trial.params, trial.budget)
    if type(score) ~= "number" or score ~= score then
      error(("the function must return a number, not %s"):format(arguments.shown(score)), 0)
    end
    return { score = score, info = info }
  end
end

--- Whether the greatest score is the best one.
function trials.is_maximized(options, name)
  if options.minimize and options.maximize then
    arguments.raise("%s: options `minimize` and `maximize` exclude each other", name)
  end
  return options.maximize or options.minimize == false
end

--- Runs all trials, which have `params` and perhaps a `budget`, and sets their `score` and `info`, or their `error` and its `kind`.
function trials.run(fn, list, options)
  local executor = options.executor
  local map_options = arguments.only(options, arguments.MAP)
  local jobs = {}
  for i, trial in ipairs(list) do
    jobs[i] = { params = trial.params, budget = trial.budget }
  end
  local futures ---@type lithops.Futures
  if executor then
    futures = arguments.pass_on(executor.map, executor, runner(fn), jobs, map_options)
  else
    futures = arguments.pass_on(lithops.map, runner(fn), jobs, map_options)
  end
  local results = futures:get_result({ throw_except = false })
  for i, trial in ipairs(list) do
    local result = results[i]
    if type(result) == "table" and type(rawget(result, "score")) == "number" then
      trial.score, trial.info = result.score, result.info
    else
      trial.error, trial.kind = tostring(result and result.message or result), result and result.kind
    end
  end
  return list
end

--- Those that have a score, the best first; of equal ones, the first.
function trials.ranked(list, is_maximized)
  local ranked = {}
  for _, trial in ipairs(list) do
    if trial.score then
      ranked[#ranked + 1] = trial
    end
  end
  table.sort(ranked, function(a, b)
    if a.score ~= b.score then
      return (a.score > b.score) == is_maximized
    end
    return a.number < b.number
  end)
  return ranked
end

return trials
