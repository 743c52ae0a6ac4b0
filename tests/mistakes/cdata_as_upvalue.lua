local ffi = require "ffi"
local buffer = ffi.new("double[8]")
lithops.map(function(i) return buffer[i] end, { 1 })
