--- A constant among the inputs of a step.
local Value = { __name = "pipeline.Value" }

function Value.new(value)
  return setmetatable({ value = value }, Value)
end

return Value
