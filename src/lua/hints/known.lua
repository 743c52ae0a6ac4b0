-- What people write who come from elsewhere, and which functions answer nil.

-- Globals of Python and of other Luas.
local words = {
  None = "Lua's word for it is `nil`",
  null = "Lua's word for it is `nil`",
  True = "Lua's word for it is `true`",
  False = "Lua's word for it is `false`",
  len = "the length of `x` is `#x`",
  str = "`tostring(x)` makes a text of a value",
  int = "`tonumber(x)` makes a number of a text, and `math.floor(x)` a whole one",
  float = "`tonumber(x)` makes a number of a text",
  append = "`list[#list + 1] = x` or `table.insert(list, x)` adds to a list",
  range = "`lithops.range(n)` is the input of a job, and `for i = 1, n do` counts",
  enumerate = "`for i, x in ipairs(list) do` walks over a list",
  list = "a list is written `{ 1, 2, 3 }`",
  dict = "a table with names is written `{ name = 1 }`",
  sum = "a loop adds the elements of a list",
  printf = "`io.write(string.format(…))` does it",
  exit = "`os.exit()` ends a script, and `.exit` the prompt",
  quit = "`os.exit()` ends a script, and `.exit` the prompt",
  help = "`.help` at the prompt lists its commands, and `.doc NAME` tells of a function",
  utf8 = "`utf8` is of Lua 5.3",
}

-- Fields and methods that tables and texts have elsewhere.
local fields = {
  append = words.append,
  push = words.append,
  length = words.len,
  size = words.len,
  split = "`require(\"text\").split(s, separator)` splits a text",
  strip = "`require(\"text\").trim(s)` takes the space around a text away",
  trim = "`require(\"text\").trim(s)` takes the space around a text away",
  join = "`table.concat(list, separator)` joins the elements of a list",
  keys = "`for name, value in pairs(t) do` walks over names and values",
  items = "`for name, value in pairs(t) do` walks over names and values",
  dumps = "`json.encode(value)` makes a text of a value",
  loads = "`json.decode(text)` makes a value of a text",
  round = "`math.floor(x + 0.5)` rounds",
  type = "`math.type` is of Lua 5.3; here all numbers are of one kind",
  pack = "`string.pack` is of Lua 5.3",
  unpack = "`string.unpack` is of Lua 5.3, and `unpack(list)` gives the elements of a list",
}

-- Functions that give nil where something is not there, and what to do.
local gives_nil = {
  ["io.open"] = "the file cannot be opened, and `assert(io.open(…))` says why",
  ["io.popen"] = "the program cannot be started, and `assert(io.popen(…))` says why",
  ["os.getenv"] = "there is no environment variable of that name; `extra_env` sets those of workers",
  ["tonumber"] = "the text is no number",
  ["string.match"] = "the text does not match the pattern",
  ["string.find"] = "the text does not match the pattern",
  ["get_object"] = "there is no such key, and `assert(…)` raises that",
  ["head_object"] = "there is no such key, and `assert(…)` raises that",
  ["get_cloudobject"] = "there is no such object, and `assert(…)` raises that",
  ["fs.read"] = "the file cannot be read, and `assert(fs.read(…))` says why",
  ["fs.open"] = "the file cannot be opened, and `assert(fs.open(…))` says why",
  ["io.read"] = "the input has ended",
  ["loadstring"] = "the text is no Lua, and `assert(loadstring(…))` says where",
  ["loadfile"] = "the file is no Lua, and `assert(loadfile(…))` says where",
}
-- The same, called as methods.
local methods = { match = "string.match", find = "string.find" }

-- Parameters that Lithops fills in by their names, and what takes their place here.
local parameters = {
  id = "a function asks `lithops.call.id` for the number of its call",
  storage = "a function uses `lithops.storage`, and no parameter brings it",
  ibm_cos = "a function uses `lithops.storage`, and no parameter brings it",
}

-- Functions whose result is a call's.
local results = { result = true, get_result = true }

-- Functions that start calls, and what they give.
local futures = "a list of futures, whose `:get_result()` gives what the function returned"
local starts = {
  map = futures,
  map_reduce = futures,
  call_async = "a future, whose `:result()` gives what the function returned",
}

return {
  starts = starts, words = words, fields = fields, gives_nil = gives_nil, methods = methods, parameters = parameters, results = results,
}
