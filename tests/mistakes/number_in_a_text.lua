local row = { age = "31" }
if row.age > 30 then print("old") end
