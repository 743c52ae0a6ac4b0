local data = require "data.lua"
