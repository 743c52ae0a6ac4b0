---@meta path

---Names of files, taken apart and put together. Nothing is looked at.
---@class path
local path = {}

---Puts parts together with `/`. An absolute part goes in place of all before it; an empty one is none.
---
---```lua
---local path = require "path"
---print(path.join("a", "b", "c.csv"), path.stem("a/b/c.csv"), path.extension("c.csv"))
---```
---
---prints
---
---```text
---a/b/c.csv	c	.csv
---```
---@param ... string|number
---@return string
function path.join(...) end

---The folder that the path names something in: `a/b` of `a/b/c.csv`, `.` of `c.csv`, `/` of `/a`.
---@param name string
---@return string
function path.dirname(name) end

---The last name: `c.csv` of `a/b/c.csv`.
---@param name string
---@return string
function path.basename(name) end

---The last name without its extension: `c.tar` of `a/c.tar.gz`, `.profile` of `.profile`.
---@param name string
---@return string
function path.stem(name) end

---The extension of the last name, with its dot: `.gz` of `a/c.tar.gz`; empty if there is none.
---@param name string
---@return string
function path.extension(name) end

---Whether it begins with `/`.
---@param name string
---@return boolean
function path.is_absolute(name) end

---Without `.`, `..` and doubled slashes as far as the names say: `a/d` of `a//b/./../d/`. Links are not looked at.
---@param name string
---@return string
function path.normalize(name) end

---The way from one folder to something: `../b/c` from `/a/d` to `/a/b/c`.
---@param name string
---@param base? string Default: the current folder.
---@return string
function path.relative(name, base) end

return path
