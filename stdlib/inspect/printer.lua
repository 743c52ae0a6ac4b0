--- Prints values, with bounds. Tables are read raw: no metamethod of a table is called.
local scalar = require "inspect.scalar"

local printer = {}

---@diagnostic disable: access-invisible -- LuaJIT is built with what Lua 5.2 has: `rawlen`.
local rawget, next, type, rawlen = rawget, next, type, rawlen

--- Deeper tables than this are `{...}` in any case: a list of a million links must not overflow the stack.
printer.MAX_DEPTH = 300
--- How many keys are looked at, for each that is shown, to find the first ones of a table in order.
local SCANNED_FOR_EACH = 20
local SCANNED_AT_LEAST = 1000

local KEYWORDS = {
  ["and"] = true, ["break"] = true, ["do"] = true, ["else"] = true, ["elseif"] = true, ["end"] = true, ["false"] = true,
  ["for"] = true, ["function"] = true, ["goto"] = true, ["if"] = true, ["in"] = true, ["local"] = true, ["nil"] = true,
  ["not"] = true, ["or"] = true, ["repeat"] = true, ["return"] = true, ["then"] = true, ["true"] = true, ["until"] = true,
  ["while"] = true,
}

local ORDER = { number = 1, boolean = 2, string = 3, table = 4, ["function"] = 5, userdata = 6, thread = 7, cdata = 8 }

