-- Estimates pi by throwing random points at a square, many tasks at once: pi.lua [TASKS] [POINTS]

local tasks = tonumber(arg[1] or 16)
local points = tonumber(arg[2] or 2000000)
assert(tasks and tasks >= 1 and points and points >= 1, "usage: pi.lua [TASKS] [POINTS], both 1 or more")

-- Runs in a worker. The task's number is the seed, so every run of this script prints the same.
local function points_inside(seed)
  math.randomseed(seed)
  local random, inside = math.random, 0
  for _ = 1, points do
    local x, y = random(), random()
    if x * x + y * y <= 1 then
      inside = inside + 1
    end
  end
  return inside
end

local started = lithops.time()
local counts = lithops.get_result(lithops.map(points_inside, lithops.range(tasks)))
local seconds = lithops.time() - started

local inside = 0
for _, count in ipairs(counts) do
  inside = inside + count
end
local total = tasks * points
local pi = 4 * inside / total
print(("pi is about %.6f: %d of %d points, %d tasks, %.2f s"):format(pi, inside, total, tasks, seconds))

-- A point is inside with probability pi/4, so the estimate is almost never off by more than five of its standard deviations.
local deviation = 4 * math.sqrt(math.pi / 4 * (1 - math.pi / 4) / total)
assert(math.abs(pi - math.pi) <= 5 * deviation + 1e-12, "the estimate is too far off")
