local argparse = require "argparse"

-- What a command line gives; raises what is wrong with it.
local function parse(parser, ...)
  local ok, result = parser:pparse({ ... })
  if not ok then
    error(result, 0)
  end
  return result
end

local function refuses(message, parser, ...)
  local ok, result = parser:pparse({ ... })
  assert.is_false(ok)
  assert.equal(message, result)
end

describe("arguments", function()
  it("are taken in order", function()
    local parser = argparse("p")
    parser:argument("first")
    parser:argument("second", "The second.", "default")
    assert.same({ first = "a", second = "b" }, parse(parser, "a", "b"))
    assert.same({ first = "a", second = "default" }, parse(parser, "a"))
    refuses("missing argument 'first'", parser)
    refuses("too many arguments", parser, "a", "b", "c")
  end)

  it("may be several", function()
    local parser = argparse("p")
    parser:argument("pair"):args(2)
    parser:argument("rest"):args("*")
    assert.same({ pair = { "a", "b" }, rest = {} }, parse(parser, "a", "b"))
    assert.same({ pair = { "a", "b" }, rest = { "c", "d" } }, parse(parser, "a", "b", "c", "d"))
    refuses("argument 'pair' requires 2 arguments", parser, "a")
  end)

  it("may be absent", function()
    local parser = argparse("p")
    parser:argument("maybe"):args("?")
    assert.same({}, parse(parser))
    assert.same({ maybe = "x" }, parse(parser, "x"))
  end)

  it("have to be some", function()
    local parser = argparse("p")
    parser:argument("files"):args("+")
    assert.same({ files = { "a", "b" } }, parse(parser, "a", "b"))
    refuses("missing argument 'files'", parser)
    local some = argparse("p")
    some:argument("files"):args("2-3")
    refuses("argument 'files' requires at least 2 arguments", some, "a")
    refuses("too many arguments", some, "a", "b", "c", "d")
  end)

  it("may look like options after --, and numbers always", function()
    local parser = argparse("p")
    parser:argument("x")
    parser:argument("y"):args("?")
    assert.same({ x = "-a", y = "--b" }, parse(parser, "--", "-a", "--b"))
    assert.same({ x = "-5", y = "-.5" }, parse(parser, "-5", "-.5"))
    assert.same({ x = "-" }, parse(parser, "-"))
  end)
end)

describe("options", function()
  local function parser_with(...)
    local parser = argparse("p")
    parser:option(...)
    return parser
  end

  it("have values in each way to write them", function()
    local parser = parser_with("-o --output-file")
    for _, words in ipairs({ { "-o", "x" }, { "-ox" }, { "-o=x" }, { "--output-file", "x" }, { "--output-file=x" } }) do
      assert.same({ output_file = "x" }, parse(parser, unpack(words)))
    end
    assert.same({ output_file = "" }, parse(parser, "--output-file="))
    assert.same({}, parse(parser))
    refuses("option '-o' requires an argument", parser, "-o")
    refuses("option '--output-file' requires an argument", parser, "--output-file")
  end)

  it("propose the name that was meant", function()
    local parser = parser_with("--output")
    refuses("unknown option '--outptu'\nDid you mean '--output'?", parser, "--outptu", "x")
    refuses("unknown option '--zzz'", parser, "--zzz=1")
    refuses("unknown option '-z'", parser, "-z")
  end)

  it("convert their values", function()
    assert.same({ n = 5 }, parse(parser_with("-n", "A number.", nil, tonumber), "-n", "5"))
    refuses("option '-n': malformed argument 'x'", parser_with({ "-n", convert = tonumber }), "-n", "x")
    refuses("option '-n': not so", parser_with({ "-n", convert = function() return nil, "not so" end }), "-n", "x")
    assert.same({ n = 1 }, parse(parser_with({ "-n", convert = { one = 1 } }), "-n", "one"))
    local parser = argparse("p")
    parser:option("--at"):args(2):convert({ tonumber, string.upper })
    assert.same({ at = { 1, "B" } }, parse(parser, "--at", "1", "b"))
  end)

  it("have defaults, which are converted if they are text", function()
    assert.same({ n = 10 }, parse(parser_with("-n", "N", "10", tonumber)))
    assert.same({ n = 10 }, parse(parser_with("-n", "N", 10, tonumber)))
    assert.same({ n = false }, parse(parser_with({ "-n", default = false })))
    local parser = argparse("p")
    parser:option("-o"):default("d"):defmode("arg")
    assert.same({}, parse(parser))
    assert.same({ o = "d" }, parse(parser, "-o"))
  end)

  it("have choices", function()
    local parser = parser_with({ "--color", choices = { "always", "never" } })
    assert.same({ color = "never" }, parse(parser, "--color", "never"))
    refuses("argument for option '--color' must be one of 'always', 'never'\nDid you mean 'never'?", parser, "--color", "nevr")
  end)

  it("may have to be used", function()
    refuses("missing option '-o'", parser_with({ "-o", required = true }))
    refuses("option '-o' must be used at least 2 times", parser_with({ "-o", count = "2+" }), "-o", "x")
    local once = parser_with({ "-o", overwrite = false })
    refuses("option '-o' must be used at most 1 time", once, "-o", "x", "-o", "y")
    assert.same({ o = "y" }, parse(parser_with("-o"), "-o", "x", "-o", "y"))
  end)

  it("gather values", function()
    assert.same({ include = { "a", "b" } }, parse(parser_with({ "-I --include", count = "*" }), "-Ia", "--include", "b"))
    assert.same({ include = {} }, parse(parser_with({ "-I --include", count = "*" })))
    assert.same({ p = { { "1", "2" }, { "3", "4" } } }, parse(parser_with({ "-p", count = "*", args = 2 }), "-p", "1", "2", "-p", "3", "4"))
    assert.same({ p = { "1", "2", "3" } }, parse(parser_with({ "-p", count = "*", args = "*", action = "concat" }), "-p", "1", "2", "-p", "3"))
    assert.same({ o = {} }, parse(parser_with({ "-o", args = "?" }), "-o"))
    assert.same({ o = { "x" } }, parse(parser_with({ "-o", args = "?" }), "-o", "x"))
  end)

  it("have targets and actions", function()
    assert.same({ where = "x" }, parse(parser_with({ "-o", target = "where" }), "-o", "x"))
    local seen = {}
    parse(parser_with({ "-o", action = function(_, target, value) seen = { target, value } end }), "-o", "x")
    assert.same({ "o", "x" }, seen)
    assert.same({ o = 5 }, parse(parser_with({ "-o", init = 5 })))
  end)
end)

