--- Estimates by simulation on workers.
---
---    local montecarlo = require "montecarlo"
---    local dice = montecarlo.probability(function(rng) return rng:random(6) + rng:random(6) == 12 end, { seed = 1 })
---    print(dice.mean, dice.low, dice.high)
---
--- What is where: `rng` makes random numbers, `simulation` runs samples on workers, `estimate` is what comes out, `integrands` makes samples of
--- integrals.
local arguments = require "lithops.arguments"
local integrands = require "montecarlo.integrands"
local Rng = require "montecarlo.rng"
local simulation = require "montecarlo.simulation"

local montecarlo = {}

montecarlo.rng = Rng.new

--- The mean of what a function gives for random numbers.
function montecarlo.run(sample, options)
  arguments.check_type(sample, "function", 1, "run")
  return simulation.run(sample, options, "run", false)
end

--- How often a function gives true for random numbers.
function montecarlo.probability(event, options)
  arguments.check_type(event, "function", 1, "probability")
  local function sample(rng)
    return event(rng) and 1 or 0
  end
  return simulation.run(sample, options, "probability", true)
end

--- The integral of a function from one number to another, or over a box of intervals.
function montecarlo.integrate(f, ...)
  arguments.check_type(f, "function", 1, "integrate")
  local box, options = integrands.arguments(...)
  return simulation.run(integrands.sample(f, box), options, "integrate", false)
end

local function quarter_circle(rng)
  local x, y = rng:random(), rng:random()
  return x * x + y * y < 1 and 4 or 0
end

--- Pi, by points in a square of which a quarter of a circle is a part.
function montecarlo.pi(options)
  return simulation.run(quarter_circle, options, "pi", false)
end

return montecarlo
