local ffi = require "ffi"
ffi.cdef "int abs(int);"
local C = ffi.C
lithops.map(function(i) return C.abs(i) end, { 1 })