describe("options and commands", function()
  it("have further names, in further calls, too", function()
    local parser = argparse("p")
    parser:option "-f" "--from"
    parser:flag "-q" "--quiet" { description = "Say less." }
    parser:command "install" "i"
    assert.same({ from = "x", quiet = true, install = true }, parse(parser, "-f", "x", "-q", "i"))
    assert.same({ from = "x", install = true }, parse(parser, "--from=x", "install"))
  end)

  it("are used with their default for want of arguments", function()
    local parser = argparse("p")
    parser:option("-f --foo"):count(2):default("bar"):defmode("arg")
    assert.same({ foo = { "x", "bar" } }, parse(parser, "-fx"))
    assert.same({ foo = { "bar", "bar" } }, parse(parser))
  end)
end)

describe("values", function()
  it("of one command line are not those of the next", function()
    local twice = argparse("p")
    twice:option("-x"):count("*"):init({ "first" })
    assert.same({ x = { "first", "1" } }, parse(twice, "-x1"))
    assert.same({ x = { "first", "2" } }, parse(twice, "-x2"))
  end)
end)

describe("flags", function()
  local parser = argparse("p")
  parser:flag("-v --verbose"):count("0-2")
  parser:flag("-a")
  parser:flag("-b"):action("store_false"):init(true)
  parser:option("-n")

  it("are true, or counted", function()
    assert.same({ verbose = 2, a = true, b = false }, parse(parser, "-vabv"))
    assert.same({ verbose = 0, b = true }, parse(parser))
  end)

  it("are written together, the last with its value", function()
    assert.same({ verbose = 1, b = true, a = true, n = "5" }, parse(parser, "-avn5"))
    assert.same({ verbose = 0, b = true, a = true, n = "5" }, parse(parser, "-an", "5"))
    refuses("unknown option '-z'", parser, "-az")
  end)

  it("have no values", function()
    refuses("option '-a' does not take arguments", parser, "-a=1")
    refuses("option '--verbose' does not take arguments", parser, "--verbose=1")
  end)
end)

describe("mutex", function()
  it("lets one of its options be used", function()
    local parser = argparse("p")
    parser:mutex(parser:flag("-q --quiet"), parser:flag("-v"):count("*"))
    assert.same({ v = 2 }, parse(parser, "-vv"))
    refuses("option '-v' can not be used together with option '--quiet'", parser, "--quiet", "-v")
    assert.equal("Usage: p [-h] [-q | -v]", parser:get_usage())
  end)
end)

describe("mutex of an option and an argument", function()
  it("lets one of them be used", function()
    local parser = argparse("p")
    parser:mutex(parser:flag("-q"), parser:argument("log"):args("?"))
    assert.same({ q = true }, parse(parser, "-q"))
    assert.same({ log = "x" }, parse(parser, "x"))
    refuses("argument 'log' can not be used together with option '-q'", parser, "-q", "x")
    refuses("option '-q' can not be used together with argument 'log'", parser, "x", "-q")
  end)
end)

