local csv = require "cvs"
