---@meta dataset

---Lazy distributed collections. Transformations give a new dataset and run nothing; an action runs all of it, a call of a job for each
---partition, and removes what it stored meanwhile, also if it fails.
---
---```lua
---local dataset = require "dataset"
---lithops.storage:put_object(nil, "books/1.txt", "To be or not to be\n")
---local books = "local://" .. lithops.storage.bucket .. "/books/"
---local top = dataset.read_text(books):words({ lower = true }):count_by_value():top(2):collect()
---for _, pair in ipairs(top) do print(pair.key, pair.value) end
---```
---
---prints
---
---```text
---be	2
---to	2
---```
---
---Elements are any values but nil. Steps that follow each other run as one function. Where elements must meet (`reduce_by_key`,
---`group_by`, `count_by_value`, `distinct`, `join`, `sort_by`), they pass through the storage, one object for each call, and may be strings,
---numbers, booleans, `json.null`, 64-bit numbers of the `ffi` and tables of them, without metatables and cycles. Keys are strings, numbers
---or booleans.
---
---A *pair* is a table `{ key = …, value = … }`; what takes pairs says so.
---
---Functions travel as those of any job; what they raise is raised by the action, with the line of the script.
---@class dataset
local dataset = {}

---Options of datasets, and of what is made of them. Those below `memory` are options of `lithops.map`.
---@class dataset.Settings
---@field executor? lithops.Executor Where jobs run. Default: the default executor.
---@field partitions? integer Into how many parts lists, ranges and what is behind a shuffle are cut. Default: by size, and by how many workers there are.
---@field memory? integer|string Bytes, or a text such as "64MiB", that a call may take for what it gathers; what is more goes to the storage and is merged from there. Default: three tenths of `runtime_memory`, or 128 MiB where there is none.
---@field runtime_memory? integer Megabytes.
---@field timeout? number Seconds for one call.
---@field retries? integer Further attempts after the function raised, or ran past its `timeout`. Default: 0.
---@field extra_env? table<string, string|number|boolean> Environment variables of the workers while they run the job.
---@field stream_logs? boolean Whether what functions print is shown as they print it. Default: true.
---@field include_modules? string[]|false nil: modules are found by themselves. A list: these, too. false: none.
---@field exclude_modules? string[] Modules that are not sent, although functions need them: workers have them.
---@field max_workers? integer Workers at a time for this job. Default: all of the executor.

---@class dataset.TextOptions: dataset.Settings
---@field obj_chunk_size? integer|string Bytes of a partition, or a text such as "64MiB"; it is cut at lines. Default: 32 MiB.
---@field obj_chunk_number? integer Partitions of each object.
---@field obj_newline? string The byte that ends a line, which then is all of the end. Default: `\n`.

---`separator`, `quote`, `header`, `numbers`, `comment` and `trim` are those of `csv.rows`.
---@class dataset.CsvReadOptions: dataset.TextOptions
---@field quoted_newlines? boolean Whether fields may hold newlines. An object is one partition then, as it can only be cut at lines that end rows. Default: true. With false it is cut as text is.
---@field obj_newline? "\n" No other: rows end at newlines.
---@field separator? string As for the module `csv`. Default: `,`.
---@field quote? string|false As for the module `csv`. Default: `"`.
---@field header? boolean|string[] As for the module `csv`. Default: false.
---@field numbers? boolean|(string|integer)[] As for the module `csv`. Default: false.
---@field comment? string As for the module `csv`. Default: none.
---@field trim? boolean As for the module `csv`. Default: false.

---The same functions, with other settings where they are not told any.
---@param options dataset.Settings The settings.
---@return dataset
function dataset.with(options) end

---The elements of a list, which may have a field `n`. An element that is nil, and a table with other fields, raises an error.
---
---```lua
---local dataset = require "dataset"
---local even = dataset.from_list({ 1, 2, 3, 4 }):filter(function(x) return x % 2 == 0 end)
---print(table.concat(even:map(function(x) return x * 10 end):collect(), " "))
---```
---
---prints
---
---```text
---20 40
---```
---@param list any[]
---@param options? dataset.Settings
---@return dataset.Dataset
function dataset.from_list(list, options) end

---Numbers, both ends included, as in `for`; from 1 if there is one number only.
---@param first number
---@param last? number The last number, which belongs to it.
---@param step? number Default: 1.
---@param options? dataset.Settings It may be the last argument wherever that is.
---@return dataset.Dataset
---@overload fun(last: number, options?: dataset.Settings): dataset.Dataset
---@overload fun(first: number, last: number, options?: dataset.Settings): dataset.Dataset
function dataset.from_range(first, last, step, options) end

