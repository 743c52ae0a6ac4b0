-- What the values of a running function were computed from, read from its bytecode: for hints, once something went wrong.
--
-- An expression is a table: `kind`, `text` (as one would write it), and `value` where it is `known`. The way back from an instruction is
-- the one of the VM's own names in messages: in a straight line, whatever the jumps.
local util, bit = ...
local band, rshift = bit.band, bit.rshift
local getinfo, getlocal, getupvalue = debug.getinfo, debug.getlocal, debug.getupvalue

-- Opcodes of this LuaJIT. A test compares them with the VM.
local op = {
  ISLT = 0, ISGT = 3, MOV = 18, ADDVN = 22, ADDNV = 27, ADDVV = 32, KSTR = 39, KSHORT = 41, KNUM = 42, UGET = 45, GGET = 54,
  TGETV = 56, TGETS = 57, TGETB = 58, TSETV = 60, TSETS = 61, TSETB = 62, CALLM = 65, CALL = 66, ITERC = 69, ITERN = 70,
}
-- Kinds of the operand A: it is written; or it and all above it are.
local DST, BASE = 1, 2
-- A call's function is followed by a slot of the VM's own, and then by the arguments.
local ARGUMENTS = 2

local code = { op = op }

-- Operands of the instruction at `pc`, nil past the end.
local function instruction(func, pc)
  local ins, mode = util.funcbc(func, pc)
  if ins then
    return {
      pc = pc, op = band(ins, 0xff), a = band(rshift(ins, 8), 0xff), b = rshift(ins, 24), c = band(rshift(ins, 16), 0xff),
      d = rshift(ins, 16), writes = band(mode, 7),
    }
  end
end

-- The function that runs at `level` of the caller, with its variables; nil if it is none of Lua.
function code.frame(level)
  local info = getinfo(level + 1, "fSlu")
  if not info or info.what == "C" or info.currentline < 1 then
    return nil
  end
  local frame = { func = info.func, line = info.currentline, params = util.funcinfo(info.func).params, locals = {}, names = {} }
  for index = 1, 250 do
    local name, value = getlocal(level + 1, index)
    if not name then
      break
    end
    if name:sub(1, 1) ~= "(" then
      frame.locals[index - 1] = { name = name, value = value }
      -- The innermost one of a name comes last.
      frame.names[name] = index - 1
    end
  end
  return frame
end

-- All instructions of the line at which the function is.
function code.on_line(frame)
  local list = {}
  for pc = 1, util.funcinfo(frame.func).bytecodes - 1 do
    if util.funcinfo(frame.func, pc).currentline == frame.line then
      list[#list + 1] = instruction(frame.func, pc)
    end
  end
  return list
end

-- All instructions of a function.
function code.each(func)
  local pc = 0
  return function()
    pc = pc + 1
    return instruction(func, pc)
  end
end

-- The string or number constant of this number.
function code.constant(func, number)
  return util.funck(func, number)
end

-- A table's field without calling anything. Second: whether that is what indexing gives.
local function field_of(value, key)
  for _ = 1, 8 do
    if type(value) == "string" then
      return string[key], true
    elseif type(value) ~= "table" then
      return nil, false
    end
    local found = rawget(value, key)
    local meta = getmetatable(value)
    local index = type(meta) == "table" and rawget(meta, "__index") or nil
    if found ~= nil or index == nil then
      return found, true
    end
    value = index
  end
  return nil, false
end
code.field_of = field_of

local function known(expression, value)
  expression.known, expression.value = true, value
  return expression
end

local expression

-- `base` with what is read from it.
local function member(frame, ins, depth)
  local base = expression(frame, ins.b, ins.pc, depth + 1)
  local key, text
  if ins.op == op.TGETS then
    key = util.funck(frame.func, -ins.c - 1)
    local before = instruction(frame.func, ins.pc - 1)
    local is_method = before.op == op.MOV and before.a == ins.a + ARGUMENTS and before.d == ins.b
    text = (is_method and ":" or ".") .. key
  elseif ins.op == op.TGETB then
    key, text = ins.c, "[" .. ins.c .. "]"
  else
    local number = expression(frame, ins.c, ins.pc, depth + 1)
    if not number.known then
      return { kind = "field", base = base, text = base.text .. "[…]" }
    end
    key, text = number.value, "[" .. number.text .. "]"
  end
  local found = { kind = "field", base = base, key = key, text = base.text .. text, is_method = text:sub(1, 1) == ":" }
  if base.known then
    local value, sure = field_of(base.value, key)
    if sure then
      known(found, value)
    end
  end
  return found
end

-- What is in `slot` just before the instruction at `pc`.
function expression(frame, slot, pc, depth)
  depth = depth or 0
  local variable = frame.locals[slot]
  if variable then
    local found = { kind = "local", text = variable.name, name = variable.name, slot = slot, is_param = slot < frame.params }
    return known(found, variable.value)
  end
  for at = pc - 1, 1, -1 do
    local ins = instruction(frame.func, at)
    if ins.writes == DST and ins.a == slot then
      return code.result(frame, ins, slot, depth)
    elseif ins.writes == BASE and ins.a <= slot then
      return code.result(frame, ins, slot, depth)
    end
  end
  return { kind = "unknown", text = "…" }
end
code.expression = expression

-- What an instruction leaves in `slot`.
function code.result(frame, ins, slot, depth)
  depth = depth or 0
  local func = frame.func
  if depth < 6 then
    if ins.op == op.MOV then
      return expression(frame, ins.d, ins.pc, depth + 1)
    elseif ins.op == op.GGET then
      local name = util.funck(func, -ins.d - 1)
      return known({ kind = "global", text = name, name = name }, (field_of(getfenv(func), name)))
    elseif ins.op == op.UGET then
      local name, value = getupvalue(func, ins.d + 1)
      return known({ kind = "upvalue", text = name, name = name }, value)
    elseif ins.op == op.TGETV or ins.op == op.TGETS or ins.op == op.TGETB then
      return member(frame, ins, depth)
    elseif ins.op == op.KSTR then
      local text = util.funck(func, -ins.d - 1)
      return known({ kind = "constant", text = ("%q"):format(text) }, text)
    elseif ins.op == op.KSHORT then
      local number = ins.d < 0x8000 and ins.d or ins.d - 0x10000
      return known({ kind = "constant", text = tostring(number) }, number)
    elseif (ins.op == op.CALL or ins.op == op.CALLM) and slot < ins.a + math.max(ins.b - 1, 1) then
      local called = expression(frame, ins.a, ins.pc, depth + 1)
      return { kind = "call", text = called.text .. "(…)", called = called, number = slot - ins.a + 1, pc = ins.pc }
    end
  end
  return { kind = "unknown", text = "…" }
end

-- The argument of a call, from 1.
function code.argument(frame, call, number)
  return expression(frame, call.a + ARGUMENTS + number - 1, call.pc)
end

-- What a local variable was set to last, before the line at which the function is. Then it and those behind it were none yet: what
-- was in their slots are values on their way.
function code.origin(frame, slot)
  local first = code.on_line(frame)[1]
  local before = { func = frame.func, params = frame.params, locals = {} }
  for other = 0, slot - 1 do
    before.locals[other] = frame.locals[other]
  end
  for at = (first and first.pc or 1) - 1, 1, -1 do
    local ins = instruction(frame.func, at)
    if (ins.writes == DST and ins.a == slot) or (ins.writes == BASE and ins.a <= slot) then
      return code.result(before, ins, slot, 0)
    end
  end
end

return code
