print(lithops.map(lambda x: x * 2, { 1 }))
