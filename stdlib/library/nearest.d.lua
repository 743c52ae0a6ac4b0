---@meta nearest

---The name that somebody meant: what messages about unknown names propose.
---@class nearest
local nearest = {}

---The known name that is nearest to what was typed: at most a third of its letters differ, or one is a good part of the other. Upper
---and lower case, `_` and `-` make no difference.
---@param typed string
---@param known string[]
---@return string? name Nil if none is near enough to be worth proposing.
function nearest.name(typed, known) end

---The end of a message about an unknown name: ``; did you mean `depth`?``, or ``; known are `a`, `b` ``, where none is near. Empty if none are known.
---@param typed string
---@param known string[]
---@return string text
function nearest.hint(typed, known) end

return nearest
