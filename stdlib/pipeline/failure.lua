--- What `run` raises where steps failed: an error object with the fields of those of jobs, and what it means for the pipeline.
---@class pipeline.FailureClass
---@field [string] any
local Failure = { __name = "pipeline.Failure" }

local function quoted(names)
  return "`" .. table.concat(names, "`, `") .. "`"
end

local function reason(err)
  local text = tostring(type(err) == "table" and err.message or err)
  return text
end

--- The error of a run; nil if all of its steps did well.
---@param name string That of the pipeline.
---@param steps table[]
---@param records table<string, table>
---@param results table<string, any>
function Failure.of(name, steps, records, results)
  local failed, skipped, errors = {}, {}, {}
  for _, step in ipairs(steps) do
    local record = records[step.name]
    if record.state == "failed" then
      failed[#failed + 1] = step.name
      errors[step.name] = record.error
    elseif record.state == "skipped" then
      skipped[#skipped + 1] = step.name
    end
  end
  local first = failed[1]
  if not first then
    return nil
  end
  local record = records[first]
  ---@type string[]
  local parts = { ("pipeline `%s`: step `%s` failed"):format(name, first) }
  if record.calls and record.calls > 1 then
    parts[1] = ("%s in %d of %d calls"):format(parts[1], record.failed, record.calls)
  end
  parts[1] = parts[1] .. ": " .. reason(record.error)
  if failed[2] then
    parts[2] = "failed too: " .. quoted({ unpack(failed, 2) })
  end
  if skipped[1] then
    parts[#parts + 1] = "skipped: " .. quoted(skipped)
  end
  local cause = type(record.error) == "table" and record.error or {}
  return setmetatable({
    kind = cause.kind or "lua_error",
    message = table.concat(parts, "; "),
    traceback = cause.traceback or "",
    step = first,
    error = record.error,
    errors = errors,
    failed = failed,
    skipped = skipped,
    results = results,
  }, Failure)
end

function Failure:__tostring()
  if self.traceback == "" then
    return self.message
  end
  return self.message .. "\n" .. self.traceback:gsub("^stack traceback:", "in the worker:")
end

function Failure.__concat(a, b)
  return tostring(a) .. tostring(b)
end

return Failure
