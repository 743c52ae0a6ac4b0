---@meta _

---The default store: that of the configuration, in drivers and workers alike.
---@type lithops.Store
lithops.storage = nil

---@class lithops.StorageOptions
---@field backend? string The name of the backend, "localhost" or "aws_s3". Default: `lithops.storage` of the configuration.
---@field config? table A configuration, by sections. Default: that of the program.

---Another store than the default one. Functions may capture it, and results may contain it.
---@param options? lithops.StorageOptions
---@return lithops.Store
function lithops.Storage(options) end

---A store of objects: buckets, and in them bytes under keys. All its functions may be called with a dot as well.
---
---A `bucket` that is nil is the default one. Where a missing object is asked for, the answer is nil and an error object
---whose `kind` is "no_such_key"; every other failure raises an error object of one of the kinds of `lithops.StorageErrorKind`.
---@class lithops.Store: userdata
---@field bucket string The default bucket.
---@field backend string The name of the backend.
local Store = {}

---What can go wrong with a store.
---@alias lithops.StorageErrorKind
---| "no_such_key" # There is no such object.
---| "no_such_bucket" # There is no such bucket.
---| "access_denied" # The store, or its data folder, may not be used.
---| "invalid_range" # A range begins at or after the end of the object.
---| "invalid_key" # The key breaks the rules for names.
---| "invalid_bucket" # The bucket's name breaks the rules for names.
---| "key_conflict" # One key would be a folder of the other; local storage only.
---| "disk_full" # The disk is full.
---| "no_such_backend" # There is no such backend, or a cloud object is of another one.
---| "credentials" # There are no credentials, or they are not valid or have expired.
---| "wrong_region" # There is no region, or it is not the bucket's.
---| "clock" # The clock of this machine is off.
---| "unreachable" # The server does not answer.
---| "throttled" # The server wants fewer requests.
---| "object_changed" # The object was replaced or deleted while it was read.
---| "invalid_data" # What an object holds compressed is cut off or corrupt.
---| "io" # Anything else.

---What can be stored: a string; what is left of a stream, which is closed by it; an open file, or anything else with a
---method `read`, which gets a number of bytes and gives a string, or nil at the end, or nil and an error.
---@alias lithops.Body string|lithops.Stream|file*|{ read: fun(self: any, bytes: integer): string?, any }

---What is known of an object.
---@class lithops.ObjectInfo
---@field key string Its key.
---@field size integer In bytes.
---@field last_modified number In seconds since the Unix epoch.
---@field etag string Changes whenever the object is replaced.

---@class lithops.GetOptions
---@field range? { [1]: integer, [2]: integer? } The first and the last byte, counted from 0, both included; without a last one to the end. Default: all.
---@field stream? boolean Whether to give a stream in place of a string. Default: false.

---Stores an object, in place of the one that was there. Others see the old one or the new one, never a part.
---
---```lua
---lithops.storage:put_object(nil, "notes/a.txt", "hello")
---print(lithops.storage:get_object(nil, "notes/a.txt"))
---```
---
---prints
---
---```text
---hello
---```
---@param bucket? string The bucket. Default: `store.bucket`.
---@param key string The key of the object.
---@param body lithops.Body What is stored.
---@return true
---@overload fun(bucket: string?, key: string, body: lithops.Body): true
function Store:put_object(bucket, key, body) end

---Reads an object, or opens it as a stream.
---
---```lua
---local body, err = lithops.storage:get_object(nil, "no/such/key")
---print(body, err.kind)
---
---lithops.storage:put_object(nil, "digits", "0123456789")
---print(lithops.storage:get_object(nil, "digits", { range = { 2, 4 } }))
---```
---
---prints
---
---```text
---nil	no_such_key
---234
---```
---@param bucket? string The bucket. Default: `store.bucket`.
---@param key string The key of the object.
---@param options? lithops.GetOptions
---@return (string|lithops.Stream)? body
---@return lithops.Error? err
---@overload fun(bucket: string?, key: string, options: lithops.GetOptions?): (string|lithops.Stream)?, lithops.Error?
function Store:get_object(bucket, key, options) end

