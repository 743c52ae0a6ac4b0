-- The metatable of error objects.
local meta = { __name = "lithops.error" }

function meta.__tostring(err)
  local text = err.message
  if err.hint then
    text = text .. "; " .. err.hint
  end
  if err.call_id then
    text = ("call %s of job %s failed (%s): %s"):format(err.call_id, err.job_id, err.kind, text)
  end
  if err.traceback and err.traceback ~= "" then
    text = text .. "\n" .. err.traceback:gsub("^stack traceback:", "in the worker:")
  end
  return text
end

-- `error(err .. "!")` and `"failed: " .. err` are what people write.
function meta.__concat(a, b)
  return tostring(a) .. tostring(b)
end

return meta
