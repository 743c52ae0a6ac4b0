--- Runs a simulation on workers, in rounds of chunks. Each chunk has its own stream of random numbers, so that what comes out depends on the
--- seed, the number of samples and that of chunks, and on nothing else.
local arguments = require "lithops.arguments"
local Estimate = require "montecarlo.estimate"
local Rng = require "montecarlo.rng"
local Summary = require "stats.summary"

local simulation = {}

local DEFAULT_SAMPLES, DEFAULT_FIRST, DEFAULT_MOST = 1000000, 100000, 1000000000
local DEFAULT_CHUNKS = 256
--- A round makes so many times as many samples as there are already, at most: what is known of the error may still be wrong.
local GROWTH = 10

local function between(low, high)
  return function(value) return type(value) == "number" and value > low and value < high end
end

local OPTIONS = arguments.joined(arguments.MAP, {
  executor = arguments.EXECUTOR,
  samples = arguments.POSITIVE,
  chunks = arguments.POSITIVE,
  max_samples = arguments.POSITIVE,
  seed = { "a whole number", function(value) return type(value) == "number" and value % 1 == 0 and math.abs(value) <= 2 ^ 53 end },
  confidence = { "a number between 0 and 1", between(0, 1) },
  target_error = { "a number greater than 0", between(0, math.huge) },
})

-- What a worker does with a chunk.
local function chunk_runner(sample, seed, name)
  return function(chunk)
    local rng, summary = Rng.new(seed, chunk.stream), Summary.new()
    for i = 1, chunk.samples do
      local value = sample(rng)
      if type(value) ~= "number" or value ~= value then
        error(("montecarlo.%s: the function must return a number, not %s (sample %d of chunk %d)")
          :format(name, arguments.shown(value), i, chunk.stream), 0)
      end
      summary:add(value)
    end
    return summary
  end
end

-- Chunks of `samples` altogether, whose sizes differ by one at most.
local function chunks_of(samples, n, first_stream)
  local chunks = {}
  n = math.min(n, samples)
  for i = 1, n do
    local size = math.floor(samples / n) + (i <= samples % n and 1 or 0)
    chunks[i] = { stream = first_stream + i, samples = size }
  end
  return chunks
end

local function run_round(runner, chunks, options)
  local map_options = arguments.only(options, arguments.MAP)
  if options.executor then
    return options.executor:map(runner, chunks, map_options):get_result()
  end
  return lithops.map(runner, chunks, map_options):get_result()
end

-- How many samples the next round has, so that the error becomes small enough; none if it is, or there may be no more.
local function next_samples(estimate, options)
  local target, n = options.target_error, estimate.samples
  local left = (options.max_samples or DEFAULT_MOST) - n
  -- No further samples mend a mean that is NaN or infinite.
  local is_hopeless = estimate.mean - estimate.mean ~= 0
  if not target or estimate:is_reached() or left <= 0 or is_hopeless then
    return 0
  end
  local wanted = n * (estimate.error / target) ^ 2 * 1.05 - n
  if not (wanted < n * (GROWTH - 1)) then
    wanted = n * (GROWTH - 1)
  end
  return math.min(left, math.max(1, math.ceil(wanted)))
end

--- Runs a simulation. `sample` takes a generator of random numbers and gives a number.
---@param sample fun(rng: table): number
---@param options table?
---@param name string what the caller is called in messages
---@param is_probability boolean
function simulation.run(sample, options, name, is_probability)
  options = arguments.options(options, OPTIONS, name)
  if options.max_samples and not options.target_error then
    arguments.raise("%s: option `max_samples` needs option `target_error`; without, `samples` says how many there are", name)
  end
  local seed = options.seed or Rng.fresh_seed()
  local details = {
    confidence = options.confidence or 0.95,
    seeds = { seed },
    is_probability = is_probability,
    target_error = options.target_error,
  }
  local samples = options.samples or (options.target_error and DEFAULT_FIRST or DEFAULT_SAMPLES)
  samples = math.min(samples, options.max_samples or math.huge)
  local runner, summary, streams = chunk_runner(sample, seed, name), Summary.new(), 0
  local estimate
  while samples > 0 do
    local chunks = chunks_of(samples, options.chunks or DEFAULT_CHUNKS, streams)
    for _, part in ipairs(run_round(runner, chunks, options)) do
      summary:merge(part)
    end
    streams = streams + #chunks
    estimate = Estimate.new(summary --[[@as stats.Summary]], details)
    samples = next_samples(estimate, options)
  end
  return estimate
end

return simulation
