--- Where datasets are written to: `s3://bucket/prefix/`, `local://bucket/prefix/`.
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
  local bucket, prefix = rest:match("^([^/]+)/?(.*)$")
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

return places