describe("commands", function()
  local parser = argparse("rocks"):command_target("command")
  parser:flag("-v")
  parser:command("install i", "Installs."):argument("rock")
  local remove = parser:command("remove", "Removes.")
  remove:flag("-f --force")

  it("have elements of their own, and those of the parser", function()
    assert.same({ command = "install", install = true, rock = "x", v = true }, parse(parser, "i", "x", "-v"))
    assert.same({ command = "remove", remove = true, force = true }, parse(parser, "remove", "-f"))
    refuses("unknown option '-f'", parser, "install", "-f")
  end)

  it("have to be there, and known", function()
    refuses("a command is required", parser)
    refuses("unknown command 'instal'\nDid you mean 'install'?", parser, "instal")
    assert.same({}, parse(argparse("p"):require_command(false)))
  end)

  it("act", function()
    local acted = {}
    local acting = argparse("p")
    acting:command("go"):action(function(args, name) acted = { args.go, name } end)
    parse(acting, "go")
    assert.same({ true, "go" }, acted)
    local order = {}
    acting = argparse("p"):action(function() order[#order + 1] = "parser" end)
    acting:command("go"):action(function() order[#order + 1] = "command" end)
    parse(acting, "go")
    assert.same({ "command", "parser" }, order)
  end)

  it("have help", function()
    assert.equal("Usage: rocks remove [-h] [-f]", remove:get_usage())
    assert.matches("Commands:\n   install, i            Installs%.\n   remove                Removes%.$", parser:get_help())
  end)
end)

describe("help", function()
  local parser = argparse("script", "An example.", "See more.")
  parser:argument("input", "Input file.")
  parser:argument("rest"):args("*")
  local output = parser:option("-o --output", "Output file.", "a.out")
  parser:option("--pair"):args(2):argname({ "<x>", "<y>" })
  parser:flag("--secret"):hidden(true)
  parser:group("Where things go", output)

  it("is generated", function()
    assert.equal([[
Usage: script [-h] [-o <output>] [--pair <x> <y>] <input> [<rest>] ...

An example.

Where things go:
   -o, --output <output>
                         Output file. (default: a.out)

Arguments:
   <input>               Input file.
   <rest>

Options:
   -h, --help            Show this help message and exit.
   --pair <x> <y>

See more.]], parser:get_help())
  end)

  it("breaks long usage into lines", function()
    local wide = argparse("p"):usage_max_width(30)
    for _, name in ipairs({ "alpha", "beta", "gamma" }) do
      wide:option("--" .. name)
    end
    assert.equal("Usage: p [-h]\n       [--alpha <alpha>]\n       [--beta <beta>]\n       [--gamma <gamma>]", wide:get_usage())
  end)

  it("is broken into lines and spaced out if that is wanted", function()
    local parser = argparse("p", "All that there is to say, in größeren words than one line has."):help_max_width(38)
    parser:help_vertical_space(1):help_description_margin(18)
    parser:flag("-v"):description("A list:\n* of one item that is long,\n\n  and more.\n")
    assert.equal([[
Usage: p [-h] [-v]

All that there is to say, in größeren
words than one line has.

Options:

   -h, --help     Show this help
                  message and exit.

   -v             A list:
                  * of one item that
                    is long,

                    and more.]], parser:get_help())
  end)

  it("names values by the option, not by its target, in brackets if there is a default for them", function()
    local parser = argparse("p"):add_help(false)
    parser:option("--from"):target("server")
    parser:option("-o"):default("a.out"):defmode("arg")
    assert.equal("Usage: p [--from <from>] [-o [<o>]]", parser:get_usage())
  end)

  it("can be left out", function()
    local bare = argparse("p"):add_help(false)
    assert.equal("Usage: p", bare:get_usage())
    refuses("unknown option '-h'", bare, "-h")
  end)
end)

describe("parse", function()
  it("calls `error` of the parser", function()
    local parser = argparse("p")
    local said
    parser.error = function(_, message) said = message end
    parser:parse({ "x" })
    assert.equal("too many arguments", said)
  end)

  it("takes `arg`", function()
    local saved = arg
    finally(function() arg = saved end)
    arg = { [0] = "some/script.lua", "-x", "1" }
    local parser = argparse()
    parser:option("-x")
    assert.same({ x = "1" }, parser:parse())
    assert.equal("Usage: script.lua [-h] [-x <x>]", parser:get_usage())
  end)

  it("ends a program with exit code 2, and 0 after its help", function()
    local process = require "process"
    local program = [[
      local parser = require("argparse")("p", "Does it.")
      parser:command("go"):argument("where")
      parser:parse()
    ]]
    local function run(...)
      return process.run({ arg[-1], "-e", program, ... })
    end
    local wrong = run("go")
    assert.equal(2, wrong.code)
    assert.equal("Usage: p go [-h] <where>\n\nError: missing argument 'where'\n", wrong.stderr)
    local helped = run("--help")
    assert.equal(0, helped.code)
    assert.matches("^Usage: p %[%-h%] <command> %.%.%.\n\nDoes it%.", helped.stdout)
  end)
end)