---The lines of stored objects, without their ends, `\n` or `\r\n`. Addresses are those of `lithops.objects`, one or several, or lists of them.
---@param ... string|string[]|dataset.TextOptions Addresses; options may be the last argument.
---@return dataset.Dataset
function dataset.read_text(...) end

---The values of lines of JSON, as `json.lines` gives them.
---@param ... string|string[]|dataset.TextOptions Addresses; options may be the last argument.
---@return dataset.Dataset
function dataset.read_json_lines(...) end

---The rows of CSV, as `csv.rows` gives them; with `header = true` each object has its own header, which is no row. An object is read whole by one call unless `quoted_newlines = false`.
---@param ... string|string[]|dataset.CsvReadOptions Addresses; options may be the last argument.
---@return dataset.Dataset
function dataset.read_csv(...) end

---It has no length and no elements by number: that raises an error, as `count`, `collect` and `take` give them.
---@class dataset.Dataset
local Dataset = {}

---What a function gives for each element, which must not be nil.
---@param f fun(element: any): any
---@return dataset.Dataset
function Dataset:map(f) end

---The elements for which a function gives true.
---@param f fun(element: any): any
---@return dataset.Dataset
function Dataset:filter(f) end

---All elements that a function gives for each one: as a list, or as an iterator, with what a `for` takes; nil is none.
---A list with an element that is nil raises an error, and a table with fields and no elements, such as a pair without
---braces around it.
---@param f fun(element: any): any[]|(fun(...): any)|nil, ...
---@return dataset.Dataset
function Dataset:flat_map(f) end

---Calls a function once for each partition, with an iterator over its elements; it gives a list or an iterator.
---@param f fun(next: fun(): any): any[]|(fun(...): any)|nil, ...
---@return dataset.Dataset
function Dataset:map_partitions(f) end

---@class dataset.WordOptions
---@field pattern? "%S+"|"%w+"|"%a+" What a word is. Default: `%S+`, what is between white space.
---@field lower? boolean Capital letters of ASCII become small ones. Default: false.

---The words of strings. Straight behind `read_text`, and before `count_by_value`, that is much quicker than a function.
---@param options? dataset.WordOptions
---@return dataset.Dataset
function Dataset:words(options) end

---Pairs of what a function gives and the element.
---@param f fun(element: any): any
---@return dataset.Dataset
function Dataset:key_by(f) end

---The keys of pairs.
---@return dataset.Dataset
function Dataset:keys() end

---The values of pairs.
---@return dataset.Dataset
function Dataset:values() end

---Pairs with the same keys, and what a function gives for the values.
---@param f fun(value: any): any
---@return dataset.Dataset
function Dataset:map_values(f) end

---Some of the elements, each with the same probability. The same seed and partitions give the same ones.
---@param fraction number From 0 to 1.
---@param seed? number Default: another one each time.
---@return dataset.Dataset
function Dataset:sample(fraction, seed) end

---Pairs of each key and the list of the elements that have it, in their order. The order of keys is not fixed. The elements of one key must
---fit into the memory.
---@param key_f fun(element: any): string|number|boolean
---@return dataset.Dataset
function Dataset:group_by(key_f) end

---A pair for each key of pairs, with all its values made one, two by two. The order of keys is not fixed.
---
---```lua
---local dataset = require "dataset"
---local sales = dataset.from_list({ { key = "a", value = 1 }, { key = "b", value = 5 }, { key = "a", value = 2 } })
---local totals = sales:reduce_by_key(function(x, y) return x + y end):sort_by(function(pair) return pair.key end)
---for _, pair in ipairs(totals:collect()) do print(pair.key, pair.value) end
---```
---
---prints
---
---```text
---a	3
---b	5
---```
---@param f fun(a: any, b: any): any It must not matter how the values are bracketed.
---@return dataset.Dataset
function Dataset:reduce_by_key(f) end

---Pairs of each element, a string, number or boolean, and how often it is there. The order is not fixed.
---@return dataset.Dataset
function Dataset:count_by_value() end

---Each element, a string, number or boolean, once. The order is not fixed.
---@return dataset.Dataset
function Dataset:distinct() end

---@class dataset.JoinOptions
---@field how? "inner"|"left"|"right"|"outer" Whose pairs are kept that have no partner: nobody's, the left ones, the right ones, both. Default: inner.

