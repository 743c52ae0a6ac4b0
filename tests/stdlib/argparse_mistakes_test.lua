--- What scripts do wrong with parsers.
local argparse = require "argparse"

describe("mistakes of the script", function()
  local parser = argparse("p")

  it("are told with its line", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local raised = assert.has_error(function() parser:option("-x"):argz(2) end)
    assert.matches("argparse_mistakes_test.lua:" .. line .. ": there is no method or property `argz`; did you mean `args`%?$", raised)
  end)

  it("of each kind", function()
    assert.has_error(function() parser:option({ "-y", defualt = 1 }) end, "unknown property `defualt`; did you mean `default`?")
    assert.has_error(function() parser:flag("-z"):description(1) end, "bad property `description` (string expected, got number)")
    assert.error_matches(function() parser:option("-w"):args("many") end, 'bad property `args` %(a number, or text such as .*, got `many`%)$')
    assert.error_matches(function() parser:option("w") end, "the name of an option begins with `%-`")
    assert.has_error(function() parser:option("-x") end, "there are two elements with the name `-x`")
    assert.has_error(function() parser:option() end, "an option needs a name")
    assert.has_error(function() parser:flag("-k"):action("stor") end, "unknown action `stor`; did you mean `store`?")
    assert.has_error(function() parser:parse("x") end, "bad argument #1 to 'parse' (table expected, got string)")
  end)

  it("of calls", function()
    assert.has_error(function() parser.option("-m") end,
      "bad argument to 'option' (parser expected; call it with a colon, `parser:option(…)`)")
    assert.has_error(function() parser.parse({}) end, "bad argument to 'parse' (parser expected; call it with a colon, `parser:parse(…)`)")
    assert.has_error(function() parser:parse({ "a", 5 }) end,
      "bad argument #1 to 'parse' (list of strings expected, element 2 is a number)")
    assert.has_error(function() parser:option("-c"):choices({ 1, 2 }) end,
      "bad property `choices` (list of strings expected, element 1 is a number)")
    assert.has_error(function() parser:help_vertical_space(-1) end,
      "bad property `help_vertical_space` (a number of 0 or more expected, got number)")
  end)

  it("errors of its own functions stay what they are", function()
    local raising = argparse("p")
    raising:option("-x"):convert(function() error({ code = 1 }) end)
    assert.has_error(function() raising:pparse({ "-x", "1" }) end, { code = 1 })
  end)
end)
