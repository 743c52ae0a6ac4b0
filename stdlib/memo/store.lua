--- Results of calls in storage: what one process has computed, no other one computes again.
local arguments = require "lithops.arguments"
local entry = require "memo.entry"
local key = require "memo.key"

local methods = {}
---@class memo.StoreClass
---@field [string] any
local Store = { __name = "memo.Store", __index = methods }

---@param fields { name: string, version: string, bucket: string?, prefix: string, storage: lithops.Store?, ttl: number? }
function Store.new(fields)
  return setmetatable(fields, Store)
end

-- The default one is that of the process that runs this.
local function storage_of(self)
  return self.storage or lithops.storage
end

local function folder(self)
  return ("%s%s/"):format(self.prefix, self.name)
end

--- The key of the object with the results of a call.
function Store.object_key(self, ...)
  local digest, err = key.of_content(...)
  if not digest then
    arguments.raise("memo.stored: a call of `%s` cannot have a key, since %s; give option `key`", self.name, err)
  end
  return ("%s%s/%s"):format(folder(self), self.version, digest)
end

--- The results that are known for a key, with their number in `n`.
---@return table? results
function Store.find(self, object_key)
  local body, err = storage_of(self):get_object(self.bucket, object_key)
  if not body then
    if err.kind == "no_such_key" then
      return nil
    end
    error(err, 0)
  end
  local results, time = entry.decode(body)
  if not results or self.ttl and lithops.time() - time >= self.ttl then
    return nil
  end
  return results
end

function Store.add(self, object_key, results)
  local bytes, err = entry.encode(results)
  if not bytes then
    arguments.raise("memo.stored: what `%s` returned cannot be stored: %s", self.name, err)
  end
  storage_of(self):put_object(self.bucket, object_key, bytes)
end

--- Deletes all stored results of this name, of all versions.
function methods:clear()
  if getmetatable(self) ~= Store then
    arguments.raise("bad argument to 'clear' (memo.Store expected; call it with a colon, `store:clear()`)")
  end
  local storage = storage_of(self)
  storage:delete_objects(self.bucket, storage:list_keys(self.bucket, folder(self)))
end

function Store:__tostring()
  return ("memo store: %s%s"):format(folder(self), self.version)
end

return Store
