local dataset = require "dataset"

describe("dataset:sum", function()
  it("is the same however elements are spread over partitions, and loses nothing", function()
    local tenths, far = {}, { 1, 1e100, 1, -1e100 }
    for i = 1, 1000 do
      tenths[i] = 0.1
    end
    for _, partitions in ipairs({ 1, 2, 3, 4, 7 }) do
      assert.equal(100, dataset.from_list(tenths, { partitions = partitions }):sum())
      assert.equal(2, dataset.from_list(far, { partitions = partitions }):sum())
    end
    assert.equal(0, dataset.from_list({}):sum())
  end)

  it("knows infinite values and NaN", function()
    for _, partitions in ipairs({ 1, 2 }) do
      local function sum(list) return dataset.from_list(list, { partitions = partitions }):sum() end
      assert.equal(math.huge, sum({ 1, math.huge }))
      assert.equal(math.huge, sum({ math.huge, 1, math.huge, 2 }))
      assert.equal(-math.huge, sum({ -math.huge, 1 }))
      local both, nan = sum({ math.huge, -math.huge }), sum({ 1, 0 / 0, 2 })
      assert.is_true(both ~= both and nan ~= nan)
    end
  end)
end)

describe("a dataset", function()
  it("prints how many stages it has", function()
    assert.equal("dataset of 1 stage", tostring(dataset.from_list({ 1 })))
    assert.equal("dataset of 2 stages", tostring(dataset.from_list({ 1 }):distinct()))
  end)
end)
