--- Prints results, for scripts that run their tests themselves. The command `test` has reports of its own.
local report = {}

local LETTERS = { success = ".", failure = "F", error = "E", pending = "P" }
local TITLES = { failure = "Failure", error = "Error", pending = "Pending" }

local function indented(text)
  return "  " .. text:gsub("\n", "\n  ")
end

--- A result, if there is more to tell than a letter.
function report.details(event)
  local lines = { ("%s: %s"):format(TITLES[event.status], event.name), ("  %s:%d"):format(event.file, event.line) }
  if event.message then
    local where = event.where and event.where ~= ("%s:%d"):format(event.file, event.line) and event.where .. ": " or ""
    lines[#lines + 1] = indented(where .. event.message)
  end
  if event.traceback and event.traceback:find("\n") then
    lines[#lines + 1] = indented("traceback:\n" .. indented(event.traceback))
  end
  return table.concat(lines, "\n")
end

local function counted(n, one, several)
  return ("%d %s"):format(n, n == 1 and one or several)
end

--- The last lines.
function report.summary(counts, seconds)
  local first = ("%s / %s / %s / %d pending : %.2f seconds"):format(counted(counts.success, "success", "successes"),
    counted(counts.failure, "failure", "failures"), counted(counts.error, "error", "errors"), counts.pending, seconds)
  local second = ("%d passed, %d failed"):format(counts.success, counts.failure + counts.error)
  return first .. "\n" .. second .. (counts.pending > 0 and (", %d skipped"):format(counts.pending) or "")
end

--- A function that takes results, and one that prints what is left.
function report.printer()
  local details, start = {}, lithops.time()
  local function take(event)
    io.write(LETTERS[event.status])
    io.flush()
    if event.status ~= "success" then
      details[#details + 1] = report.details(event)
    end
  end
  local function finish(counts)
    io.write("\n")
    for _, text in ipairs(details) do
      io.write("\n", text, "\n")
    end
    io.write(#details > 0 and "\n" or "", report.summary(counts, lithops.time() - start), "\n")
  end
  return take, finish
end

return report
