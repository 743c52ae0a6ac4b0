local function work(x) return None.x end
lithops.get_result(lithops.map(work, { 1 }))
