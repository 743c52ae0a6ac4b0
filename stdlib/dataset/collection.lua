--- Datasets as scripts see them: an object with a node of the plan, the methods that make others, and the actions.
local keys = require "dataset.keys"
local output = require "dataset.output"
local places = require "dataset.places"
local plan = require "dataset.plan"
local run = require "dataset.run"
local settings = require "dataset.settings"
local sums = require "lithops.sums"

local Dataset = {}
local Meta = { __name = "dataset" }

local function make(node, options)
  return setmetatable({ node = node, settings = options }, Meta)
end

function Meta:__tostring()
  local _, newlines = plan.text(self.node):gsub("\n", "")
  return ("dataset of %d %s"):format(newlines + 1, newlines == 0 and "stage" or "stages")
end

-- What would silently find nothing.
function Meta:__len()
  error("a dataset has no length: use `:count()`", 2)
end

function Meta:__ipairs()
  error("a dataset is no list: use `:collect()` or `:take(n)`", 2)
end

function Meta:__index(name)
  if type(name) == "number" then
    error("a dataset is no list: use `:collect()` or `:take(n)`", 2)
  end
  return Dataset[name]
end

-- Mistakes of the caller are told at the line that made the call: `level` is that of the function that checks.
local function check_function(f, name, is_optional)
  if type(f) ~= "function" and not (is_optional and f == nil) then
    error(("bad argument to 'dataset:%s' (function expected, got %s)"):format(name, f == nil and "no value" or type(f)), 3)
  end
end

local function check_count(n, name)
  if type(n) ~= "number" or n < 0 or n % 1 ~= 0 then
    error(("bad argument to 'dataset:%s' (whole number of 0 or more expected, got %s)"):format(name, tostring(n)), 3)
  end
end

local function check_dataset(other, name)
  if getmetatable(other) ~= Meta then
    error(("bad argument to 'dataset:%s' (dataset expected, got %s)"):format(name, type(other)), 3)
  end
end

--- Steps

local function step(self, one)
  return make({ op = "step", parent = self.node, step = one }, self.settings)
end

function Dataset:map(f)
  check_function(f, "map")
  return step(self, { name = "map", f = f })
end

function Dataset:filter(f)
  check_function(f, "filter")
  return step(self, { name = "filter", f = f })
end

function Dataset:flat_map(f)
  check_function(f, "flat_map")
  return step(self, { name = "flat_map", f = f })
end

function Dataset:map_partitions(f)
  check_function(f, "map_partitions")
  return step(self, { name = "map_partitions", f = f })
end

function Dataset:map_values(f)
  check_function(f, "map_values")
  return step(self, { name = "map_values", f = f })
end

function Dataset:key_by(f)
  check_function(f, "key_by")
  return step(self, { name = "key_by", f = f })
end

function Dataset:keys()
  return step(self, { name = "keys" })
end

function Dataset:values()
  return step(self, { name = "values" })
end

local WORD_PATTERNS = { ["%S+"] = true, ["%w+"] = true, ["%a+"] = true }

function Dataset:words(options)
  options = options or {}
  settings.check(options, { "pattern", "lower" }, 2)
  local pattern, lower = options.pattern, options.lower
  if pattern ~= nil and not WORD_PATTERNS[pattern] then
    error(("option `pattern` must be %%S+, %%w+ or %%a+, not %s"):format(tostring(pattern)), 2)
  end
  return step(self, { name = "words", options = { pattern = pattern, lower = lower } })
end

function Dataset:sample(fraction, seed)
  if type(fraction) ~= "number" or not (fraction >= 0 and fraction <= 1) then
    error(("bad argument to 'dataset:sample' (number from 0 to 1 expected, got %s)"):format(tostring(fraction)), 2)
  elseif seed ~= nil and type(seed) ~= "number" then
    error(("bad argument to 'dataset:sample' (number expected as seed, got %s)"):format(type(seed)), 2)
  end
  return step(self, { name = "sample", fraction = fraction, seed = seed or math.floor(lithops.time() * 1e3 % 2 ^ 31) })
end

--- What needs all elements

local function shuffle(self, kind, more)
  local node = { op = "shuffle", kind = kind, parents = { self.node } }
  for name, value in pairs(more or {}) do
    node[name] = value
  end
  return make(node, self.settings)
end

function Dataset:group_by(key_f)
  check_function(key_f, "group_by")
  return shuffle(self, "group", { f = key_f })
end

function Dataset:reduce_by_key(f)
  check_function(f, "reduce_by_key")
  return shuffle(self, "reduce", { f = f })
end

function Dataset:count_by_value()
  return shuffle(self, "count")
end

function Dataset:distinct()
  return shuffle(self, "distinct")
end

local HOW = { inner = true, left = true, right = true, outer = true }

function Dataset:join(other, options)
  check_dataset(other, "join")
  options = options or {}
  settings.check(options, { "how" }, 2)
  local how = options.how or "inner"
  if not HOW[how] then
    error(("option `how` must be inner, left, right or outer, not %s"):format(tostring(how)), 2)
  end
  return shuffle(self, "join", { parents = { self.node, other.node }, how = how })
end

