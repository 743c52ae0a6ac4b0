---@meta fs

---Files and folders. What the system refuses is an answer as those of Lua's `io`: nil, `path: reason`, and the system's number.
---@class fs
local fs = {}

---What something in a folder is.
---@alias fs.Kind "file"|"dir"|"link"|"other"

---What is known of a file or folder.
---@class fs.Stat
---@field size integer Bytes.
---@field modified number Seconds since 1970, with a fraction.
---@field kind fs.Kind What it is.
---@field mode integer The permissions, 0 to 4095 (octal 7777).

---The content of a file.
---@param path string
---@return string? content
---@return string? err
---@return integer? number
function fs.read(path) end

---Writes a file, whole or not at all: others see the old content or the new, never a part. The mode of a file that was there stays.
---A link stays one: what it leads to is written. A file that may not be written stays as it is. Devices, pipes, and open files by
---names like `/dev/stdout`, are written in place.
---
---```lua
---local fs = require "fs"
---assert(fs.write("note.txt", "hello"))
---print(fs.read("note.txt"), fs.stat("note.txt").size)
---print(fs.read("no such file"))
---```
---
---prints
---
---```text
---hello	5
---nil	no such file: No such file or directory	2
---```
---@param path string
---@param text string|number
---@return true? done
---@return string? err
---@return integer? number
function fs.write(path, text) end

---Adds to the end of a file, which is made if it is not there.
---@param path string
---@param text string|number
---@return true? done
---@return string? err
---@return integer? number
function fs.append(path, text) end

---Whether there is something. A link that leads nowhere is nothing.
---@param path string
---@return boolean
function fs.exists(path) end

---Whether there is a file, or a link to one.
---@param path string
---@return boolean
function fs.is_file(path) end

---Whether there is a folder, or a link to one.
---@param path string
---@return boolean
function fs.is_dir(path) end

---What is known of a file or folder.
---@param path string
---@param options? {follow?: boolean} `follow = false`: of a link itself, not of what it leads to.
---@return fs.Stat? stat
---@return string? err
---@return integer? number
function fs.stat(path, options) end

---The names in a folder, sorted, without `.` and `..`.
---@param path string
---@return string[]? names
---@return string? err
---@return integer? number
function fs.list(path) end

---Iterates over all in a folder and in the folders in it: a folder before what is in it, else sorted by name. Links are not followed. A
---folder that cannot be read is an error.
---
---```lua
---local fs = require "fs"
---fs.mkdir("a/b", { parents = true })
---fs.write("a/b/c.txt", "")
---for path, kind in fs.walk("a") do print(path, kind) end
---```
---
---prints
---
---```text
---a/b	dir
---a/b/c.txt	file
---```
---@param path string
---@return fun(): string?, fs.Kind?
function fs.walk(path) end

---The paths that match a pattern, sorted: `*` and `?` within a name, `[abc]`, `**` for any folders. A dot in front of a name is
---matched only by a dot. Links to folders are followed, but not by `**`.
---@param pattern string
---@return string[]? paths
---@return string? err
---@return integer? number
function fs.glob(pattern) end

---Makes a folder.
---@param path string
---@param options? {parents?: boolean} `parents = true`: also those that it is in; one that is there already is no error.
---@return true? done
---@return string? err
---@return integer? number
function fs.mkdir(path, options) end

---Removes a file, a link (never what it leads to), or a folder. With `recursive`, the current folder, one that it is in, and a path
---that ends in `..` raise an error.
---@param path string
---@param options? {recursive?: boolean} `recursive = true`: a folder with all that is in it.
---@return true? done
---@return string? err
---@return integer? number
function fs.remove(path, options) end

---Gives another name, in place of what has it.
---@param from string
---@param to string
---@return true? done
---@return string? err
---@return integer? number
function fs.rename(from, to) end

---Copies a file with its mode, in place of what is there, whole or not at all. A file cannot be copied to itself.
---@param from string
---@param to string
---@return true? done
---@return string? err
---@return integer? number
function fs.copy(from, to) end

---Makes a symbolic link.
---@param target string What it leads to, as seen from where it is.
---@param link string
---@return true? done
---@return string? err
---@return integer? number
function fs.symlink(target, link) end

---What a symbolic link leads to.
---@param path string
---@return string? target
---@return string? err
---@return integer? number
function fs.readlink(path) end

---A new folder for temporary files, which nobody else can read. With a function: the function gets its path, the folder is
---removed when it returns or fails, and its results are given. Without: the folder is removed when the process ends, or in a
---worker when the call ends that made it.
---
---```lua
---local fs = require "fs"
---local size = fs.temp_dir(function(path)
---  fs.write(path .. "/x", "12345")
---  return fs.stat(path .. "/x").size
---end)
---print(size)
---```
---
---prints
---
---```text
---5
---```
---@generic T
---@param work? fun(path: string): T... What is done in the folder.
---@return T... results The path without a function; nil if it cannot be made.
function fs.temp_dir(work) end

---The current folder.
---@return string? path
---@return string? err
function fs.cwd() end

---The user's home.
---@return string? path
---@return string? err
function fs.home() end

return fs
