function square(x) return x * x end
lithops.map("square", { 1, 2 })
