local names = { "a", "b" }
print(len(names))
