--- The loops that iterations run in. LuaJIT compiles a loop for the functions that it calls at first, and others that it calls later
--- are slow in it; so each combination of steps, of functions as the script has them at one place, has loops of its own.
local loops = {}

--- So many loops are made; whatever comes later shares one, and works as well.
local MOST = 4000
local made = 0

--- LuaJIT takes functions that are made at one place for one from the third on: what it compiled before is for the first alone.
local UNTIL_ALIKE = 4

local places = setmetatable({}, { __mode = "k" })

-- Functions of one place in a script are one to LuaJIT, whatever they have captured.
local function place(f)
  local known = places[f]
  if known == nil then
    local info = debug.getinfo(f, "S")
    known = info.what == "C" and f or info.source .. ":" .. info.linedefined
    places[f] = known
  end
  return known
end

local function child(node, key)
  local found = node[key]
  if found == nil then
    found = {}
    node[key] = found
  end
  return found
end

local roots = {}

--- The combinations that end with what is called `name`, which calls function `f` of the script.
---@param name string
---@param f function?
function loops.ending(name, f)
  local node = child(roots, name)
  if f then
    node = child(node, place(f))
  end
  return node
end

--- Those among the combinations `node` with one more step in front.
function loops.step(node, step, f)
  node = child(node, step)
  if f then
    node = child(node, place(f))
  end
  return node
end

--- The loop `original` of these combinations, a function without upvalues. `key` is what it loops over.
function loops.of(node, key, original)
  local known = node[key]
  if known == nil then
    known = { runs = 0, loop = original }
    node[key] = known
  end
  if known.runs < UNTIL_ALIKE and made < MOST then
    known.runs, made = known.runs + 1, made + 1
    known.loop = load(string.dump(original), nil, "b")
  end
  return known.loop
end

return loops