---What is known of an object without reading it.
---@param bucket? string The bucket. Default: `store.bucket`.
---@param key string The key of the object.
---@return lithops.ObjectInfo? info
---@return lithops.Error? err
---@overload fun(bucket: string?, key: string): lithops.ObjectInfo?, lithops.Error?
function Store:head_object(bucket, key) end

---Makes sure that a bucket is there and can be used; raises if not.
---@param bucket? string The bucket. Default: `store.bucket`.
---@return true
---@overload fun(bucket: string?): true
function Store:head_bucket(bucket) end

---Makes a bucket, if it is not there; one of yours that is there stays as it is. In S3, a new one is closed to the
---public.
---@param bucket? string The bucket. Default: `store.bucket`.
---@return true
---@overload fun(bucket: string?): true
function Store:create_bucket(bucket) end

---Deletes an object; one that is not there is no error.
---@param bucket? string The bucket. Default: `store.bucket`.
---@param key string The key of the object.
---@return true
---@overload fun(bucket: string?, key: string): true
function Store:delete_object(bucket, key) end

---Deletes objects as far as possible. The error object that it raises has all failures in its field `failed`: error
---objects with a field `key`, one for each object that was not deleted, even where the whole bucket is missing.
---@param bucket? string The bucket. Default: `store.bucket`.
---@param keys string[] The keys of the objects.
---@return true
---@overload fun(bucket: string?, keys: string[]): true
function Store:delete_objects(bucket, keys) end

---The objects whose keys begin with `prefix`, sorted by key, all of them in memory; see `iter_objects`.
---@param bucket? string The bucket. Default: `store.bucket`.
---@param prefix? string What keys begin with. Default: all.
---@return lithops.ObjectInfo[]
---@overload fun(bucket: string?, prefix: string?): lithops.ObjectInfo[]
function Store:list_objects(bucket, prefix) end

---The keys that begin with `prefix`, sorted.
---
---```lua
---lithops.storage:put_object(nil, "letters/b", "")
---lithops.storage:put_object(nil, "letters/a", "")
---print(table.concat(lithops.storage:list_keys(nil, "letters/"), " "))
---```
---
---prints
---
---```text
---letters/a letters/b
---```
---@param bucket? string The bucket. Default: `store.bucket`.
---@param prefix? string What keys begin with. Default: all.
---@return string[]
---@overload fun(bucket: string?, prefix: string?): string[]
function Store:list_keys(bucket, prefix) end

---An iterator over the objects whose keys begin with `prefix`, sorted by key, for listings of any length: it holds one
---page of 1,000, and asks for the next one when it gets there. Objects put or deleted meanwhile may be in it or not.
---
---```lua
---lithops.storage:put_object(nil, "logs/1", "12345")
---local total = 0
---for object in lithops.storage:iter_objects(nil, "logs/") do total = total + object.size end
---print(total)
---```
---
---prints
---
---```text
---5
---```
---@param bucket? string The bucket. Default: `store.bucket`.
---@param prefix? string What keys begin with. Default: all.
---@return fun(): lithops.ObjectInfo?
---@overload fun(bucket: string?, prefix: string?): fun(): lithops.ObjectInfo?
function Store:iter_objects(bucket, prefix) end

---An iterator over the keys that begin with `prefix`, as `iter_objects`.
---@param bucket? string The bucket. Default: `store.bucket`.
---@param prefix? string What keys begin with. Default: all.
---@return fun(): string?
---@overload fun(bucket: string?, prefix: string?): fun(): string?
function Store:iter_keys(bucket, prefix) end

---Stores a file's content. In S3, a file that changes while it is uploaded is not stored, and that raises an error of
---kind "io". Of a pipe or a device, all that it gives is stored.
---@param path string The file.
---@param bucket? string The bucket. Default: `store.bucket`.
---@param key string The key of the object.
---@return true
---@overload fun(path: string, bucket: string?, key: string): true
function Store:upload_file(path, bucket, key) end

