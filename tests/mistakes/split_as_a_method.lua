print(("a b"):split(" "))
