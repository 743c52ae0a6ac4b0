--- What a search found: the best trial, and all. This module is the metatable of results: as a module it travels by its name.
local arguments = require "lithops.arguments"
local trials = require "search.trials"

local Result = {}

--- Rows that are printed, and letters of a value in them.
local MOST_ROWS, MOST_LETTERS = 10, 24

--- The result of rounds of trials, of which later ones count for more; raises if not one succeeded.
---@param rounds table[][]
---@param details table `is_maximized`, `seed`
---@param name string what the caller is called in messages
function Result.new(rounds, details, name)
  local sorted, failed = {}, {}
  for i = #rounds, 1, -1 do
    for _, trial in ipairs(trials.ranked(rounds[i], details.is_maximized)) do
      sorted[#sorted + 1] = trial
    end
  end
  for _, round in ipairs(rounds) do
    for _, trial in ipairs(round) do
      if trial.error then
        failed[#failed + 1] = trial
      end
    end
  end
  if #sorted == 0 then
    arguments.raise("%s: all %d trials failed; the first one: %s", name, #failed, failed[1].error)
  end
  local result = {
    kind = "search",
    best = sorted[1],
    trials = sorted,
    failed = #failed,
    is_maximized = details.is_maximized,
    seed = details.seed,
  }
  for _, trial in ipairs(failed) do
    sorted[#sorted + 1] = trial
  end
  return setmetatable(result, Result)
end

local function cut(text)
  text = text:gsub("%s+", " ")
  if #text > MOST_LETTERS then
    -- Not within a letter of several bytes.
    local last = MOST_LETTERS - 3
    while text:byte(last + 1) >= 128 and text:byte(last + 1) < 192 do
      last = last - 1
    end
    return text:sub(1, last) .. "…"
  end
  return text
end

local function shown(value)
  if type(value) == "number" then
    return ("%.6g"):format(value)
  elseif type(value) == "table" and not (getmetatable(value) or {}).__tostring then
    return "{…}"
  end
  return cut(tostring(value))
end

local function names_of(list)
  local seen, names = {}, {}
  for _, trial in ipairs(list) do
    for name in pairs(trial.params) do
      if not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  return names
end

-- The parameters of a trial as text: `depth = 3, rate = 0.1`.
local function params_text(params)
  local parts = {}
  for i, name in ipairs(names_of({ { params = params } })) do
    parts[i] = ("%s = %s"):format(name, shown(params[name]))
  end
  return table.concat(parts, ", ")
end

local function row_of(trial, names, has_budget)
  local row = { trial.score and shown(trial.score) or "failed" }
  if has_budget then
    row[#row + 1] = shown(trial.budget)
  end
  for _, name in ipairs(names) do
    row[#row + 1] = trial.params[name] == nil and "" or shown(trial.params[name])
  end
  row.note = trial.error and trial.error:match("^[^\n]*")
  return row
end

-- Letters, not bytes.
local function width_of(text)
  return select(2, text:gsub("[^\128-\191]", ""))
end

-- Columns as wide as their widest cell.
local function aligned(rows)
  local widths, lines = {}, {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, width_of(cell))
    end
  end
  for i, row in ipairs(rows) do
    local cells = {}
    for j, cell in ipairs(row) do
      cells[j] = cell .. (" "):rep(widths[j] - width_of(cell))
    end
    cells[#cells + 1] = row.note
    lines[i] = ("  " .. table.concat(cells, "  ")):gsub("%s+$", "")
  end
  return lines
end

function Result.__tostring(result)
  local list = result.trials
  local names, has_budget = names_of(list), list[1].budget ~= nil
  local header = { "score", unpack(names) }
  if has_budget then
    table.insert(header, 2, "budget")
  end
  local rows = { header }
  for i = 1, math.min(#list, MOST_ROWS) do
    rows[#rows + 1] = row_of(list[i], names, has_budget)
  end
  local failed = result.failed > 0 and (", %d failed"):format(result.failed) or ""
  local lines = aligned(rows)
  table.insert(lines, 1, ("best of %d trials%s: score %s with %s")
    :format(#list, failed, shown(result.best.score), params_text(result.best.params)))
  if #list > MOST_ROWS then
    lines[#lines + 1] = ("  … and %d more"):format(#list - MOST_ROWS)
  end
  return table.concat(lines, "\n")
end

return Result