---Writes an object to a file, which appears only when it is complete. A file that is there keeps its permissions, a
---link stays and what it leads to is written, and a pipe or a device takes the object as it comes. A program that ends
---meanwhile, by Ctrl-C for example, leaves a file `.download-…` beside it.
---@param bucket? string The bucket. Default: `store.bucket`.
---@param key string The key of the object.
---@param path string The file.
---@return true? done
---@return lithops.Error? err
---@overload fun(bucket: string?, key: string, path: string): true?, lithops.Error?
function Store:download_file(bucket, key, path) end

---Stores an object and gives a reference to it, which functions may take and return in place of a large value.
---
---Without a key the object is temporary: it is deleted when the driver ends, unless `lithops.data_cleaner` is false in the
---configuration, or by `clean` of the executor whose call stored it (of the default one, where no call did). What a
---driver that was killed leaves behind in the default bucket, `lithops-lua clean` deletes. Objects with a key of yours
---stay.
---
---What a call stores without a key in another bucket than the default one of the configured store is deleted by none of
---these: return it, and delete it with `delete_cloudobjects`.
---
---```lua
---local large = lithops.storage:put_cloudobject(("x"):rep(1e6))
---local function length(object) return #lithops.storage:get_cloudobject(object) end
---print(lithops.call_async(length, large):result())
---```
---
---prints
---
---```text
---1000000
---```
---@param body lithops.Body What is stored.
---@param bucket? string The bucket. Default: `store.bucket`.
---@param key? string Default: one that nobody else uses, `lithops/cloudobjects/<executor>/<job, or driver>/<random>`.
---@return lithops.CloudObject
---@overload fun(body: lithops.Body, bucket: string?, key: string?): lithops.CloudObject
function Store:put_cloudobject(body, bucket, key) end

---Reads a cloud object, or opens it as a stream.
---@param object lithops.CloudObject The reference to it.
---@param options? lithops.GetOptions
---@return (string|lithops.Stream)? body
---@return lithops.Error? err
---@overload fun(object: lithops.CloudObject, options: lithops.GetOptions?): (string|lithops.Stream)?, lithops.Error?
function Store:get_cloudobject(object, options) end

---Deletes a cloud object; one that is not there is no error.
---@param object lithops.CloudObject The reference to it.
---@return true
---@overload fun(object: lithops.CloudObject): true
function Store:delete_cloudobject(object) end

---Deletes cloud objects as far as possible, bucket by bucket, and raises as `delete_objects`.
---@param objects lithops.CloudObject[] The references to them.
---@return true
---@overload fun(objects: lithops.CloudObject[]): true
function Store:delete_cloudobjects(objects) end

---A reference to an object. Two are equal if they name the same object.
---@class lithops.CloudObject: userdata
---@field backend string The name of the store's backend.
---@field bucket string The bucket that it is in.
---@field key string Its key.

---An object that is being read, with the methods of Lua's files. It holds a few hundred KiB of the object; of one over
---16 MiB in S3, up to 24 MiB as soon as more than its beginning is read.
---@class lithops.Stream: userdata
local Stream = {}

---What is read.
---@alias lithops.ReadFormat
---| integer # Up to so many bytes; 0 gives "", or nil at the end.
---| "*l" # A line, without its newline.
---| "*L" # A line, with its newline.
---| "*a" # All that is left; "" at the end.

---Reads what the formats say, a value each; without one, a line. Nil at the end.
---@param ... lithops.ReadFormat
---@return string? ...
function Stream:read(...) end

---An iterator over the lines, or over what `format` says.
---@param format? lithops.ReadFormat What is read each time. Default: a line, without its newline.
---@return fun(): string?
function Stream:lines(format) end

---Closes the stream. It is closed as well when it is no longer used.
---@return true
function Stream:close() end
