--- Operators of Lua as functions: `fun.op`.
local operators = {
  lt = function(a, b) return a < b end,
  le = function(a, b) return a <= b end,
  eq = function(a, b) return a == b end,
  ne = function(a, b) return a ~= b end,
  ge = function(a, b) return a >= b end,
  gt = function(a, b) return a > b end,
  add = function(a, b) return a + b end,
  sub = function(a, b) return a - b end,
  mul = function(a, b) return a * b end,
  div = function(a, b) return a / b end,
  floordiv = function(a, b) return math.floor(a / b) end,
  mod = function(a, b) return a % b end,
  pow = function(a, b) return a ^ b end,
  unm = function(a) return -a end,
  concat = function(a, b) return a .. b end,
  len = function(a) return #a end,
  land = function(a, b) return a and b end,
  lor = function(a, b) return a or b end,
  lnot = function(a) return not a end,
  truth = function(a) return not not a end,
}

--- A division whose result is rounded towards 0.
function operators.intdiv(a, b)
  local quotient = a / b
  return quotient >= 0 and math.floor(quotient) or math.ceil(quotient)
end

operators.truediv = operators.div
operators.neq = operators.unm
operators.length = operators.len

return operators
