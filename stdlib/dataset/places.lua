--- Where datasets are written to: `s3://bucket/prefix/`, `local://bucket/prefix/`; and what is read from there.
local places = {}

local BACKENDS = { s3 = "aws_s3", ["local"] = "localhost" }

--- The bucket and the prefix of an address, or nil and what is wrong with it.
---@param url any
---@return table? place `scheme`, `bucket`, `prefix`, `address`, both with a slash at their end
---@return string? err
function places.parse(url)
  if type(url) ~= "string" then
    return nil, "an address such as s3://bucket/prefix/ expected, got " .. type(url)
  end
  local scheme, rest = url:match("^(%w+)://(.*)$")
  if not scheme or not BACKENDS[scheme] then
    return nil, ("datasets are written to s3://bucket/prefix/ or local://bucket/prefix/, not to %s"):format(url)
  end
  ---@cast rest string
  ---@type string?, string?
  local bucket, prefix = rest:match("^([^/]+)/?(.*)$")
  ---@cast prefix string
  if not bucket then
    return nil, ("%s names no bucket"):format(url)
  elseif prefix:find("[*?%[]") then
    return nil, ("%s is a pattern; a dataset is written below a prefix"):format(url)
  end
  if prefix ~= "" and prefix:sub(-1) ~= "/" then
    prefix = prefix .. "/"
  end
  return { scheme = scheme, bucket = bucket, prefix = prefix, address = ("%s://%s/%s"):format(scheme, bucket, prefix) }
end

--- The same with the `store`.
function places.of(url)
  local place = assert(places.parse(url))
  local backend = BACKENDS[place.scheme]
  place.store = lithops.storage.backend == backend and lithops.storage or lithops.Storage({ backend = backend })
  return place
end

-- The scheme, bucket and key of what is read. The key may be a prefix or a pattern, but not if it is that of an object.
local function parts_of(source)
  if type(source) == "userdata" then
    local url = source.url
    if not url then
      return source.backend == "localhost" and "local" or "s3", source.bucket, source.key, true
    end
    local scheme, bucket, key = url:match("^(%w+)://([^/]*)/?(.*)$")
    return scheme, bucket, key, true
  elseif type(source) == "string" then
    local scheme, bucket, key = source:match("^(%w+)://([^/]*)/?(.*)$")
    return scheme, bucket, key, false
  end
end

local function begins_with(text, start)
  return text:sub(1, #start) == start
end

-- Whether a pattern may mean objects straight below a prefix. `**` is any folders, the other wildcards stop at slashes.
local function may_match_below(pattern, prefix)
  local literal = pattern:match("^[^*?%[]*")
  if pattern:find("**", 1, true) then
    return begins_with(prefix, literal) or begins_with(literal, prefix)
  end
  local folders = pattern:match("^.*/") or ""
  local literals = folders:gsub("%[!?%]?[^%]]*%]", "?"):gsub("[^%w*?]", "%%%0")
  local lua_pattern = literals:gsub("%*", "[^/]*"):gsub("%?", "[^/]+")
  return prefix:find("^" .. lua_pattern .. "$") ~= nil
end

--- Whether parts that are written below a place would be among what is read from an address, or replace it.
---@param source any an address, a cloud object, or an object
---@param place table what `places.parse` gave
---@param overwrite? boolean whether parts may be there, which is where single objects can be replaced
---@return boolean
function places.is_read(source, place, overwrite)
  local scheme, bucket, key, is_object = parts_of(source)
  if scheme ~= place.scheme or bucket ~= place.bucket then
    return false
  end
  local literal = is_object and key or key:match("^[^*?%[]*")
  if overwrite and begins_with(literal, place.prefix) then
    return true
  elseif literal ~= key then
    return may_match_below(key, place.prefix)
  end
  local is_prefix = not is_object and (key == "" or key:sub(-1) == "/")
  return is_prefix and begins_with(place.prefix, key)
end

return places