---Tables `{ key = …, left = …, right = … }`, one for each two pairs with the same key; without a partner `left` or `right` is nil.
---The values of one key must fit into the memory.
---
---```lua
---local dataset = require "dataset"
---local names = dataset.from_list({ { key = 1, value = "Ada" } })
---local ages = dataset.from_list({ { key = 1, value = 36 } })
---local row = names:join(ages):first()
---print(row.key, row.left, row.right)
---```
---
---prints
---
---```text
---1	Ada	36
---```
---@param other dataset.Dataset
---@param options? dataset.JoinOptions
---@return dataset.Dataset
function Dataset:join(other, options) end

---@class dataset.SortOptions
---@field descending? boolean Largest first. Default: false.

---The elements in order: of what a function gives for each, or of themselves; all strings, by their bytes, or all numbers. Elements
---with equal keys stay in their order.
---@param key_f? fun(element: any): string|number What is compared. Default: the elements.
---@param options? dataset.SortOptions
---@return dataset.Dataset
---@overload fun(self: dataset.Dataset, options: dataset.SortOptions): dataset.Dataset
function Dataset:sort_by(key_f, options) end

---The `n` elements with the largest keys, largest first, in one partition. Of equal keys, the pair with the smaller `key` comes first, or
---the earlier element; keys that are booleans come before numbers, numbers before strings, and what has no such key
---last. The driver must have the memory for them.
---@param n integer
---@param key_f? fun(element: any): string|number Default: the value of a pair, another element itself.
---@return dataset.Dataset
function Dataset:top(n, key_f) end

---The elements of this dataset, then those of the other.
---@param other dataset.Dataset
---@return dataset.Dataset
function Dataset:union(other) end

---The same dataset, of which the first action keeps the elements, as results of jobs are kept, for those that follow. A partition must fit into
---the memory of a call.
---@return dataset.Dataset
function Dataset:cache() end

---All elements in a list, in order.
---@return any[]
function Dataset:collect() end

---How many elements there are.
---@return integer
function Dataset:count() end

---The sum of numbers, compensated: it does not depend on how they are spread over partitions, but for its last digit.
---@return number
function Dataset:sum() end

---All elements made one state, which begins as `init` in each partition; states of partitions are then combined.
---@param init any It must change nothing where it is combined, as 0 in a sum.
---@param f fun(state: any, element: any): any
---@param combine? fun(state: any, other: any): any Default: `f`.
---@return any state `init` if there are no elements.
function Dataset:fold(init, f, combine) end

---All elements made one, two by two.
---@param f fun(a: any, b: any): any It must not matter how the elements are bracketed.
---@return any result Nil if there are no elements.
function Dataset:reduce(f) end

---The first `n` elements. Partitions are read in batches that grow, until there are enough.
---@param n integer
---@return any[]
function Dataset:take(n) end

---The first element; nil if there is none.
---@return any
function Dataset:first() end

---Calls a function for each element, in the workers.
---@param f fun(element: any)
function Dataset:foreach(f) end

---@class dataset.WriteOptions
---@field overwrite? boolean Whether parts may be there; they are an error otherwise. Those of the same name are replaced one by one, the others removed when all is written: if the action fails, each old part is still there or has been replaced. Default: false.

---`separator`, `quote`, `header` and `newline` are those of `csv.encode`; each part has its header, also one without
---rows if the header is a list. With `header = true` the first rows of all parts must have the same columns: else an error
---is raised, and no part stays.
---@class dataset.CsvWriteOptions: dataset.WriteOptions
---@field separator? string As for the module `csv`. Default: `,`.
---@field quote? string|false As for the module `csv`. Default: `"`.
---@field header? boolean|string[] As for the module `csv`. Default: false.
---@field newline? "\n"|"\r\n" As for the module `csv`. Default: `\n`.

---Writes strings and numbers as lines: an object `part-00000.txt` for each partition below an address such as `s3://bucket/prefix/`
---or `local://bucket/prefix/`. Each appears whole; if the action fails, all go again that were not there before. What
---the dataset reads must not lie where it writes to.
---
---Numbers are written so that they are read as the same. A string with a newline in it raises an error.
---@param url string
---@param options? dataset.WriteOptions
---@return string[] addresses
function Dataset:write_text(url, options) end

---The same with values as lines of JSON: `part-00000.jsonl`.
---@param url string
---@param options? dataset.WriteOptions
---@return string[] addresses
function Dataset:write_json_lines(url, options) end

---The same with rows as CSV: `part-00000.csv`.
---@param url string
---@param options? dataset.CsvWriteOptions
---@return string[] addresses
function Dataset:write_csv(url, options) end

---Prints the plan, a line for each stage, and gives it.
---@return string plan
function Dataset:explain() end

return dataset
