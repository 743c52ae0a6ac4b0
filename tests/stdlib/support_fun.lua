--- What the tests of `fun` have in common: what an iterator gives, however it is asked, and functions for steps.
local support = {}

--- All elements, each as a list of its values, as a `for` gives them and as a fold does; both have to be the same.
function support.elements(it)
  local pulled, pushed = {}, {}
  local function keep(list, ...)
    list[#list + 1] = { n = select("#", ...), ... }
  end
  local function each(state, ...)
    if state == nil then
      return
    end
    keep(pulled, ...)
    return each(it.gen(it.param, state))
  end
  each(it.gen(it.param, it.state))
  it:each(function(...) keep(pushed, ...) end)
  assert.same(pulled, pushed)
  return pushed
end

--- The first values of all elements.
function support.firsts(it)
  local list = {}
  for i, element in ipairs(support.elements(it)) do
    list[i] = element[1]
  end
  return list
end

--- The two values of each element.
function support.pairs_of(it)
  local list = {}
  for i, element in ipairs(support.elements(it)) do
    assert.equal(2, element.n)
    list[i] = { element[1], element[2] }
  end
  return list
end

function support.square(x) return x * x end
function support.is_odd(x) return x % 2 == 1 end
function support.is_small(x) return x < 3 end

--- A function that counts its calls from 1, and one that gives the count so far.
function support.counter()
  local read = 0
  return function()
    read = read + 1
    return read
  end, function() return read end
end

return support
