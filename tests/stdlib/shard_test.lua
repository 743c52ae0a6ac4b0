local shard = require "shard"

describe("shard.parts and shard.chunks", function()
  it("split a list in its order", function()
    assert.same({ { 1, 2, 3 }, { 4, 5 } }, shard.parts({ 1, 2, 3, 4, 5 }, 2))
    assert.same({ { 1, 2 }, { 3, 4 }, { 5 } }, shard.chunks({ 1, 2, 3, 4, 5 }, 2))
  end)

  it("make no empty parts", function()
    assert.same({ { 1 }, { 2 } }, shard.parts({ 1, 2 }, 5))
    assert.same({}, shard.parts({}, 3))
    assert.same({}, shard.chunks({}, 3))
  end)
end)

describe("shard.range", function()
  it("gives first and last numbers that cover all, once", function()
    assert.same({ { 1, 4 }, { 5, 7 }, { 8, 10 } }, shard.range(10, 3))
    assert.same({ { 1, 1 }, { 2, 2 } }, shard.range(2, 5))
    assert.same({}, shard.range(0, 3))
  end)

  it("cuts as parts does", function()
    for _, count in ipairs({ 1, 7, 64, 100 }) do
      local list = {}
      for i = 1, count do
        list[i] = i
      end
      local parts = shard.parts(list, 7)
      for i, range in ipairs(shard.range(count, 7)) do
        assert.same({ parts[i][1], parts[i][#parts[i]] }, range)
      end
    end
  end)

  it("is made for numbers too many for a list", function()
    local ranges = shard.range(2 ^ 52, 3)
    assert.equal(2 ^ 52, ranges[3][2])
    assert.equal(ranges[1][2] + 1, ranges[2][1])
  end)
end)

describe("shard.round_robin", function()
  it("deals elements in turn", function()
    assert.same({ { 1, 3, 5 }, { 2, 4 } }, shard.round_robin({ 1, 2, 3, 4, 5 }, 2))
    assert.same({ { 1 }, { 2 } }, shard.round_robin({ 1, 2 }, 9))
  end)
end)

describe("shard.by_weight", function()
  local function itself(x) return x end

  it("makes parts that cost about the same, in the order of the list", function()
    local parts, costs = shard.by_weight({ 9, 1, 1, 1, 7, 3 }, 3, itself)
    assert.same({ { 9 }, { 7 }, { 1, 1, 1, 3 } }, parts)
    assert.same({ 9, 7, 6 }, costs)
  end)

  it("stays within a third of the best split", function()
    local list, total, most = {}, 0, 0
    for i = 1, 500 do
      list[i] = (i * 7919) % 100
      total, most = total + list[i], math.max(most, list[i])
    end
    local parts, costs = shard.by_weight(list, 8, itself)
    assert.is_true(math.max(unpack(costs)) <= 4 / 3 * math.max(most, total / 8))
    local count = 0
    for i, part in ipairs(parts) do
      local cost = 0
      for _, x in ipairs(part) do
        cost = cost + x
      end
      assert.equal(costs[i], cost)
      count = count + #part
    end
    assert.equal(500, count)
  end)

  it("shares what costs nothing, too", function()
    assert.same({ { 0, 0 }, { 0, 0 } }, (shard.by_weight({ 0, 0, 0, 0 }, 2, itself)))
  end)

  it("refuses costs that are no numbers", function()
    assert.has_error(function() shard.by_weight({ 1, 2 }, 2, function() return -1 end) end,
      "by_weight: the cost of element 1 must be a number, 0 or more, not -1")
  end)
end)

describe("shard.by_key", function()
  it("puts equal keys into the same part, and makes all parts", function()
    local rows = {}
    for i = 1, 300 do
      rows[i] = { user = "user " .. i % 30, i = i }
    end
    local parts = shard.by_key(rows, 50, function(row) return row.user end)
    assert.equal(50, #parts)
    local part_of, count = {}, 0
    for i, part in ipairs(parts) do
      for _, row in ipairs(part) do
        assert.equal(i, part_of[row.user] or i)
        part_of[row.user] = i
        count = count + 1
      end
    end
    assert.equal(300, count)
  end)

  it("spreads keys evenly", function()
    local counts = { 0, 0, 0, 0 }
    for i = 1, 10000 do
      local part = shard.of_key("key " .. i, 4)
      counts[part] = counts[part] + 1
    end
    for _, count in ipairs(counts) do
      assert.near(2500, count, 250)
    end
  end)

  it("is the same in workers and at all times", function()
    -- Written down: what was stored by it must be found by later versions.
    assert.same({ 98, 73, 50, 10 }, { shard.of_key("a", 100), shard.of_key(1, 100), shard.of_key("1", 100), shard.of_key(true, 100) })
    local in_worker = lithops.call_async(function(key) return require("shard").of_key(key, 1000) end, "a key"):result()
    assert.equal(shard.of_key("a key", 1000), in_worker)
    assert.equal(shard.of_key(0, 1000), shard.of_key(-0, 1000))
  end)

  it("refuses keys that have no value to compare", function()
    assert.has_error(function() shard.of_key({}, 2) end, "bad argument #1 to 'of_key' (string, number or boolean expected, got table)")
    assert.has_error(function() shard.by_key({ {} }, 2) end,
      "by_key: the key of element 1 must be a string, a number or a boolean, not a table")
  end)
end)

describe("shard.concat", function()
  it("puts lists one behind the other", function()
    assert.same({ 1, 2, 3 }, shard.concat({ { 1, 2 }, {}, { 3 } }))
  end)

  it("keeps nils where lists know their length", function()
    local all = shard.concat({ { 1, nil, n = 2 }, { 3 } })
    assert.equal(3, all.n)
    assert.equal(3, all[3])
  end)

  it("puts the results of parts together", function()
    local numbers = {}
    for i = 1, 20 do
      numbers[i] = i
    end
    local function square_all(part)
      for i, x in ipairs(part) do
        part[i] = x * x
      end
      return part
    end
    local squares = shard.concat(lithops.map(square_all, shard.parts(numbers, 3)):get_result())
    assert.equal(20, #squares)
    assert.equal(400, squares[20])
  end)

  it("names what is no list", function()
    assert.has_error(function() shard.concat({ {}, 4 }) end, "concat: element 2 must be a list, not 4")
  end)
end)

describe("mistakes in calls of shard", function()
  it("are told at the line of the caller", function()
    local ok, err = pcall(function() shard.parts(1, 2) end)
    assert.is_false(ok)
    assert.matches("shard_test%.lua:%d+: bad argument #1 to 'parts' %(table expected, got number%)", err)
    assert.has_error(function() shard.chunks({}, 0) end,
      "bad argument #2 to 'chunks' (whole number of 1 or more expected, got 0)")
    for _, name in ipairs({ "parts", "chunks", "round_robin", "by_weight", "by_key" }) do
      assert.has_error(function() shard[name]({ a = 1 }, 2, type) end,
        ("bad argument #1 to '%s' (list expected, got a table whose keys are not 1, 2, …, such as \"a\")"):format(name))
      assert.has_error(function() shard[name]({ 1, nil, 3 }, 2, type) end,
        ("bad argument #1 to '%s' (list expected, got one whose element 2 is nil, but which has an element 3)"):format(name))
      assert.has_error(function() shard[name]({ 1, 2, n = 4 }, 2, type) end,
        ("bad argument #1 to '%s' (element 3 is nil)"):format(name))
    end
    assert.error_matches(function() shard.by_key({ 1, 2 }, 2, function(x) return x == 1 and x or nil end) end,
      "shard_test%.lua:%d+: by_key: the key of element 2 must be a string, a number or a boolean, not nil$")
    assert.has_error(function() shard.by_weight({}, 1) end, "bad argument #3 to 'by_weight' (function expected, got nil)")
  end)
end)
