print(1)
# prints one
