function length(text) return #text end
lithops.get_result(lithops.map(function(text) return lenght(text) end, { "abc" }))
