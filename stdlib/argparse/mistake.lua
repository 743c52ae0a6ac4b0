--- Mistakes of those who typed a command line, which are told apart from those of the script.
local nearest = require "nearest"

local mistake = {}

--- The mark of such an error.
local Mistake = {}

--- Raises one. `state` has the parser, or command, that refuses the command line.
function mistake.fail(state, message)
  error(setmetatable({ message = message, parser = state.parser }, Mistake), 0)
end

--- The message of an error, and who refuses the command line; nil if it is another error.
function mistake.of(raised)
  if type(raised) == "table" and getmetatable(raised) == Mistake then
    return raised.message, raised.parser
  end
end

--- The end of a message about a name that is not known.
function mistake.did_you_mean(typed, known)
  local name = nearest.name(typed, known)
  return name and ("\nDid you mean '%s'?"):format(name) or ""
end

return mistake
