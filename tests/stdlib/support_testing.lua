--- What the tests of `testing` have in common.
local support = {}

--- The message of an assertion that has to fail.
function support.message_of(fn, ...)
  local ok, raised = pcall(fn, ...)
  if ok then
    error("it did not fail", 2)
  end
  return tostring(raised)
end

return support
