local nearest = require "nearest"

local KNOWN = { "backend", "storage", "runtime_memory", "max_workers" }

describe("nearest.name", function()
  it("proposes what was meant", function()
    assert.equal("backend", nearest.name("bakend", KNOWN))
    assert.equal("backend", nearest.name("Backend", KNOWN))
    assert.equal("max_workers", nearest.name("max-worker", KNOWN))
    assert.equal("max_workers", nearest.name("maxWorkers", KNOWN))
    assert.equal("runtime_memory", nearest.name("memory", KNOWN))
    assert.equal("storage", nearest.name("stroage", KNOWN))
  end)

  it("and nothing else", function()
    assert.is_nil(nearest.name("colour", KNOWN))
    assert.is_nil(nearest.name("", KNOWN))
    assert.is_nil(nearest.name("x", { "y" }))
    assert.is_nil(nearest.name("backend", {}))
  end)

  it("does not propose a short name that happens to be within a long one, or a word that many names begin with", function()
    assert.is_nil(nearest.name("options", { "on", "n", "to" }))
    assert.is_nil(nearest.name("-fnowhere", { "-h", "--help" }))
    assert.is_nil(nearest.name("help_max_width", { "help", "usage" }))
    assert.is_nil(nearest.name("ab", { "ac", "xb" }))
    assert.is_nil(nearest.name("max", { "min", "mean" }))
    assert.equal("timeout", nearest.name("timeout_seconds", { "retries", "timeout" }))
    assert.equal("k", nearest.name("K", { "k" }))
  end)

  it("is quick with long names", function()
    assert.is_nil(nearest.name(("x"):rep(1e6), KNOWN))
  end)
end)

describe("nearest.hint", function()
  it("ends a message", function()
    assert.equal("; did you mean `storage`?", nearest.hint("storge", KNOWN))
    assert.equal("; known are `a`, `b`", nearest.hint("zzzz", { "b", "a" }))
    assert.equal("", nearest.hint("x", {}))
  end)
end)
