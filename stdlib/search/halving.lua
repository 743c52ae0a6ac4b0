--- Successive halving: many trials with little to spend, the better ones of them with more, and so on.
local arguments = require "lithops.arguments"
local spaces = require "search.space"
local trials = require "search.trials"

local halving = {}

--- More rounds than this are a mistake: budgets hardly differ from one to the next.
local MOST_ROUNDS = 1000

--- What each round spends on a trial, and on how many trials.
---@param options table `min_budget`, `max_budget`, `eta`, `n`
---@return { budget: number, n: integer }[]
function halving.rounds(options)
  local least, most, eta = options.min_budget or 1, options.max_budget, options.eta or 3
  if not most then
    arguments.raise("halving: option `max_budget` is missing: what the last trials may spend")
  elseif most < least then
    arguments.raise("halving: option `max_budget` must not be less than `min_budget`, which is %s", tostring(least))
  end
  -- Rounding alone must not cost a round.
  local last = math.floor(math.log(most / least) / math.log(eta) + 1e-9)
  local n = options.n or math.floor(eta ^ last + 1e-9)
  if last >= MOST_ROUNDS then
    arguments.raise("halving: option `eta`, %s, makes %.14g rounds, which are %d at most", tostring(eta), last + 1, MOST_ROUNDS)
  elseif n > spaces.MOST then
    arguments.raise("halving: %.14g trials would be needed for one to be left in the last round; give fewer in option `n`, or a greater "
      .. "`min_budget` or `eta`", n)
  end
  local is_whole = least % 1 == 0 and most % 1 == 0
  local rounds = {}
  for i = 0, last do
    local budget = most / eta ^ (last - i)
    rounds[i + 1] = {
      budget = is_whole and math.floor(budget + 0.5) or budget,
      n = math.max(1, math.floor(n / eta ^ i + 1e-9)),
    }
  end
  return rounds
end

--- Runs all rounds on parameters; gives their trials, which are fewer each time.
function halving.run(fn, all_params, rounds, is_maximized, options)
  local done = {}
  local candidates = {}
  for i, params in ipairs(all_params) do
    candidates[i] = { params = params, number = i }
  end
  for i, round in ipairs(rounds) do
    local list = {}
    for j = 1, math.min(round.n, #candidates) do
      list[j] = { params = candidates[j].params, number = candidates[j].number, budget = round.budget, round = i }
    end
    if #list == 0 then
      break
    end
    done[i] = trials.run(fn, list, options)
    candidates = trials.ranked(list, is_maximized)
  end
  return done
end

return halving
