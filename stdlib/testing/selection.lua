--- Which tests run, and in which order.
local selection = {}

local function matches_any(name, patterns)
  for _, pattern in ipairs(patterns or {}) do
    local ok, found = pcall(string.find, name, pattern)
    if not ok then
      error(("the pattern `%s` is not valid: %s"):format(pattern, found), 0)
    elseif found then
      return true
    end
  end
  return false
end

local function has_any(tags, wanted)
  for _, tag in ipairs(wanted or {}) do
    if tags[tag:gsub("^#", "")] then
      return true
    end
  end
  return false
end

local function is_empty(list)
  return list == nil or #list == 0
end

local function is_selected(test, options)
  if not is_empty(options.filter) and not matches_any(test.name, options.filter) then
    return false
  elseif not is_empty(options.tags) and not has_any(test.tags, options.tags) then
    return false
  end
  return not matches_any(test.name, options.filter_out) and not has_any(test.tags, options.exclude_tags)
end

--- Marks the tests that run, and the groups that have some. Gives how many run, and how many there are.
function selection.mark(context, options)
  local selected, all = 0, 0
  for _, child in ipairs(context.children) do
    if child.kind == "test" then
      child.selected = is_selected(child, options) and 1 or 0
      selected, all = selected + child.selected, all + 1
    else
      local of_child, all_of_child = selection.mark(child, options)
      selected, all = selected + of_child, all + all_of_child
    end
  end
  context.selected = selected
  return selected, all
end

-- Numbers from a seed, without touching those of `math.random`: the minimal standard generator of Park and Miller.
local function generator(seed)
  local state = math.floor(math.abs(seed)) % 2147483646 + 1
  return function(n)
    state = state * 48271 % 2147483647
    return state % n + 1
  end
end

--- The children of a group in the order in which they run.
function selection.order(context, seed)
  local own = context.seed
  if own == true then
    own = os.time()
  end
  seed = type(own) == "number" and own or seed
  if not seed then
    return context.children
  end
  local children, random = { unpack(context.children) }, generator(seed)
  for i = #children, 2, -1 do
    local j = random(i)
    children[i], children[j] = children[j], children[i]
  end
  return children
end

return selection
