-- Python spreads a tuple over the parameters; Lua passes the table.
local row = { 1, 2 }
lithops.get_result(lithops.map(function(x, y) return x + y end, { row }))
