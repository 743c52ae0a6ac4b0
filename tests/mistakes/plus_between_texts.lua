local name = "anna"
print("hello, " + name)
