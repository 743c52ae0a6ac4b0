--- Levelled logs of scripts and workers.
---
---    local log = require "log"
---    log.info("read %d rows", #rows, { file = path })
---    log.level = "debug"
---
--- A driver writes to standard error; a worker prints, so that its lines come along with what its call prints.
---
--- What is where: `logger` is what `log` and its children are, `message` makes a text of what was passed, `line` a line of a record.
local Logger = require "log.logger"

-- The module is a logger itself. In a worker it is that of the worker: its level is that of the configuration.
return Logger.new()