function Dataset:sort_by(key_f, options)
  if type(key_f) == "table" and options == nil then
    key_f, options = nil, key_f
  end
  check_function(key_f, "sort_by", true)
  options = options or {}
  settings.check(options, { "descending" }, 2)
  return make({ op = "sort", parent = self.node, f = key_f, descending = options.descending and true or false }, self.settings)
end

function Dataset:top(n, key_f)
  check_count(n, "top")
  check_function(key_f, "top", true)
  return make({ op = "top", parent = self.node, n = n, f = key_f }, self.settings)
end

function Dataset:union(other)
  check_dataset(other, "union")
  return make({ op = "union", parents = { self.node, other.node } }, self.settings)
end

function Dataset:cache()
  return make({ op = "cache", parent = self.node }, self.settings)
end

--- Actions

-- Runs the stages up to `sink`. Gives what it gave for each partition.
---@return any[]
local function run_all(self, sink)
  return run(self.settings, function(running) return running:stage(self.node, sink) end) --[[@as any[] ]]
end

function Dataset:collect()
  local all, n = {}, 0
  for _, list in ipairs(run_all(self, { kind = "collect" })) do
    for i = 1, #list do
      n = n + 1
      all[n] = list[i]
    end
  end
  return all
end

local function add_up(numbers)
  local sum = 0
  for _, number in ipairs(numbers) do
    sum = sum + number
  end
  return sum
end

function Dataset:count()
  return add_up(run_all(self, { kind = "count" }))
end

function Dataset:sum()
  ---@type number, number
  local total, lost = 0, 0
  for _, part in ipairs(run_all(self, { kind = "sum" })) do
    total, lost = sums.add(total, lost, part[1])
    lost = lost + part[2]
  end
  return sums.value(total, lost)
end

-- Makes the states of partitions one, with `combine`. Each is `{ state }`, or `{}` for a partition without elements: a
-- state may be false.
---@return boolean has_state
---@return any state
local function combined(found, combine, name)
  local has_state, state = false, nil
  for _, one in ipairs(found) do
    if #one > 0 then
      if has_state then
        state = combine(state, one[1])
        if state == nil then
          keys.fail_at(combine, "%s: the function gave nil", name)
        end
      else
        has_state, state = true, one[1]
      end
    end
  end
  return has_state, state
end

function Dataset:fold(init, f, combine)
  check_function(f, "fold")
  check_function(combine, "fold", true)
  if init == nil then
    error("bad argument to 'dataset:fold' (a value to begin with expected, got nil)", 2)
  end
  local found = run_all(self, { kind = "fold", name = "fold", f = f, init = init, has_init = true })
  local has_state, state = combined(found, combine or f, "fold")
  if not has_state then
    return init
  end
  return state
end

function Dataset:reduce(f)
  check_function(f, "reduce")
  local _, state = combined(run_all(self, { kind = "fold", name = "reduce", f = f }), f, "reduce")
  return state
end

function Dataset:take(n)
  check_count(n, "take")
  if n == 0 then
    return {}
  end
  return run(self.settings, function(running) return running:take(self.node, n) end)
end

function Dataset:first()
  return self:take(1)[1]
end

function Dataset:foreach(f)
  check_function(f, "foreach")
  run_all(self, { kind = "foreach", f = f })
end

-- Writes all partitions below a prefix, where no parts may be yet.
local function write(self, name, format, url, options)
  local place, err = places.parse(url)
  if not place then
    error(("dataset:%s: %s"):format(name, err), 3)
  end
  local overwrite = options.overwrite
  options.overwrite = nil
  for _, source in ipairs(plan.sources(self.node)) do
    if places.is_read(source, place, overwrite) then
      error(("dataset:%s: the dataset reads %s, which parts written below %s could replace: write them elsewhere")
        :format(name, tostring(source), place.address), 3)
    end
  end
  return run(self.settings, function(running)
    return running:replace_parts(place.address, overwrite, function()
      local sink = { kind = "write", format = format, url = place.address, options = options }
      return output.addresses(running:stage(self.node, sink))
    end)
  end)
end

function Dataset:write_text(url, options)
  options = options or {}
  settings.check(options, { "overwrite" }, 2)
  return (write(self, "write_text", "text", url, { overwrite = options.overwrite }))
end

function Dataset:write_json_lines(url, options)
  options = options or {}
  settings.check(options, { "overwrite" }, 2)
  return (write(self, "write_json_lines", "json_lines", url, { overwrite = options.overwrite }))
end

local CSV_WRITE = { "overwrite", "separator", "quote", "header", "newline" }

function Dataset:write_csv(url, options)
  options = options or {}
  settings.check(options, CSV_WRITE, 2)
  local copy = {}
  for name, value in pairs(options) do
    copy[name] = value
  end
  return (write(self, "write_csv", "csv", url, copy))
end

function Dataset:explain()
  local text = plan.text(self.node)
  print(text)
  return text
end

-- A dot in place of the colon is told at the line of the call.
for name, method in pairs(Dataset) do
  Dataset[name] = function(self, ...)
    if getmetatable(self) ~= Meta then
      error(("bad argument to 'dataset:%s' (dataset expected; call it with a colon, `d:%s(…)`)"):format(name, name), 2)
    end
    return method(self, ...)
  end
end

return make
