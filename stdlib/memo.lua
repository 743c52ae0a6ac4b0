--- Functions that remember what they returned, in memory or in storage.
---
---    local memo = require "memo"
---    local distance, cache = memo(compute_distance, { max = 1000 })
---    local parse = memo.stored(parse_file, { name = "parse" })   -- a second run of the script finds what the first one stored
---
--- What is where: `cache` keeps results in memory, `store` in storage, `entry` is their form there, `key` tells calls apart.
local arguments = require "lithops.arguments"
local Cache = require "memo.cache"
local hash = require "hash"
local key = require "memo.key"
local Store = require "memo.store"

local memo = {}

local MEMORY = { max = arguments.POSITIVE, ttl = arguments.SECONDS, key = arguments.FUNCTION }

local STORED = {
  name = {
    "a text of letters, digits, `.`, `_` and `-`",
    function(value) return type(value) == "string" and value:find("^[%w._-]+$") ~= nil and not value:find("^%.+$") end,
  },
  version = {
    "a number, or a text of letters, digits, `.`, `_` and `-`",
    function(value)
      return type(value) == "number" or type(value) == "string" and value:find("^[%w._-]+$") ~= nil and not value:find("^%.+$")
    end,
  },
  bucket = arguments.STRING,
  prefix = arguments.STRING,
  storage = {
    "a store, as lithops.Storage gives it",
    function(value)
      local ok, backend = pcall(function() return value.backend end)
      return ok and type(backend) == "string"
    end,
  },
  ttl = arguments.SECONDS,
  key = arguments.FUNCTION,
}

local function pack(...)
  return { n = select("#", ...), ... }
end

-- A function that calls `fn` where `known`, a `Cache` or a `Store`, has nothing for the key of the arguments, which `key_of` makes.
local function remembering(fn, known, class, key_of)
  local function keep(call_key, ...)
    class.add(known, call_key, pack(...))
    return ...
  end
  return function(...)
    local call_key = key_of(...)
    local results = class.find(known, call_key)
    if results then
      return unpack(results, 1, results.n)
    end
    return keep(call_key, fn(...))
  end
end

local function checked_key(name, ...)
  if select("#", ...) == 0 then
    arguments.raise("%s: option `key` returned nothing, so that all calls would be the same; have it return what tells them apart", name)
  end
  return ...
end

-- What the option `key` is called by; nil if there is none.
local function own_key_of(key_option, name)
  return key_option and function(...) return checked_key(name, key_option(...)) end
end

local function in_memory(fn, options, name)
  arguments.check_type(fn, "function", 1, name)
  options = arguments.options(options, MEMORY, name)
  local cache = Cache.new(options.max, options.ttl)
  local own_key = own_key_of(options.key, name)
  local ids = setmetatable({}, { __mode = "k" })
  local function key_of(...)
    if own_key then
      return key.of_identity(ids, own_key(...))
    end
    return key.of_identity(ids, ...)
  end
  return remembering(fn, cache, Cache, key_of), cache
end

-- What a function does, but not what it does it with: values that it captures and functions that it calls are not in it.
local function code_version(fn)
  local ok, code = pcall(string.dump, fn, "sd" --[[@as any]])
  if not ok then
    arguments.raise("stored: a function that is not in Lua has no code to look at; give option `version`")
  end
  return hash.sha256(code):sub(1, 16)
end

--- Remembers in storage what `fn` returned. Gives the function that does, and its store.
function memo.stored(fn, options)
  arguments.check_type(fn, "function", 1, "stored")
  options = arguments.options(options, STORED, "stored")
  if not options.name then
    arguments.raise("stored: option `name` is needed: what is stored is found again by it")
  end
  local store = Store.new({
    name = options.name,
    version = options.version and tostring(options.version) or code_version(fn),
    bucket = options.bucket,
    prefix = options.prefix or "memo/",
    storage = options.storage,
    ttl = options.ttl,
  })
  local own_key = own_key_of(options.key, "stored")
  local function key_of(...)
    if own_key then
      return Store.object_key(store, own_key(...))
    end
    return Store.object_key(store, ...)
  end
  return remembering(fn, store, Store, key_of), store
end

--- `memo(fn, options)` remembers in memory what `fn` returned. Gives the function that does, and its cache.
return setmetatable(memo, {
  __call = function(_, fn, options) return in_memory(fn, options, "memo") end,
})
