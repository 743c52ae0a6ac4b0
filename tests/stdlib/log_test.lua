local json = require "json"
local process = require "process"
local Logger = require "log.logger"

-- A logger that writes to a list.
local function collected(level)
  local lines, log = {}, Logger.new()
  log.level = level or "trace"
  log.sink = function(line, record)
    lines[#lines + 1] = line
    lines.last = record
  end
  return log, lines
end

-- What a line says behind its time, level and place.
local function said(lines)
  return (lines[#lines]:gsub("^%S+ %u+ +[^ ]+:%d+: ", ""))
end

-- What a script writes to standard error in a process of its own. It finds this library, not that of its program.
local function run(code, ...)
  local own = debug.getinfo(Logger.new, "S").source:match("^@(.*)log/logger%.lua$")
  local argv = { "/proc/self/exe", ... }
  argv[#argv + 1], argv[#argv + 2] = "-e", code
  local result = process.run(argv, { env = own ~= "stdlib/" and { LUA_PATH = own .. "?.lua;;" } or {} })
  assert.equal(0, result.code, result.stderr)
  return result.stderr
end

describe("a log function", function()
  it("writes the time, the level, the place and the text in a line", function()
    local log, lines = collected()
    log.warn("nothing left")
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ WARN  [^ ]*log_test%.lua:%d+: nothing left$", lines[1])
    local line = debug.getinfo(1, "l").currentline + 1
    log.info("here")
    assert.matches("log_test%.lua:" .. line .. ": here$", lines[2])
  end)

  it("has the time in UTC", function()
    local to_text = require("log.line").time
    assert.equal("1970-01-01T00:00:00.000Z", to_text(0))
    assert.equal("2001-09-09T01:46:40.123Z", to_text(1000000000.1234))
    assert.equal("2001-09-09T01:46:41.000Z", to_text(1000000000.9999))
  end)

  it("is there for each level, and writes from the level on", function()
    local log, lines = collected()
    for i, least in ipairs({ "trace", "debug", "info", "warn", "error", "fatal", "off" }) do
      local before = #lines
      log.level = least
      for _, name in ipairs({ "trace", "debug", "info", "warn", "error", "fatal" }) do
        log[name]("text")
      end
      assert.equal(7 - i, #lines - before)
      assert.equal(least, log.level)
    end
  end)

  it("formats", function()
    local log, lines = collected()
    log.info("%d of %s, %5.1f%%", 3, "all", 12.34)
    assert.equal("3 of all,  12.3%", said(lines))
    log.info("%s and %s", nil, true)
    assert.equal("nil and true", said(lines))
  end)

  it("writes values behind the text, and fields behind them, in order", function()
    local log, lines = collected()
    log.info("read", 3, nil, "rows", { path = "a b.csv", count = 3, empty = "", quote = 'say "x"\n' })
    assert.equal('read 3 nil rows count=3 empty="" path="a b.csv" quote="say \\"x\\"\\n"', said(lines))
    log.info("%d rows", 5, { path = "b" })
    assert.equal("5 rows path=b", said(lines))
  end)

  it("never fails for what it is given", function()
    local log, lines = collected()
    log.info("%d", "x")
    assert.equal("%d x", said(lines))
    log.info("100% sure", { a = 1 })
    assert.equal("100% sure a=1", said(lines))
    log.info("100%")
    assert.equal("100%", said(lines))
    log.info("%s %s", 1)
    assert.equal("%s %s 1", said(lines))
    log.info(nil)
    assert.equal("nil", said(lines))
    log.info({ 1 }, 2)
    assert.matches("^table: 0x%x+ 2$", said(lines))
    log.info()
    assert.equal("nil", said(lines))
  end)

  it("calls a function in place of the text only if the line is written", function()
    local log, lines = collected("info")
    local calls = 0
    local function dear() calls = calls + 1 return "dear %d" end
    log.debug(dear, 1)
    assert.equal(0, calls)
    log.info(dear, 1)
    assert.equal("dear 1", said(lines))
  end)

  it("makes records of one line, which may be told from the next", function()
    local log, lines = collected()
    log.info("a\nb")
    assert.equal("a\n    b", said(lines))
  end)

  it("may be kept, and called with a colon", function()
    local log, lines = collected("warn")
    local info = log.info
    info("hidden")
    log.level = "info"
    info("shown")
    log:info("%s", "colon")
    assert.equal(2, #lines)
    assert.equal("colon", said(lines))
  end)
end)

describe("a logger", function()
  it("lists its functions and settings", function()
    local log = collected("warn")
    local names = {}
    for name in pairs(log) do
      names[#names + 1] = name
    end
    table.sort(names)
    assert.equal("debug enabled error fatal info level sink trace warn with", table.concat(names, " "))
    assert.equal("logger (warn)", tostring(log))
  end)
end)

describe("the format json", function()
  it("writes an object with the fields in it", function()
    local log, lines = collected()
    log.format = "json"
    log.error("lost %s", "it", { code = 5, list = { 1, 2 }, level = "not this" })
    local object = json.decode(lines[1])
    assert.equal("error", object.level)
    assert.equal("lost it", object.message)
    assert.equal(5, object.code)
    assert.same({ 1, 2 }, object.list)
    assert.matches("^%d%d%d%d%-.*Z$", object.time)
    assert.matches("log_test%.lua:%d+$", object.source)
  end)

  it("turns into texts what JSON does not know", function()
    local log, lines = collected()
    log.format = "json"
    log.info("bytes \255", { nan = 0 / 0, print = print, [1] = "one" })
    local object = assert(json.decode(lines[1]))
    assert.equal("bytes \\xff", object.message)
    assert.equal("nan", object.nan)
    assert.matches("^function: ", object.print)
    assert.equal("one", object["1"])
  end)
end)

describe("log.with", function()
  it("makes a logger with fields, and with the settings of its parent", function()
    local log, lines = collected("info")
    local job = log.with({ job = "a", step = 1 })
    local step = job.with({ step = 2 })
    step.info("x", { row = 3 })
    assert.equal("x job=a row=3 step=2", said(lines))
    assert.same({ job = "a", row = 3, step = 2 }, lines.last.fields)
    job.debug("hidden")
    log.level = "debug"
    job.debug("shown")
    assert.equal("shown job=a step=1", said(lines))
    assert.equal(2, #lines)
  end)

  it("takes its settings along to workers", function()
    local log = Logger.new()
    log.level = "debug"
    log.format = "json"
    local job = log.with({ job = "import" })
    local debug_line = job.debug
    local future = lithops.map(function(x)
      job.debug("one", { x = x })
      debug_line("two")
    end, { 5 }, { stream_logs = false })[1]
    future:result()
    local objects = {}
    for line in future.stats.logs:gmatch("[^\n]+") do
      objects[#objects + 1] = assert(json.decode(line))
    end
    assert.equal(2, #objects)
    assert.same({ "one", "import", 5, "00000", future.job_id },
      { objects[1].message, objects[1].job, objects[1].x, objects[1].call_id, objects[1].job_id })
    assert.equal("two", objects[2].message)
  end)
end)

describe("the module", function()
  it("prints in workers, with the call", function()
    local log = require "log"
    local futures = lithops.map(function(x)
      log.level = "info"
      log.info("at %d", x)
      io.write("and on\n")
    end, { 1, 2 }, { stream_logs = false })
    futures:get_result()
    assert.matches("^%S+Z INFO  00001 [^ ]*log_test%.lua:%d+: at 2\nand on\n$", futures[2].stats.logs)
  end)

  it("writes to standard error in drivers, and has lines of workers come there", function()
    local text = run([[
      local log = require "log"
      log.info("from the driver")
      lithops.call_async(function() require("log").warn("from a worker") end):result()
    ]])
    assert.matches("^%S+Z INFO  %S+:2: from the driver\n%[A000/00000%] %S+Z WARN  00000 %S+:3: from a worker\n$",
      (text:gsub("%(command line%)", "file")))
  end)

  it("has the level of the configuration, here and in workers", function()
    local code = [[
      local log = require "log"
      local function levels() return log.level, require("log").enabled("debug") end
      log.debug("driver")
      local level, is_debug = lithops.call_async(levels):result()
      io.stderr:write(log.level, " ", level, " ", tostring(is_debug), "\n")
    ]]
    assert.matches("driver\ndebug debug true\n$", run(code, "-q", "-o", "lithops.log_level=debug"))
    assert.equal("error error false\n", run(code, "-q", "-o", "lithops.log_level=critical"))
    assert.equal("info info false\n", run(code))
  end)
end)

describe("a logger", function()
  it("raises no error for values and functions that do", function()
    local bad = setmetatable({}, { __tostring = function() error("no text") end })
    local log, lines = collected()
    for _, format in ipairs({ "text", "json" }) do
      log.format = format
      log.error(bad)
      log.error("x %s", bad, { [bad] = bad })
      log.error(function() error("no luck", 0) end)
    end
    assert.equal(6, #lines)
    assert.matches("<table whose `__tostring` failed>$", lines[1])
    assert.matches("x %%s <table whose `__tostring` failed> <table whose `__tostring` failed>=", lines[2])
    assert.matches("the function of this message raised an error: no luck$", lines[3])
    assert.matches('"message":"the function of this message raised an error: no luck"', lines[6])
  end)
end)

describe("mistakes with loggers", function()
  it("are told", function()
    local log = collected()
    assert.has_error(function() log.level = "inof" end, "unknown level `inof`; did you mean `info`?")
    assert.has_error(function() log.levle = "info" end, "a logger has no setting `levle`; did you mean `level`?")
    assert.has_error(function() log.format = "xml" end, 'setting `format` must be "text" or "json", not "xml"')
    assert.has_error(function() log.with("x") end, "bad argument #1 to 'with' (table expected, got string)")
    assert.has_error(function() log.enabled("wrn") end, "enabled: unknown level `wrn`; did you mean `warn`?")
  end)
end)