local function by_kind(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then
    return (ORDER[kind_a] or 9) < (ORDER[kind_b] or 9)
  elseif kind_a == "number" or kind_a == "string" then
    return a < b
  end
  return false
end

-- How many elements the list in a table has, as far as `most`.
local function sequence_length(t, most)
  local length = 0
  while length < most and rawget(t, length + 1) ~= nil do
    length = length + 1
  end
  return length
end

-- The keys from `from` on that are not of the list, up to `budget` steps. The second result tells whether these are all.
local function scan(t, from, length, keys, budget)
  local key, steps = from, 0
  repeat
    key = next(t, key)
    if key == nil then
      return true
    end
    if not (type(key) == "number" and key >= 1 and key <= length and key % 1 == 0) then
      keys[#keys + 1] = key
    end
    steps = steps + 1
  until steps >= budget
  return false
end

-- The keys of a table that are not of its list of `length` elements, in order, and whether these are all there are.
local function other_keys(t, length, max_items)
  local keys = {}
  local budget = max_items == math.huge and max_items or math.max(SCANNED_AT_LEAST, SCANNED_FOR_EACH * max_items)
  local all = scan(t, nil, length, keys, budget)
  if not all and #keys == 0 then
    -- A long list: what is not of it comes after.
    all = scan(t, length, length, keys, budget)
  end
  table.sort(keys, by_kind)
  return keys, all
end

local Printer = {}
Printer.__index = Printer

function Printer:put(text)
  local n = self.n + 1
  self.n, self.length = n, self.length + #text
  self.pieces[n] = text
end

function Printer:break_line()
  self:put(self.newline)
  self:put(self.indent:rep(self.level))
end

-- Numbers of things of a kind that have no other name.
function Printer:number_of(value, kind)
  local ids = self.ids[kind]
  if not ids then
    ids = { n = 0 }
    self.ids[kind] = ids
  end
  if not ids[value] then
    ids.n = ids.n + 1
    ids[value] = ids.n
  end
  return ids[value]
end

function Printer:put_string(text)
  local room = math.max(0, self.max_length - self.length)
  if #text <= room then
    return self:put(scalar.string(text))
  end
  -- No character is cut in two.
  local cut = math.floor(room)
  while cut > 0 and cut > room - 4 and (text:byte(cut + 1) or 0) >= 0x80 and (text:byte(cut + 1) or 0) < 0xC0 do
    cut = cut - 1
  end
  self:put(scalar.string(text:sub(1, cut)))
  self:put(("… %d more bytes"):format(#text - cut))
  self.is_full = true
end

local function named_by_itself(value, meta)
  if type(meta) ~= "table" or rawget(meta, "__tostring") == nil then
    return nil
  end
  local ok, text = pcall(tostring, value)
  return ok and type(text) == "string" and text or nil
end

function Printer:put_userdata(value, kind)
  local text = named_by_itself(value, debug.getmetatable(value))
  if text then
    local room = math.max(0, self.max_length - self.length)
    return self:put(#text <= room and text or text:sub(1, room) .. "…")
  end
  self:put(("<%s %d>"):format(kind, self:number_of(value, kind)))
end

function Printer:put_value(value)
  local kind = type(value)
  if kind == "string" then
    self:put_string(value)
  elseif kind == "number" then
    self:put(scalar.number(value))
  elseif kind == "boolean" or kind == "nil" then
    self:put(tostring(value))
  elseif kind == "table" then
    self:put_table(value)
  elseif kind == "cdata" then
    local ok, text = pcall(tostring, value)
    self:put(ok and text or ("<cdata %d>"):format(self:number_of(value, kind)))
  elseif kind == "userdata" then
    self:put_userdata(value, kind)
  else
    self:put(("<%s %d>"):format(kind, self:number_of(value, kind)))
  end
end

function Printer:put_key(key)
  if type(key) == "string" and #key <= 200 and key:find("^[%a_][%w_]*$") and not KEYWORDS[key] then
    return self:put(key)
  end
  self:put("[")
  self:put_value(key)
  self:put("]")
end

-- Whether a further item has room; else says how many there are.
function Printer:has_room(shown, left)
  if not self.is_full and shown < self.max_items and self.length < self.max_length then
    return true
  end
  self.is_full = self.is_full or self.length >= self.max_length
  self:put(shown > 0 and ", … " or " … ")
  self:put(left .. " more")
  return false
end

function Printer:put_sequence(t, length, count_of_others)
  for i = 1, length do
    if not self:has_room(i - 1, length - i + 1 + count_of_others) then
      return false
    end
    self:put(i > 1 and ", " or " ")
    self:put_value(rawget(t, i))
  end
  return true
end

function Printer:put_pairs(t, keys, before, all)
  for i, key in ipairs(keys) do
    if not self:has_room(before + i - 1, all and #keys - i + 1 or "many") then
      return false
    end
    if before + i > 1 then
      self:put(",")
    end
    self:break_line()
    self:put_key(key)
    self:put(" = ")
    self:put_value(rawget(t, key))
  end
  return true
end

function Printer:put_table(t)
  if self.special[t] then
    return self:put(self.special[t])
  elseif self.started[t] then
    -- Its number is known once it is known how many tables come before it that are met again.
    self:put("")
    self.references[self.n] = t
    return
  elseif self.level >= self.depth then
    return self:put("{...}")
  end
  self:put("{")
  self.started[t] = self.n
  local bound = self.max_items < math.huge and math.max(rawlen(t), self.max_items + 1) or math.huge
  local length = sequence_length(t, math.min(bound, self.max_items + 1))
  if length > self.max_items then
    length = math.max(length, rawlen(t))
  end
  local keys, all = other_keys(t, length, self.max_items)
  local meta = self.metatables and getmetatable(t)
  self.level = self.level + 1
  local go_on = self:put_sequence(t, length, #keys) and self:put_pairs(t, keys, length, all)
  if go_on and not all then
    self:put(", … many more")
  end
  local has_meta = type(meta) == "table" and not self.is_full
  if has_meta then
    self:put(length + #keys > 0 and "," or "")
    self:break_line()
    self:put("<metatable> = ")
    self:put_value(meta)
  end
  self.level = self.level - 1
  if #keys > 0 and length <= self.max_items or has_meta then
    self:break_line()
  elseif length > 0 or #keys > 0 then
    self:put(" ")
  end
  self:put("}")
end

-- Gives numbers to the tables that are met more than once, in the order of their first places.
function Printer:number_tables()
  local again = {}
  for _, t in pairs(self.references) do
    if not again[t] then
      again[t] = true
      again[#again + 1] = t
    end
  end
  table.sort(again, function(a, b) return self.started[a] < self.started[b] end)
  for id, t in ipairs(again) do
    again[t] = id
    self.pieces[self.started[t]] = ("<%d>{"):format(id)
  end
  for place, t in pairs(self.references) do
    self.pieces[place] = ("<table %d>"):format(again[t])
  end
end

--- The text of a value. Bounds that are nil do not hold. `special` has the names of tables that stand for something.
function printer.print(value, options)
  local self = setmetatable({
    pieces = {}, n = 0, length = 0, level = 0,
    ids = {}, started = {}, references = {},
    depth = math.min(options.depth or math.huge, printer.MAX_DEPTH),
    max_items = options.max_items or math.huge,
    max_length = options.max_length or math.huge,
    newline = options.newline or "\n",
    indent = options.indent or "  ",
    metatables = options.metatables ~= false,
    special = options.special or {},
  }, Printer)
  self:put_value(value)
  if next(self.references) ~= nil then
    self:number_tables()
  end
  return table.concat(self.pieces)
end

return printer
