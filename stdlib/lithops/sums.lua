--- Sums that are compensated as Neumaier does, so that they do not depend on how elements are spread over partitions.
local sums = {}

--- Adds to a sum, and what is lost of the smaller of both in doing so to `lost`. Gives both.
function sums.add(total, lost, x)
  local sum = total + x
  if math.abs(total) >= math.abs(x) then
    return sum, lost + ((total - sum) + x)
  end
  return sum, lost + ((x - sum) + total)
end

--- The sum, with what was lost of it.
function sums.value(total, lost)
  local sum = total + lost
  -- Infinite values leave nothing to compensate.
  return sum == sum and sum or total
end

return sums
